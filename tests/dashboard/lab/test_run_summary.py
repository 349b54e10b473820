"""Summaries of runs: what the newest report says, from memory or from the disk, and read only once."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.lab import run_summary
from dashboard.lab.job_registry import RunRegistry
from dashboard.lab.run_summary import RunSummaries
from mnist_core import Digits, Preprocessing, Run, State, TrainingConfig, train
from mnist_core.run_file import run_store, store_run, stored_run
from mnist_core.storage.file_store import new_id
from tests.dashboard.runs import UNENDING, wait_for_report

CONFIG = TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW, reports_per_epoch=3, validation=300)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def run(sample: Digits) -> Run:
    return Run(CONFIG, tuple(train(CONFIG, sample)), "sample")


def _store(run: Run) -> str:
    run_id = new_id()
    store_run(run_id, run)
    return run_id


def test_a_stored_run_is_summarized_by_its_newest_report(run: Run) -> None:
    run_id = _store(run)
    summary = RunSummaries(RunRegistry()).find(run_id)
    assert (summary.id, summary.config, summary.source, summary.earlier) == (run_id, CONFIG, "sample", ())
    assert (summary.state, summary.final_epoch) == (State.FINISHED, 1)
    assert summary.newest is not None
    assert summary.newest.test == run.history[-1].test
    assert summary.newest.validation == run.history[-1].validation


def test_the_scores_count_the_digits_of_the_source(run: Run, sample: Digits) -> None:
    summary = RunSummaries(RunRegistry()).find(_store(run))
    test, validation = summary.test, summary.validation
    assert test is not None
    assert validation is not None
    assert (test.count, validation.count) == (len(sample.test), 300)
    assert test.accuracy == pytest.approx(run.history[-1].test.accuracy, abs=1e-6)
    held_out = run.history[-1].validation
    assert held_out is not None
    assert validation.accuracy == pytest.approx(held_out.accuracy, abs=1e-6)


def test_a_stopped_run_is_summarized_as_stopped(run: Run) -> None:
    summary = RunSummaries(RunRegistry()).find(_store(replace(run, history=run.history[:1])))
    assert summary.state is State.STOPPED


def test_a_run_that_is_learning_is_summarized_as_it_is_now(sample: Digits) -> None:
    registry = RunRegistry()
    running = wait_for_report(registry.begin(CONFIG, sample, seconds_per_report=UNENDING))
    summary = RunSummaries(registry).find(running.id)
    assert summary.state is State.RUNNING
    assert summary.newest is running.history[-1]


def test_a_file_is_read_once_and_again_when_it_was_written_anew(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []

    def counted(run_id: str, *, newest_only: bool) -> Run:
        assert newest_only
        reads.append(run_id)
        return stored_run(run_id, newest_only=True)

    monkeypatch.setattr("dashboard.lab.run_summary.stored_run", counted)
    run_id = _store(replace(run, history=run.history[:1]))
    summaries = RunSummaries(RunRegistry())
    first = summaries.find(run_id)
    assert summaries.find(run_id) is first
    assert reads == [run_id]
    store_run(run_id, run)
    os.utime(run_store().path(run_id), ns=(2_000_000_000, 2_000_000_000))
    assert summaries.find(run_id).state is State.FINISHED
    assert reads == [run_id, run_id]


def test_only_so_many_summaries_stay_in_memory(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_summary, "KEPT", 2)
    summaries = RunSummaries(RunRegistry())
    ids = [_store(run) for _ in range(3)]
    found = [summaries.find(run_id) for run_id in ids]
    assert [summaries.find(run_id) is one for run_id, one in zip(ids[1:], found[1:], strict=True)] == [
        True
    ] * 2
    assert summaries.find(ids[0]) is not found[0]


def test_a_run_that_is_gone_or_damaged_has_no_summary(run: Run) -> None:
    summaries = RunSummaries(RunRegistry())
    run_id = _store(run)
    summaries.find(run_id)
    run_store().path(run_id).write_bytes(b"damaged")
    with pytest.raises(ValueError, match="damaged"):
        summaries.find(run_id)
    run_store().path(run_id).unlink()
    with pytest.raises(KeyError):
        summaries.find(run_id)
    with pytest.raises(ValueError, match="expected an id"):
        summaries.find("../../etc/passwd")
