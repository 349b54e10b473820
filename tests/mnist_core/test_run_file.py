"""Runs on disk: the same when they come back, refused when damaged, whole after every kill."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from mnist_core.config import TrainingConfig
from mnist_core.evaluation.metrics import Metrics
from mnist_core.model import SoftmaxRegressor
from mnist_core.preprocessing.preprocess import Preprocessing
from mnist_core.run_file import (
    MAX_REPORTS,
    Run,
    Segment,
    load_run,
    run_store,
    save_run,
    store_run,
    stored_run,
)
from mnist_core.storage.file_store import new_id
from mnist_core.training.loop import Progress
from tests.support.mutations import mutations

CONFIG = TrainingConfig(
    batch_size=7, learning_rate=0.3, epochs=2, seed=2**63 - 1, preprocessing=Preprocessing.RAW
)


def _report(step: int, preprocessing: Preprocessing = Preprocessing.RAW) -> Progress:
    model = SoftmaxRegressor(preprocessing)
    generator = torch.Generator().manual_seed(step)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, generator=generator)
    # thirds have no short decimal form: only exact numbers come back equal
    return Progress(step, step / 3, Metrics(7 / step, 1 / 3), Metrics(5 / step, 2 / 3), step / 30, model)


@pytest.fixture
def run() -> Run:
    return Run(CONFIG, (_report(1), _report(2), _report(5)), "sample")


@pytest.fixture
def path(run: Run, tmp_path: Path) -> Path:
    path = tmp_path / "run.safetensors"
    save_run(path, run)
    return path


def test_a_run_comes_back_exactly(run: Run, path: Path) -> None:
    loaded = load_run(path)
    assert (loaded.config, loaded.source) == (run.config, run.source)
    for ours, theirs in zip(run.history, loaded.history, strict=True):
        assert replace(theirs, model=ours.model).__dict__ == ours.__dict__
        assert theirs.model.preprocessing is Preprocessing.RAW
        assert torch.equal(theirs.model.linear.weight, ours.model.linear.weight)
        assert torch.equal(theirs.model.linear.bias, ours.model.linear.bias)


def test_a_continued_run_comes_back_with_the_settings_it_had_before(run: Run, tmp_path: Path) -> None:
    legs = (Segment(TrainingConfig(epochs=1), 0.5), Segment(TrainingConfig(learning_rate=0.1), 1.0))
    save_run(tmp_path / "continued", replace(run, earlier=legs))
    loaded = load_run(tmp_path / "continued")
    assert loaded.earlier == legs
    assert loaded.final_epoch == 1.0 + CONFIG.epochs


def test_a_leg_ends_at_an_epoch_that_can_be_reached() -> None:
    with pytest.raises(ValueError, match="until: expected an epoch from 0 on, got -1"):
        Segment(CONFIG, -1)


def test_a_loaded_model_can_be_trained_on(path: Path) -> None:
    model = load_run(path).history[-1].model
    model(torch.ones(1, 784)).sum().backward()
    assert model.linear.weight.grad is not None


def test_the_file_tells_its_settings_and_curves_to_any_safetensors_reader(run: Run, path: Path) -> None:
    with safe_open(path, framework="np") as file:
        text = file.metadata()
        assert file.get_slice("weights").get_shape() == [3, 10, 784]
    assert text["source"] == "sample"
    assert json.loads(text["config"])["learning_rate"] == 0.3
    assert json.loads(text["curves"])["test_loss"] == [report.test.loss for report in run.history]
    assert json.loads(text["versions"])["torch"] == torch.__version__


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"source": "letters"}, "source: expected mnist or sample, got 'letters'"),
        ({"history": ()}, "expected 1 to 10,000 reports, got 0"),
        ({"history": (_report(1),) * (MAX_REPORTS + 1)}, "got 10,001"),
        ({"history": (_report(2), _report(1))}, "step 1 cannot follow step 2"),
        ({"history": (_report(1), _report(1))}, "step 1 cannot follow step 1"),
        (
            {"history": (_report(1, Preprocessing.DIRECTIONS),)},
            "expected a model for raw digits, got one for moments",
        ),
        (
            {"history": (replace(_report(1), seconds=math.nan),)},
            "seconds: expected a finite number .* got nan",
        ),
        ({"history": (replace(_report(1), train=Metrics(math.inf, 0.5)),)}, "train_loss: .* got inf"),
        (
            {"history": (replace(_report(1), test=Metrics(1.0, 1.5)),)},
            "test_accuracy: .* from 0 to 1, got 1.5",
        ),
        ({"history": (replace(_report(1), step=-1),)}, "step: .* got -1"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_run_says_what_is_wrong_with_it(run: Run, change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        replace(run, **change)


def test_a_run_with_weights_that_overflowed_is_refused(run: Run) -> None:
    torch.nn.init.constant_(run.history[1].model.linear.bias, math.inf)
    with pytest.raises(ValueError, match=r"step 2, linear.bias: expected finite numbers"):
        replace(run)


def _in(part: str, **changes: object) -> Callable[[dict[str, str]], None]:
    def change(text: dict[str, str]) -> None:
        text[part] = json.dumps(json.loads(text[part]) | changes)

    return change


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda text: text.update(format="something else"), "expected the format Digit Lab run 1"),
        (lambda text: text.pop("curves"), "lacks 'curves'"),
        (lambda text: text.update(source="letters"), "source: expected"),
        (lambda text: text.update(config="{"), "is damaged or not a run"),
        (lambda text: text.update(config="[1]"), "config: missing or unknown: 1, batch_size"),
        (lambda text: text.update(curves="[" * 100_000), "is damaged or not a run"),
        (lambda text: text.update(earlier="[7]"), "is damaged or not a run"),
        (lambda text: text.update(earlier='[{"config": {}, "until": 1}]'), "config: missing or unknown"),
        (_in("config", batch_size=0), "batch_size must be a whole number from 1"),
        (_in("config", epochs="2"), "epochs must be a whole number"),
        (_in("config", learning_rate=math.nan), "learning_rate must be a number above 0"),
        (_in("config", preprocessing="blur"), "'blur' is not a valid Preprocessing"),
        (_in("config", momentum=0.9), "config: missing or unknown: momentum"),
        (_in("curves", step=[1, 2]), "is damaged or not a run"),
        (_in("curves", step=[1, 2, True]), "expected a whole number of steps and six numbers"),
        (_in("curves", step=[1, 2, "3"]), "expected a whole number of steps and six numbers"),
        (_in("curves", step=[1, 2, 10**400]), "is damaged or not a run"),
        (_in("curves", epoch=[1, 2, None]), "expected a whole number of steps and six numbers"),
        (_in("curves", seconds=3), "is damaged or not a run"),
        (_in("curves", test_loss=[1, math.nan, 1]), "test_loss: expected a finite number"),
    ],
)
def test_a_file_with_wrong_text_is_refused_by_name(
    path: Path, change: Callable[[dict[str, str]], None], complaint: str
) -> None:
    tensors = load_file(path)
    with safe_open(path, framework="pt") as file:
        text = file.metadata()
    change(text)
    save_file(tensors, path, text)
    with pytest.raises(ValueError, match=complaint) as refusal:
        load_run(path)
    assert str(refusal.value).startswith("run.safetensors is damaged")


def test_a_file_with_other_tensors_is_refused(path: Path) -> None:
    with safe_open(path, framework="pt") as file:
        text = file.metadata()
    tensors = load_file(path)
    for wrong, complaint in (
        ({"weights": tensors["weights"]}, "expected the tensors biases, weights"),
        (tensors | {"biases": tensors["biases"][:2].clone()}, "is damaged or not a run"),
        (tensors | {"weights": tensors["weights"].half()}, "weights: expected 32-bit floats"),
        (
            tensors | {"weights": tensors["weights"][:, :9].clone()},
            "weights: expected the shape any x 10 x 784",
        ),
        (tensors | {"biases": tensors["biases"] * math.nan}, "biases: expected finite numbers"),
    ):
        save_file(wrong, path, text)
        with pytest.raises(ValueError, match=complaint):
            load_run(path)


def test_each_of_300_mutated_files_is_a_run_or_refused(path: Path) -> None:
    for mutated in mutations(path.read_bytes(), 300):
        path.write_bytes(mutated)
        with suppress(ValueError):
            assert len(load_run(path).history) == 3


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_kept_run_is_found_by_its_id(home: Path, run: Run) -> None:
    identity = new_id()
    store_run(identity, run)
    assert stored_run(identity).config == run.config
    assert [path.name for path in (home / "runs").iterdir()] == [f"{identity}.safetensors"]


def test_a_run_that_was_never_kept_is_a_key_error(home: Path) -> None:
    with pytest.raises(KeyError):
        stored_run(new_id())


def test_a_damaged_run_says_so_and_leaves_the_others(home: Path, run: Run) -> None:
    whole, damaged = new_id(), new_id()
    store_run(whole, run)
    store_run(damaged, run)
    run_store().find(damaged).write_bytes(b"half")
    with pytest.raises(ValueError, match=f"{damaged}.* is damaged"):
        stored_run(damaged)
    assert len(stored_run(whole).history) == 3


# Everything is imported once; then child after child saves without end and is killed at some moment.
KILLER = """
import os, random, signal, time
import torch
from mnist_core import Metrics, Progress, SoftmaxRegressor, TrainingConfig
from mnist_core.run_file import Run, store_run, stored_run, run_store
from mnist_core.storage.file_store import new_id

torch.set_num_threads(1)
half, model = Metrics(0.5, 0.5), SoftmaxRegressor()
run = Run(TrainingConfig(), tuple(Progress(n, n, half, half, n, model) for n in range(1, 11)), "mnist")
draw = random.Random(0)
for _ in range(20):
    before = run_store().ids()
    child = os.fork()
    if child == 0:
        growing = new_id()
        while True:
            store_run(growing, run)
            store_run(new_id(), run)
    while run_store().ids() == before:
        time.sleep(0.001)
    time.sleep(draw.uniform(0, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    for identity in set(run_store().ids()) - set(before):
        assert len(stored_run(identity).history) == 10
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_after_each_of_20_kills_while_saving_every_run_is_whole(home: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLER], check=True, timeout=120)
    assert len(run_store().ids()) >= 20
