"""Runs in other processes, against the same runs here."""

import logging
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch

from mnist_core import Preprocessing, Progress, TrainingConfig, train
from mnist_core.data.dataset import Digits
from mnist_core.processes import training_processes as module
from mnist_core.processes.training_processes import TrainingProcesses
from mnist_core.training import loop


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files, which is empty."""
    monkeypatch.setenv("DIGIT_LAB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path / "temporary"


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def processes() -> Iterator[TrainingProcesses]:
    """At most two processes, of which one is ready."""
    processes = TrainingProcesses(2)
    _start_one(processes)
    yield processes
    processes.release_idle()


def _start_one(processes: TrainingProcesses) -> None:
    processes._start_processes(1)
    _wait_for(lambda: processes._idle or processes._given_up)


def _wait_for(condition: Callable[[], object]) -> None:
    for _ in range(30_000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it took more than 300 s")


def _refuse(*_: object) -> Progress:
    raise AssertionError("computed here")


def _assert_same(reports: list[Progress], expected: list[Progress]) -> None:
    assert len(reports) == len(expected)
    for report, other in zip(reports, expected, strict=True):
        assert (report.step, report.epoch) == (other.step, other.epoch)
        assert (report.train, report.test) == (other.train, other.test)
        assert report.validation == other.validation
        assert torch.equal(report.model.linear.weight, other.model.linear.weight)
        assert torch.equal(report.model.linear.bias, other.model.linear.bias)


SETTINGS = (
    TrainingConfig(epochs=2, preprocessing=Preprocessing.RAW, reports_per_epoch=3),
    TrainingConfig(epochs=1, early_reports=True, batch_size=7),
    TrainingConfig(epochs=2, validation=333, preprocessing=Preprocessing.DESKEW, seed=4),
)


def test_all_reports_of_another_process_are_those_of_train(
    processes: TrainingProcesses, few: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [list(train(config, few)) for config in SETTINGS]
    monkeypatch.setattr(module, "next_report", _refuse)
    for config, reports in zip(SETTINGS, expected, strict=True):
        _assert_same(list(processes.train(config, few)), reports)


def test_a_run_that_stopped_in_the_middle_of_an_epoch_is_continued_the_same(
    processes: TrainingProcesses, few: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW, reports_per_epoch=3)
    (start,) = islice(train(config, few), 1)
    further = replace(config, reports_per_epoch=1)
    expected = list(train(further, few, start=start))
    monkeypatch.setattr(module, "next_report", _refuse)
    reports = list(processes.train(further, few, start=start))
    _assert_same(reports, expected)
    assert reports[-1].epoch == 2  # the epoch that had begun, and one more


def test_the_arguments_are_checked_as_by_train(processes: TrainingProcesses, few: Digits) -> None:
    with pytest.raises(ValueError, match="held out"):
        processes.train(TrainingConfig(validation=len(few.train)), few)


def test_until_a_process_is_ready_and_after_one_has_died_reports_are_computed_here(
    few: Digits, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    here: list[int] = []

    def count(*arguments: object) -> Progress:
        report: Progress = compute(*arguments)  # type: ignore[arg-type]
        here.append(report.step)
        return report

    compute = loop.next_report
    monkeypatch.setattr(module, "next_report", count)
    config = TrainingConfig(epochs=4, preprocessing=Preprocessing.RAW, reports_per_epoch=1)
    expected = list(train(config, few))
    processes = TrainingProcesses(1)
    processes._start_processes(1)
    reports = processes.train(config, few)
    taken = [next(reports)]
    assert here == [taken[0].step]
    _wait_for(lambda: processes._idle)
    taken.append(next(reports))
    assert len(here) == 1
    os.kill(_process_id(processes), signal.SIGTERM)
    with caplog.at_level(logging.WARNING):
        taken.append(next(reports))
    assert here == [taken[0].step, taken[2].step]
    assert "A process has ended before" in caplog.text
    _start_one(processes)
    taken += reports
    assert len(here) == 2
    _assert_same(taken, expected)
    processes.release_idle()


def _process_id(processes: TrainingProcesses) -> int:
    return processes._idle[0].call(os.getpid)


def test_once_released_there_is_no_process_and_no_file_and_the_next_one_computes_the_same(
    few: Digits, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    config = TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW)
    expected = list(train(config, few))
    monkeypatch.setattr(module, "next_report", _refuse)
    processes = TrainingProcesses(1)
    processes._start_processes(1)
    processes.release_idle()  # before the process is ready
    for _ in range(2):
        assert list(folder.iterdir()) == []
        _start_one(processes)
        _assert_same(list(processes.train(config, few)), expected)
        pid = _process_id(processes)
        processes.release_idle()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert list(folder.iterdir()) == []


def test_nothing_is_released_while_a_report_is_computed(
    processes: TrainingProcesses, few: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    (process,) = processes._idle
    call = process.call

    def release_and_call(*arguments: object) -> object:
        processes.release_idle()  # as another thread does it meanwhile
        return call(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(process, "call", release_and_call)
    monkeypatch.setattr(module, "next_report", _refuse)
    assert next(processes.train(TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW), few)).step > 0


@pytest.mark.parametrize(
    "what", ["no folder", "no file", "a file goes", "no process", "a process ends at once"]
)
def test_where_there_can_be_no_processes_reports_are_computed_here_and_nothing_is_left(
    few: Digits, monkeypatch: pytest.MonkeyPatch, folder: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    if what == "no folder":
        monkeypatch.setattr(tempfile, "mkdtemp", full)
    if what == "no file":
        monkeypatch.setattr(np, "save", full)
    if what == "a file goes":  # as the system may remove old temporary files
        monkeypatch.setattr(np, "save", lambda *_: None)
    if what == "no process":
        monkeypatch.setattr(sys, "executable", str(folder / "python"))
    if what == "a process ends at once":
        monkeypatch.setattr(sys, "executable", shutil.which("false"))
    processes = TrainingProcesses(1)
    _start_one(processes)
    config = TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW)
    _assert_same(list(processes.train(config, few)), list(train(config, few)))
    assert caplog.text.count("Runs learn in threads from now on") == 1
    processes.release_idle()
    assert list(folder.iterdir()) == []


def test_one_run_alone_starts_no_process_and_two_at_a_time_start_two(
    few: Digits, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    config = TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW)
    processes = TrainingProcesses(4)
    assert len(list(processes.train(config, few))) == 4
    assert not processes._processes
    assert list(folder.iterdir()) == []
    learning, go_on = Event(), Event()

    def compute(*arguments: object) -> Progress:
        if not learning.is_set():
            learning.set()
            assert go_on.wait(timeout=60)
        return loop.next_report(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "next_report", compute)
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(next, processes.train(config, few))
        assert learning.wait(timeout=60)
        second = next(processes.train(replace(config, seed=1), few))
        go_on.set()
        assert (first.result().step, second.step) == (3, 3)
    assert len(processes._processes) == 2
    processes.release_idle()
