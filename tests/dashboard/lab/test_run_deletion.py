"""Runs deleted from a server, and brought back; and runs that hold out other digits than asked."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dashboard.lab.job_registry import RunRegistry
from mnist_core import Digits, Preprocessing, TrainingConfig
from mnist_core.run_file import run_store
from mnist_core.storage.file_store import new_id
from mnist_core.storage.files import write_atomically
from tests.dashboard.runs import UNENDING, join, wait_for_report

CONFIG = TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW, reports_per_epoch=3)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    return tmp_path


def test_a_deleted_run_is_gone_from_the_disk_and_comes_back_as_it_was(sample: Digits) -> None:
    registry = RunRegistry()
    run = join(registry.begin(CONFIG, sample, seconds_per_report=0))
    deleted = registry.delete(run.id)
    assert deleted is not None
    assert not run_store().path(run.id).exists()
    for server in (registry, RunRegistry()):
        with pytest.raises(KeyError):
            server.find(run.id)
    registry.restore(run.id, deleted)
    for server in (registry, RunRegistry()):
        weight = server.find(run.id).history[-1].model.linear.weight
        assert torch.equal(weight, run.history[-1].model.linear.weight)


def test_a_run_that_is_still_learning_stops_when_it_is_deleted_and_leaves_no_file(sample: Digits) -> None:
    registry = RunRegistry()
    run = wait_for_report(registry.begin(CONFIG, sample, seconds_per_report=UNENDING))
    deleted = registry.delete(run.id)
    assert run.state.ended
    assert run_store().ids() == []
    assert deleted is not None
    registry.restore(run.id, deleted)
    assert len(registry.find(run.id).history) == len(run.history)


def test_a_damaged_run_is_deleted_too() -> None:
    run_id = new_id()
    run_store().put(run_id, lambda path: write_atomically(path, b"damaged"))
    assert RunRegistry().delete(run_id) == b"damaged"
    assert run_store().ids() == []


def test_a_run_that_is_not_there_leaves_nothing_to_bring_back() -> None:
    assert RunRegistry().delete(new_id()) is None
    with pytest.raises(ValueError, match="expected an id"):
        RunRegistry().delete("../../etc/passwd")


@pytest.mark.parametrize("began", [0, 500])
@pytest.mark.parametrize("asked", [100, 500, 0])
def test_a_run_is_continued_only_with_the_digits_held_out_that_it_began_with(
    sample: Digits, began: int, asked: int
) -> None:
    registry = RunRegistry()
    run = join(registry.begin(replace(CONFIG, validation=began), sample, seconds_per_report=0))
    config = replace(CONFIG, validation=asked)
    if asked == began:
        join(registry.continue_run(run, config, sample, seconds_per_report=0))
        return
    with pytest.raises(ValueError, match="begin a new run for that"):
        registry.continue_run(run, config, sample, seconds_per_report=0)
