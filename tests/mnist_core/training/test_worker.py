"""A run in a thread: pause, resume, step, stop, slow motion; and how it ends, even with its program."""

import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from itertools import count

import pytest

from mnist_core import Digits, Preprocessing, Progress, TrainingConfig, train
from mnist_core.training.worker import State, TrainingWorker
from tests.support.paths import ROOT
from tests.support.sources import MOMENT, TIMEOUT, Clock, Source, report, steps, wait_for


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


def _stopped(worker: TrainingWorker) -> list[int]:
    """Stop a worker, and return the steps of its reports."""
    worker.stop()
    assert worker.join(TIMEOUT)
    assert (worker.state, worker.error) == (State.STOPPED, None)
    return steps(worker)


def _paused_after(source: Source, count: int) -> TrainingWorker:
    """Return a worker paused after `count` reports, when the next report is ready."""
    worker = TrainingWorker(source)
    source.wait_until_asked()
    source.give(count)
    worker.pause()
    source.answer()
    return worker


def test_a_run_starts_at_once_and_adds_reports_to_the_history_in_order(source: Source) -> None:
    worker = TrainingWorker(source)
    assert source.wait_until_asked() == 1
    assert (worker.state, worker.history) == (State.RUNNING, ())
    source.give(3)
    assert (worker.state, steps(worker)) == (State.RUNNING, [1, 2, 3])
    source.end()
    assert worker.join(TIMEOUT)
    assert (worker.state, steps(worker), worker.error) == (State.FINISHED, [1, 2, 3], None)


def test_nothing_is_added_while_paused_and_a_paused_run_can_be_stopped(source: Source) -> None:
    worker = _paused_after(source, 2)
    assert source.is_left_alone()
    assert (worker.state, steps(worker)) == (State.PAUSED, [1, 2])
    assert not worker.join(0)  # with a timeout, join returns whether the run has ended
    assert _stopped(worker) == [1, 2]


def test_reports_are_waited_for_while_they_are_allowed(source: Source) -> None:
    worker = TrainingWorker(source)
    waiting = threading.Thread(target=worker.wait_for_reports, args=(2, TIMEOUT))
    waiting.start()
    source.wait_until_asked()
    source.give()
    assert waiting.is_alive()
    source.give()
    waiting.join(TIMEOUT)
    assert not waiting.is_alive()
    worker.pause()
    source.answer()
    worker.wait_for_reports(9, threading.TIMEOUT_MAX)  # paused: at once
    _stopped(worker)


def test_a_resumed_run_continues_where_it_paused(source: Source) -> None:
    worker = _paused_after(source, 2)
    worker.resume()
    assert source.wait_until_asked() == 4
    assert (worker.state, steps(worker)) == (State.RUNNING, [1, 2, 3])
    source.end()
    assert worker.join(TIMEOUT)


def test_a_step_adds_exactly_one_report(source: Source) -> None:
    worker = _paused_after(source, 2)
    for newest in (3, 4, 5):
        worker.step()
        if newest > 3:  # the third was ready when the run was paused
            assert source.wait_until_asked() == newest
            source.answer()
        wait_for(lambda newest=newest: steps(worker)[-1] == newest)  # type: ignore[misc]
        assert source.is_left_alone()
        assert (worker.state, steps(worker)) == (State.PAUSED, list(range(1, newest + 1)))
    _stopped(worker)


def test_two_steps_in_a_row_add_two_reports(source: Source) -> None:
    worker = _paused_after(source, 2)
    worker.step()
    worker.step()
    assert source.wait_until_asked() == 4
    source.answer()
    wait_for(lambda: worker.state is State.PAUSED)
    assert source.is_left_alone()
    assert _stopped(worker) == [1, 2, 3, 4]


def test_a_step_pauses_a_running_run_after_one_report(source: Source) -> None:
    worker = TrainingWorker(source)
    assert source.wait_until_asked() == 1
    worker.step()
    source.answer()
    wait_for(lambda: worker.state is State.PAUSED)
    assert source.is_left_alone()
    assert _stopped(worker) == [1]


def test_a_stopped_run_keeps_what_it_reported(source: Source) -> None:
    worker = TrainingWorker(source)
    source.wait_until_asked()
    source.give(2)
    worker.stop()
    source.answer()
    assert worker.join(TIMEOUT)
    assert (worker.state, steps(worker), worker.error) == (State.STOPPED, [1, 2], None)


def test_nothing_changes_a_run_that_has_ended(source: Source) -> None:
    worker = _paused_after(source, 1)
    _stopped(worker)
    for action in (worker.resume, worker.step, worker.pause, worker.watch, worker.stop):
        action()
        assert (worker.state, steps(worker)) == (State.STOPPED, [1])


def test_in_slow_motion_the_next_report_waits_until_it_is_due(source: Source, clock: Clock) -> None:
    worker = TrainingWorker(source, seconds_per_report=60)
    assert source.wait_until_asked() == 1
    source.answer()
    assert source.is_left_alone()
    assert steps(worker) == [1]
    clock.now = 61
    worker.watch()  # wakes the thread, which would otherwise look at the clock only after a real minute
    assert source.wait_until_asked() == 2
    worker.stop()
    source.answer()
    assert worker.join(TIMEOUT)


def test_slow_motion_can_be_switched_off_during_a_run(source: Source, clock: Clock) -> None:
    worker = TrainingWorker(source, seconds_per_report=60)
    source.wait_until_asked()
    source.answer()
    assert source.is_left_alone()
    worker.seconds_per_report = 0
    assert worker.seconds_per_report == 0
    assert source.wait_until_asked() == 2
    source.end()
    assert worker.join(TIMEOUT)


def test_a_step_does_not_wait_for_slow_motion(source: Source, clock: Clock) -> None:
    worker = TrainingWorker(source, seconds_per_report=60)
    source.wait_until_asked()
    source.answer()
    assert source.is_left_alone()
    worker.step()
    assert source.wait_until_asked() == 2
    source.answer()
    wait_for(lambda: steps(worker) == [1, 2])
    assert worker.state is State.PAUSED
    _stopped(worker)


def test_a_run_paused_resumed_and_finished_equals_one_never_paused(sample: Digits) -> None:
    config = TrainingConfig(epochs=3, preprocessing=Preprocessing.RAW)
    undisturbed = [report.model.linear.weight.tolist() for report in train(config, sample)]
    worker = TrainingWorker(train(config, sample))
    worker.pause()
    already = len(worker.history)
    for more in (1, 2, 3):
        worker.step()
        wait_for(lambda more=more: len(worker.history) == already + more)  # type: ignore[misc]
    worker.resume()
    assert worker.join(TIMEOUT)
    assert [report.model.linear.weight.tolist() for report in worker.history] == undisturbed


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
import torch
from mnist_core import Digits, Preprocessing, Split, TrainingConfig, train
from mnist_core.training.worker import TrainingWorker

split = Split(torch.randint(256, (500, 28, 28), dtype=torch.uint8), torch.arange(500) % 10)
config = TrainingConfig(epochs=10**6, preprocessing=Preprocessing.RAW)
worker = TrainingWorker(train(config, Digits(split, split, "sample")))
while not worker.history:
    worker.join(0.001)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_a_program_interrupted_during_a_run_ends_during_it_and_exits_cleanly() -> None:
    wait = """
try:
    print("learning", flush=True)
    worker.join()
except KeyboardInterrupt:
    print("interrupted")
assert worker.error is None and worker.state.name == "RUNNING"
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
