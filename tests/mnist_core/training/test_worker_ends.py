"""How a run in a thread ends: by itself, with an error, unwatched, dropped, or with its program."""

import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from itertools import count

import pytest

from mnist_core import Progress, State, TrainingWorker
from tests.support.paths import ROOT
from tests.support.sources import MOMENT, TIMEOUT, Clock, Source, report, steps


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture(autouse=True)
def no_thread_outlives_the_test() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_an_iterator_that_fails_gives_its_error_and_the_history_is_saved(source: Source) -> None:
    saved: list[Sequence[Progress]] = []
    worker = TrainingWorker(source, save=saved.append)
    source.wait_until_asked()
    source.give(2)
    error = MemoryError("no room for the logits")
    source.end(error)
    assert worker.join(TIMEOUT)
    assert (worker.state, worker.error, steps(worker)) == (State.FAILED, error, [1, 2])
    assert saved == [worker.history]


def test_the_history_is_saved_before_the_state_is_final(source: Source) -> None:
    saving, may_end = threading.Event(), threading.Event()
    saved: list[Sequence[Progress]] = []

    def save(history: Sequence[Progress]) -> None:
        saving.set()
        may_end.wait(TIMEOUT)
        saved.append(history)

    worker = TrainingWorker(source, earlier=[report(-1), report(0)], save=save)
    source.wait_until_asked()
    source.give(2)
    source.end()
    assert saving.wait(TIMEOUT)
    assert not worker.state.ended
    may_end.set()
    assert worker.join(TIMEOUT)
    assert worker.state is State.FINISHED
    assert [report.step for report in saved[0]] == steps(worker) == [-1, 0, 1, 2]


def test_a_history_that_cannot_be_saved_is_an_error_but_not_lost(source: Source) -> None:
    error = OSError("no space left on device")

    def save(history: Sequence[Progress]) -> None:
        raise error

    worker = TrainingWorker(source, save=save)
    source.wait_until_asked()
    source.give(1)
    source.end()
    assert worker.join(TIMEOUT)
    assert (worker.state, worker.error, steps(worker)) == (State.FINISHED, error, [1])


def test_a_run_without_a_report_has_nothing_to_save(source: Source) -> None:
    saved: list[Sequence[Progress]] = []
    worker = TrainingWorker(source, save=saved.append)
    source.wait_until_asked()
    source.end()
    assert worker.join(TIMEOUT)
    assert (worker.state, saved) == (State.FINISHED, [])


def test_a_run_that_nobody_watches_ends_by_itself(source: Source, clock: Clock) -> None:
    worker = TrainingWorker(source, watch_timeout=120)
    source.wait_until_asked()
    clock.now = 119
    source.give(1)
    worker.watch()
    clock.now = 238
    source.give(1)
    clock.now = 240
    source.answer()
    assert worker.join(TIMEOUT)
    assert (worker.state, steps(worker)) == (State.STOPPED, [1, 2])


def test_a_paused_run_that_nobody_watches_ends_by_itself_too(source: Source) -> None:
    worker = TrainingWorker(source, watch_timeout=MOMENT)
    worker.pause()
    source.wait_until_asked()
    source.answer()
    assert worker.join(TIMEOUT)
    assert worker.state is State.STOPPED


def test_a_dropped_worker_stops_and_closes_its_source() -> None:
    closed, begun = threading.Event(), threading.Event()

    def reports() -> Iterator[Progress]:
        try:
            for step in count():
                yield report(step)
                begun.set()
        finally:
            closed.set()

    worker = TrainingWorker(reports())
    assert begun.wait(TIMEOUT)
    (thread,) = (thread for thread in threading.enumerate() if thread.name == "training")
    reference = weakref.ref(worker)
    del worker
    assert reference() is None
    assert closed.is_set()
    assert not thread.is_alive()


PROGRAM = """
import signal
import torch
from mnist_core import Digits, Preprocessing, Split, TrainingConfig, TrainingWorker, train

split = Split(torch.randint(256, (500, 28, 28), dtype=torch.uint8), torch.arange(500) % 10)
config = TrainingConfig(epochs=10**6, preprocessing=Preprocessing.RAW)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent process may have disabled it
worker = TrainingWorker(train(config, Digits(split, split, "sample")))
while not worker.history:
    worker.join(0.001)
"""


@pytest.mark.slow
def test_a_program_that_ends_during_a_run_exits_cleanly() -> None:
    program = subprocess.run(
        [sys.executable, "-c", PROGRAM + "print('learning')"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (program.returncode, program.stdout, program.stderr) == (0, "learning\n", "")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_a_program_interrupted_during_a_run_exits_cleanly() -> None:
    wait = """
try:
    print("learning", flush=True)
    worker.join()
except KeyboardInterrupt:
    print("interrupted")
"""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM + wait],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "learning\n"
        program.send_signal(signal.SIGINT)
        output, errors = program.communicate(timeout=60)
    assert (program.returncode, output, errors) == (0, "interrupted\n", "")
