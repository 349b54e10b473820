"""Control of a run in a thread: pause, resume, step, stop, slow motion."""

import threading
from collections.abc import Iterator

import pytest

from mnist_core import Digits, Preprocessing, State, TrainingConfig, TrainingWorker, train
from tests.support.sources import TIMEOUT, Clock, Source, steps, wait_for


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


def test_join_with_a_timeout_returns_whether_the_run_has_ended(source: Source) -> None:
    worker = TrainingWorker(source)
    assert not worker.join(0)
    source.end()
    assert worker.join(TIMEOUT)


def test_nothing_is_added_while_paused(source: Source) -> None:
    worker = _paused_after(source, 2)
    assert source.is_left_alone()
    assert (worker.state, steps(worker)) == (State.PAUSED, [1, 2])
    worker.stop()
    assert worker.join(TIMEOUT)


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
    worker.stop()
    assert worker.join(TIMEOUT)


def test_two_steps_in_a_row_add_two_reports(source: Source) -> None:
    worker = _paused_after(source, 2)
    worker.step()
    worker.step()
    assert source.wait_until_asked() == 4
    source.answer()
    wait_for(lambda: worker.state is State.PAUSED)
    assert source.is_left_alone()
    assert steps(worker) == [1, 2, 3, 4]
    worker.stop()
    assert worker.join(TIMEOUT)


def test_a_step_pauses_a_running_run_after_one_report(source: Source) -> None:
    worker = TrainingWorker(source)
    assert source.wait_until_asked() == 1
    worker.step()
    source.answer()
    wait_for(lambda: worker.state is State.PAUSED)
    assert source.is_left_alone()
    assert steps(worker) == [1]
    worker.stop()
    assert worker.join(TIMEOUT)


def test_a_stopped_run_keeps_what_it_reported(source: Source) -> None:
    worker = TrainingWorker(source)
    source.wait_until_asked()
    source.give(2)
    worker.stop()
    source.answer()
    assert worker.join(TIMEOUT)
    assert (worker.state, steps(worker), worker.error) == (State.STOPPED, [1, 2], None)


def test_a_paused_run_can_be_stopped(source: Source) -> None:
    worker = _paused_after(source, 2)
    worker.stop()
    assert worker.join(TIMEOUT)
    assert (worker.state, steps(worker)) == (State.STOPPED, [1, 2])


def test_nothing_changes_a_run_that_has_ended(source: Source) -> None:
    worker = _paused_after(source, 1)
    worker.stop()
    assert worker.join(TIMEOUT)
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
    worker.stop()
    assert worker.join(TIMEOUT)


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
