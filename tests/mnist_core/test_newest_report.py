"""The newest report of a run on disk, read without the others: the same as after reading all of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from mnist_core import Digits, Run, Segment, TrainingConfig, load_run, save_run, train
from mnist_core.run_file import run_store, store_run, stored_run
from mnist_core.storage.file_store import new_id
from tests.support.mutations import mutations

CONFIG = TrainingConfig(learning_rate=0.2, epochs=1, validation=100)


@pytest.fixture(scope="module")
def run(sample: Digits) -> Run:
    history = tuple(train(CONFIG, sample))
    return Run(CONFIG, history, sample.source, (Segment(CONFIG, 0.5),))


@pytest.fixture
def path(run: Run, tmp_path: Path) -> Path:
    save_run(tmp_path / "run.safetensors", run)
    return tmp_path / "run.safetensors"


def test_the_newest_report_alone_equals_the_last_of_all(path: Path) -> None:
    everything, newest = load_run(path), load_run(path, newest_only=True)
    (report,) = newest.history
    expected = everything.history[-1]
    assert replace(report, model=expected.model).__dict__ == expected.__dict__
    assert torch.equal(report.model.linear.weight, expected.model.linear.weight)
    assert torch.equal(report.model.linear.bias, expected.model.linear.bias)
    assert (newest.config, newest.earlier, newest.source) == (CONFIG, everything.earlier, "sample")
    assert newest.finished == everything.finished


def test_a_stored_run_gives_its_newest_report_too(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    run_id = new_id()
    store_run(run_id, run)
    assert len(stored_run(run_id, newest_only=True).history) == 1
    assert len(stored_run(run_id).history) == len(run.history)
    run_store().path(run_id).unlink()
    with pytest.raises(KeyError):
        stored_run(run_id, newest_only=True)


def test_the_other_reports_are_not_read(path: Path) -> None:
    content = bytearray(path.read_bytes())
    first = 8 + int.from_bytes(content[:8], "little")  # the first number of the first report's weights
    content[first : first + 4] = b"\xff\xff\xff\xff"  # NaN
    path.write_bytes(content)
    with pytest.raises(ValueError, match="expected finite numbers"):
        load_run(path)
    assert len(load_run(path, newest_only=True).history) == 1


def _rewrite(path: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    tensors = load_file(path)
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    change(tensors)
    save_file(tensors, path, metadata)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensors: tensors.pop("biases"), "expected the tensors biases, weights, found"),
        (lambda tensors: tensors.update(more=torch.zeros(1)), "expected the tensors biases, weights, found"),
        (lambda tensors: tensors.update(biases=torch.zeros(4)), "biases: expected 32-bit floats of another"),
        (lambda tensors: tensors.update(biases=torch.zeros(0, 10)), "biases: expected 32-bit floats of"),
        (lambda tensors: tensors.update(biases=torch.zeros(4, 10).double()), "biases: expected 32-bit"),
        (lambda tensors: tensors["weights"][-1].fill_(torch.nan), "weights: expected finite numbers"),
    ],
    ids=["none", "more", "shape", "empty", "dtype", "nan"],
)
def test_tensors_of_another_kind_are_refused(
    path: Path, change: Callable[[dict[str, torch.Tensor]], object], message: str
) -> None:
    _rewrite(path, change)
    with pytest.raises(ValueError, match=message):
        load_run(path, newest_only=True)


def test_a_damaged_file_is_refused_or_still_a_run(path: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    for content in mutations(path.read_bytes(), 200):
        damaged.write_bytes(content)
        try:
            newest = load_run(damaged, newest_only=True)
        except ValueError:
            continue
        assert len(newest.history) == 1
