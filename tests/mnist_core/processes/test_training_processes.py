"""Runs in other processes, against the same runs here."""

import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import islice
from pathlib import Path
from threading import Event

import pytest
import torch

from mnist_core import Preprocessing, Progress, TrainingConfig, TrainingProcesses, train
from mnist_core.data.dataset import Digits
from mnist_core.processes import training_processes as module
from mnist_core.training import loop
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def processes() -> Iterator[TrainingProcesses]:
    """At most two processes, of which one is ready."""
    processes = TrainingProcesses(2)
    processes._start()
    _wait_for_one(processes)
    yield processes
    processes.close()


def _wait_for_one(processes: TrainingProcesses) -> None:
    processes._started[0].result(timeout=300)


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


SETTINGS = {
    "the article's": TrainingConfig(epochs=2, preprocessing=Preprocessing.RAW, reports_per_epoch=3),
    "early reports": TrainingConfig(epochs=1, early_reports=True, batch_size=7),
    "held out": TrainingConfig(epochs=2, validation=333, preprocessing=Preprocessing.DESKEW, seed=4),
}


@pytest.mark.parametrize("config", SETTINGS.values(), ids=SETTINGS)
def test_all_reports_of_another_process_are_those_of_train(
    processes: TrainingProcesses, few: Digits, config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = list(train(config, few))
    monkeypatch.setattr(module, "next_report", _refuse)
    _assert_same(list(processes.train(config, few)), expected)


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
    assert reports[-1].epoch == pytest.approx(start.epoch + 1)


def test_the_arguments_are_checked_as_by_train(processes: TrainingProcesses, few: Digits) -> None:
    with pytest.raises(ValueError, match="held out"):
        processes.train(TrainingConfig(validation=len(few.train)), few)


def test_until_a_process_is_ready_and_after_one_has_died_reports_are_computed_here(
    few: Digits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
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
    processes._start()
    reports = processes.train(config, few)
    taken = [next(reports)]
    assert here == [taken[0].step]
    _wait_for_one(processes)
    taken.append(next(reports))
    assert len(here) == 1
    assert processes._pool
    pid = processes._pool.submit(os.getpid).result()
    os.kill(pid, signal.SIGTERM)
    with caplog.at_level(logging.WARNING):
        taken.append(next(reports))
    assert here == [taken[0].step, taken[2].step]
    assert "A process has ended before" in caplog.text
    taken += reports
    assert len(here) == 2
    _assert_same(taken, expected)
    assert list(tmp_path.iterdir()) != []
    processes.close()
    assert list(tmp_path.glob("digit-lab-*")) == []


def test_at_rest_there_is_no_process_and_no_file_and_the_next_one_computes_the_same(
    few: Digits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    config = TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW)
    expected = list(train(config, few))
    processes = TrainingProcesses(1)
    for _ in range(2):
        processes._start()
        _wait_for_one(processes)
        with monkeypatch.context() as patch:
            patch.setattr(module, "next_report", _refuse)
            _assert_same(list(processes.train(config, few)), expected)
        assert processes._pool
        pid = processes._pool.submit(os.getpid).result()
        processes.release_idle()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert list(tmp_path.iterdir()) == []
    processes.close()


def test_there_is_no_rest_while_a_report_is_computed(few: Digits, monkeypatch: pytest.MonkeyPatch) -> None:
    processes = TrainingProcesses(1)
    processes._start()
    _wait_for_one(processes)
    pool = processes._pool
    assert pool
    answer = pool.submit

    def submit(*arguments: object) -> object:
        processes.release_idle()  # as another thread does it meanwhile
        return answer(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pool, "submit", submit)
    monkeypatch.setattr(module, "next_report", _refuse)
    assert next(processes.train(TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW), few)).step > 0
    processes.close()


@pytest.mark.parametrize("what", ["no folder", "no file", "no process"])
def test_where_there_can_be_no_processes_reports_are_computed_here_and_nothing_is_left(
    few: Digits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if what == "no folder":
        monkeypatch.setattr(tempfile, "mkdtemp", full)
    if what == "no file":
        monkeypatch.setattr(module, "write_split", full)
    if what == "no process":
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    processes = TrainingProcesses(1)
    processes._start()
    wait(processes._started, timeout=300)
    config = TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW)
    _assert_same(list(processes.train(config, few)), list(train(config, few)))
    assert caplog.text.count("Runs learn in threads from now on") == 1
    assert [path for path in tmp_path.rglob("*") if path.parent != tmp_path] == []
    processes.close()
    assert list(tmp_path.glob("digit-lab-*")) == []


def test_nothing_is_left_of_a_program_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, signal\n"
        "from mnist_core import TrainingConfig, TrainingProcesses, load_digits\n"
        "processes = TrainingProcesses(1)\n"
        "processes._start()\n"
        "processes._started[0].result()\n"
        "next(processes.train(TrainingConfig(), load_digits(download=False)))\n"
        "print(os.listdir(processes._folder), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "DIGIT_LAB_CACHE": str(tmp_path), "MNIST_ROOT": "", "TMPDIR": str(tmp_path)}
    # Returns when nobody holds a pipe any more, neither the program nor its process, which has stderr.
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout.startswith("['tmp")
    assert list(tmp_path.glob("digit-lab-*")) == []


def test_one_run_alone_starts_no_process_and_two_at_a_time_start_two(
    few: Digits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    config = TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW)
    processes = TrainingProcesses(4)
    assert len(list(processes.train(config, few))) == 4
    assert processes._started == []
    assert list(tmp_path.glob("digit-lab-*")) == []
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
    assert len(processes._started) == 2
    processes.close()
