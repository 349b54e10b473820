"""Control of a run in the background: pause, resume, step, stop, slow motion."""

import threading
from collections.abc import Iterator

import pytest

from mnist_core import Digits, Preprocessing, State, TrainingConfig, TrainingWorker, train
from tests.support.sources import PATIENCE, Clock, Source, steps, wait_for


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def _paused_after(source: Source, count: int) -> TrainingWorker:
    """A run that is paused while it works at the report after `count`; that report is then ready."""
    run = TrainingWorker(source)
    source.is_asked()
    source.give(count)
    run.pause()
    source.answer()
    return run


def test_a_run_starts_at_once_and_lays_down_reports_in_their_order(source: Source) -> None:
    run = TrainingWorker(source)
    assert source.is_asked() == 1
    assert (run.state, run.history) == (State.RUNNING, ())
    source.give(3)
    assert (run.state, steps(run)) == (State.RUNNING, [1, 2, 3])
    source.end()
    assert run.join(PATIENCE)
    assert (run.state, steps(run), run.error) == (State.FINISHED, [1, 2, 3], None)


def test_joining_for_a_while_tells_whether_the_run_has_ended(source: Source) -> None:
    run = TrainingWorker(source)
    assert not run.join(0)
    source.end()
    assert run.join(PATIENCE)


def test_nothing_is_added_while_paused(source: Source) -> None:
    run = _paused_after(source, 2)
    assert source.is_left_alone()
    assert (run.state, steps(run)) == (State.PAUSED, [1, 2])
    run.stop()
    assert run.join(PATIENCE)


def test_a_paused_run_goes_on_where_it_was(source: Source) -> None:
    run = _paused_after(source, 2)
    run.resume()
    assert source.is_asked() == 4
    assert (run.state, steps(run)) == (State.RUNNING, [1, 2, 3])
    source.end()
    assert run.join(PATIENCE)


def test_a_step_adds_exactly_onereport(source: Source) -> None:
    run = _paused_after(source, 2)
    for newest in (3, 4, 5):
        run.step()
        if newest > 3:  # the third was ready when the run was paused
            assert source.is_asked() == newest
            source.answer()
        wait_for(lambda newest=newest: steps(run)[-1] == newest)  # type: ignore[misc]
        assert source.is_left_alone()
        assert (run.state, steps(run)) == (State.PAUSED, list(range(1, newest + 1)))
    run.stop()
    assert run.join(PATIENCE)


def test_two_steps_at_once_add_two_reports(source: Source) -> None:
    run = _paused_after(source, 2)
    run.step()
    run.step()
    assert source.is_asked() == 4
    source.answer()
    wait_for(lambda: run.state is State.PAUSED)
    assert source.is_left_alone()
    assert steps(run) == [1, 2, 3, 4]
    run.stop()
    assert run.join(PATIENCE)


def test_a_step_of_a_running_run_pauses_it_one_report_later(source: Source) -> None:
    run = TrainingWorker(source)
    assert source.is_asked() == 1
    run.step()
    source.answer()
    wait_for(lambda: run.state is State.PAUSED)
    assert source.is_left_alone()
    assert steps(run) == [1]
    run.stop()
    assert run.join(PATIENCE)


def test_a_stopped_run_keeps_what_it_reported(source: Source) -> None:
    run = TrainingWorker(source)
    source.is_asked()
    source.give(2)
    run.stop()
    source.answer()
    assert run.join(PATIENCE)
    assert (run.state, steps(run), run.error) == (State.STOPPED, [1, 2], None)


def test_a_paused_run_can_be_stopped(source: Source) -> None:
    run = _paused_after(source, 2)
    run.stop()
    assert run.join(PATIENCE)
    assert (run.state, steps(run)) == (State.STOPPED, [1, 2])


def test_nothing_revives_a_run_that_has_ended(source: Source) -> None:
    run = _paused_after(source, 1)
    run.stop()
    assert run.join(PATIENCE)
    for act in (run.resume, run.step, run.pause, run.watch, run.stop):
        act()
        assert (run.state, steps(run)) == (State.STOPPED, [1])


def test_in_slow_motion_a_report_waits_for_its_time(source: Source, clock: Clock) -> None:
    run = TrainingWorker(source, seconds_per_report=60)
    assert source.is_asked() == 1
    source.answer()
    assert source.is_left_alone()
    assert steps(run) == [1]
    clock.now = 61
    run.watch()  # wakes the thread, which would otherwise look at the clock after a true minute
    assert source.is_asked() == 2
    run.stop()
    source.answer()
    assert run.join(PATIENCE)


def test_slow_motion_can_be_ended_on_the_way(source: Source, clock: Clock) -> None:
    run = TrainingWorker(source, seconds_per_report=60)
    source.is_asked()
    source.answer()
    assert source.is_left_alone()
    run.seconds_per_report = 0
    assert run.seconds_per_report == 0
    assert source.is_asked() == 2
    source.end()
    assert run.join(PATIENCE)


def test_a_step_does_not_wait_for_slow_motion(source: Source, clock: Clock) -> None:
    run = TrainingWorker(source, seconds_per_report=60)
    source.is_asked()
    source.answer()
    assert source.is_left_alone()
    run.step()
    assert source.is_asked() == 2
    source.answer()
    wait_for(lambda: steps(run) == [1, 2])
    assert run.state is State.PAUSED
    run.stop()
    assert run.join(PATIENCE)


def test_a_run_paused_resumed_and_finished_equals_one_never_paused(sample: Digits) -> None:
    config = TrainingConfig(epochs=3, preprocessing=Preprocessing.RAW)
    undisturbed = [report.model.linear.weight.tolist() for report in train(config, sample)]
    run = TrainingWorker(train(config, sample))
    run.pause()
    already = len(run.history)
    for more in (1, 2, 3):
        run.step()
        wait_for(lambda more=more: len(run.history) == already + more)  # type: ignore[misc]
    run.resume()
    assert run.join(PATIENCE)
    assert [report.model.linear.weight.tolist() for report in run.history] == undisturbed
