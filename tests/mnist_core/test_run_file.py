"""Runs on disk: loaded exactly as saved, refused if damaged, and complete after a kill."""

import json
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
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
    save_run,
)
from mnist_core.training.report import CURVES, Progress
from tests.support.mutations import mutations

CONFIG = TrainingConfig(
    batch_size=7, learning_rate=0.3, epochs=2, seed=2**63 - 1, preprocessing=Preprocessing.RAW
)


def _report(step: int, preprocessing: Preprocessing = Preprocessing.RAW) -> Progress:
    model = SoftmaxRegressor(preprocessing)
    generator = torch.Generator().manual_seed(step)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, generator=generator)
    # Thirds have no short decimal form: only a format that keeps every bit gives back equal numbers.
    return Progress(step, step / 3, Metrics(7 / step, 1 / 3), Metrics(5 / step, 2 / 3), step / 30, model)


@pytest.fixture
def run() -> Run:
    return Run(CONFIG, (_report(1), _report(2), _report(5)), "sample")


@pytest.fixture
def path(run: Run, tmp_path: Path) -> Path:
    path = tmp_path / "run.safetensors"
    save_run(path, run)
    return path


def test_a_saved_run_is_loaded_exactly(run: Run, path: Path) -> None:
    loaded = load_run(path)
    assert (loaded.config, loaded.source) == (run.config, run.source)
    for saved, read in zip(run.history, loaded.history, strict=True):
        assert replace(read, model=saved.model).__dict__ == saved.__dict__
        assert read.model.preprocessing is Preprocessing.RAW
        assert torch.equal(read.model.linear.weight, saved.model.linear.weight)
        assert torch.equal(read.model.linear.bias, saved.model.linear.bias)


def test_a_continued_run_is_loaded_with_its_earlier_segments(run: Run, tmp_path: Path) -> None:
    segments = (Segment(TrainingConfig(epochs=1), 0.5), Segment(TrainingConfig(learning_rate=0.1), 1.0))
    save_run(tmp_path / "continued", replace(run, earlier=segments))
    loaded = load_run(tmp_path / "continued")
    assert loaded.earlier == segments
    assert loaded.final_epoch == 1.0 + CONFIG.epochs


@pytest.mark.parametrize("place", range(100, 1000, 100))
@pytest.mark.parametrize("epoch", [0, 1, 11])
def test_a_run_continued_from_within_an_epoch_is_finished_at_its_last_report(epoch: int, place: int) -> None:
    until = epoch + place / 60_000  # as the loop computes it
    last = replace(_report(1), epoch=epoch + 1 + CONFIG.epochs)  # the epoch that was begun is finished first
    run = Run(CONFIG, (last,), "mnist", (Segment(CONFIG, until),))
    assert run.finished
    assert not replace(run, history=(replace(last, epoch=last.epoch - 1 / 60_000),)).finished


def test_a_segment_ends_at_an_epoch_that_can_be_reached() -> None:
    with pytest.raises(ValueError, match="until: expected an epoch from 0 on, got -1"):
        Segment(CONFIG, -1)


def test_a_loaded_model_can_be_trained_further(path: Path) -> None:
    model = load_run(path).history[-1].model
    model(torch.ones(1, 784)).sum().backward()
    assert model.linear.weight.grad is not None


def test_any_safetensors_reader_can_read_the_settings_and_curves(run: Run, path: Path) -> None:
    with safe_open(path, framework="np") as file:
        metadata = file.metadata()
        assert file.get_slice("weights").get_shape() == [3, 10, 784]
    assert metadata["format"] == "Digit Lab run 1"
    assert metadata["source"] == "sample"
    assert json.loads(metadata["config"])["learning_rate"] == 0.3
    assert json.loads(metadata["config"])["preprocessing"] == "raw"
    curves = json.loads(metadata["curves"])
    assert list(curves) == list(CURVES)
    assert curves["test_loss"] == [report.test.loss for report in run.history]
    assert json.loads(metadata["versions"])["torch"] == torch.__version__


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": "two words"}, "source: expected mnist, sample, or a name"),
        ({"history": ()}, "expected 1 to 10,000 reports, got 0"),
        ({"history": (_report(1),) * (MAX_REPORTS + 1)}, "got 10,001"),
        ({"history": (_report(2), _report(1))}, "step 1 cannot follow step 2"),
        ({"history": (_report(1), _report(1))}, "step 1 cannot follow step 1"),
        (
            {"history": (_report(1, Preprocessing.DIRECTIONS),)},
            "expected a model for raw digits, got one for directions",
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
def test_a_run_with_a_mistake_is_refused_with_the_reason(
    run: Run, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(run, **change)


def test_a_run_with_weights_that_overflowed_is_refused(run: Run) -> None:
    torch.nn.init.constant_(run.history[1].model.linear.bias, math.inf)
    with pytest.raises(ValueError, match=r"step 2, linear.bias: expected finite numbers"):
        replace(run)


def _rewrite(
    path: Path,
    *,
    tensors: Callable[[dict[str, torch.Tensor]], object] = lambda _: None,
    metadata: Callable[[dict[str, str]], object] = lambda _: None,
) -> None:
    content = load_file(path)
    with safe_open(path, framework="pt") as file:
        about = file.metadata()
    tensors(content)
    metadata(about)
    save_file(content, path, about)


def _in(part: str, **changes: object) -> Callable[[dict[str, str]], None]:
    def change(metadata: dict[str, str]) -> None:
        metadata[part] = json.dumps(json.loads(metadata[part]) | changes)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda metadata: metadata.update(format="something else"), "expected the format Digit Lab run 1"),
        (lambda metadata: metadata.pop("curves"), "'curves' is missing"),
        (lambda metadata: metadata.update(source="two words"), "source: expected"),
        (lambda metadata: metadata.update(config="{"), "is damaged or not a run"),
        (lambda metadata: metadata.update(config="[1]"), "config: missing or unknown: 1, batch_size"),
        (lambda metadata: metadata.update(config=json.dumps(list(asdict(CONFIG)))), "damaged or not a run"),
        (lambda metadata: metadata.update(config='"raw"'), "config: missing or unknown: a, batch_size"),
        (lambda metadata: metadata.update(config="null"), "damaged or not a run"),
        (lambda metadata: metadata.update(curves="[" * 100_000), "is damaged or not a run"),
        (lambda metadata: metadata.update(earlier="[7]"), "is damaged or not a run"),
        (
            lambda metadata: metadata.update(earlier='[{"config": {}, "until": 1}]'),
            "config: missing or unknown",
        ),
        (_in("config", batch_size=0), "batch_size must be a whole number from 1"),
        (_in("config", epochs="2"), "epochs must be a whole number"),
        (_in("config", learning_rate=math.nan), "learning_rate must be a number above 0"),
        (_in("config", preprocessing="blur"), "preprocessing must be one of raw, .* not 'blur'"),
        (_in("config", preprocessing=3), "preprocessing must be one of raw, .* not 3"),
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
def test_a_file_with_wrong_metadata_is_refused_and_named(
    path: Path, change: Callable[[dict[str, str]], None], message: str
) -> None:
    _rewrite(path, metadata=change)
    with pytest.raises(ValueError, match=message) as raised:
        load_run(path)
    assert str(raised.value).startswith("run.safetensors is damaged")


@pytest.mark.parametrize("newest_only", [False, True])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensors: tensors.pop("biases"), "expected the tensors biases, weights, found"),
        (lambda tensors: tensors.update(more=torch.zeros(1)), "expected the tensors biases, weights, found"),
        (lambda tensors: tensors.update(biases=torch.zeros(3)), "biases: expected"),
        (lambda tensors: tensors.update(biases=torch.zeros(0, 10)), "damaged"),
        (lambda tensors: tensors.update(biases=torch.zeros(3, 10).double()), "biases: expected 32-bit"),
        (lambda tensors: tensors.update(weights=tensors["weights"][:, :9].clone()), "weights: expected"),
        (lambda tensors: tensors["weights"][-1].fill_(torch.nan), "weights: expected finite numbers"),
    ],
    ids=["none", "more", "shape", "empty", "dtype", "too small", "nan"],
)
def test_a_file_with_other_tensors_is_refused(
    path: Path, change: Callable[[dict[str, torch.Tensor]], object], message: str, newest_only: bool
) -> None:
    _rewrite(path, tensors=change)
    with pytest.raises(ValueError, match=message):
        load_run(path, newest_only=newest_only)


def test_tensors_of_different_lengths_are_refused(path: Path) -> None:
    _rewrite(path, tensors=lambda tensors: tensors.update(biases=tensors["biases"][:2].clone()))
    with pytest.raises(ValueError, match="is damaged or not a run"):
        load_run(path)


@pytest.mark.parametrize(("newest_only", "reports"), [(False, 3), (True, 1)])
def test_each_of_200_damaged_files_is_a_run_or_refused(path: Path, newest_only: bool, reports: int) -> None:
    for damaged in mutations(path.read_bytes(), 200):
        path.write_bytes(damaged)
        with suppress(ValueError):
            assert len(load_run(path, newest_only=newest_only).history) == reports


def test_the_newest_report_alone_equals_the_last_of_all(run: Run, path: Path) -> None:
    newest, expected = load_run(path, newest_only=True), run.history[-1]
    (report,) = newest.history
    assert replace(report, model=expected.model).__dict__ == expected.__dict__
    assert torch.equal(report.model.linear.weight, expected.model.linear.weight)
    assert torch.equal(report.model.linear.bias, expected.model.linear.bias)
    assert (newest.config, newest.earlier, newest.source) == (CONFIG, run.earlier, "sample")
    assert newest.finished == run.finished


def test_for_the_newest_report_the_others_are_not_read(path: Path) -> None:
    content = bytearray(path.read_bytes())
    first = 8 + int.from_bytes(content[:8], "little")  # the first number of the first report's weights
    content[first : first + 4] = b"\xff\xff\xff\xff"  # NaN
    path.write_bytes(content)
    with pytest.raises(ValueError, match="expected finite numbers"):
        load_run(path)
    assert len(load_run(path, newest_only=True).history) == 1
