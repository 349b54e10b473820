"""A run as pages show it: how long it still takes, why it was stopped, and what controls it."""

import math
import threading
from itertools import pairwise

import pytest

from dashboard.lab import run_job
from dashboard.lab.run_job import MOST, EndedTraining, RunJob, thin_out
from mnist_core import Progress, TrainingConfig
from mnist_core.run_file import Segment
from mnist_core.training.worker import State, TrainingWorker
from tests.dashboard.runs import join
from tests.support.sources import MODEL, TIMEOUT, UNTRAINED, Source, wait_for

CONFIG = TrainingConfig(epochs=1, preprocessing=MODEL.preprocessing, reports_per_epoch=10)


@pytest.fixture
def source() -> Source:
    return Source()


def _run(training: TrainingWorker | EndedTraining, earlier: tuple[Segment, ...] = ()) -> RunJob:
    return RunJob("0" * 32, CONFIG, earlier, "sample", training)


def _loaded(state: State, *history: Progress) -> RunJob:
    return _run(EndedTraining(state, history))


def _begun(source: Source, seconds_per_report: float) -> RunJob:
    """A run that has made its first report."""
    run = _run(TrainingWorker(source, seconds_per_report=seconds_per_report))
    source.wait_until_asked()
    source.answer()
    wait_for(lambda: len(run.history) == 1)
    return run


def _report(epoch: float, seconds: float) -> Progress:
    return Progress(round(10 * epoch), epoch, UNTRAINED, UNTRAINED, seconds, MODEL)


def test_before_the_first_report_nobody_knows_how_long_it_takes() -> None:
    assert _loaded(State.RUNNING).seconds_left == math.inf
    assert _loaded(State.RUNNING, _report(0, 0)).seconds_left == math.inf  # a model from a file


@pytest.mark.parametrize(("epoch", "seconds", "left"), [(0.2, 3.0, 12.0), (0.5, 1.0, 1.0), (1.0, 8.0, 0.0)])
def test_the_time_left_is_that_of_the_pace_so_far(epoch: float, seconds: float, left: float) -> None:
    assert _loaded(State.RUNNING, _report(epoch, seconds)).seconds_left == pytest.approx(left)


def test_the_time_left_follows_slow_motion(source: Source) -> None:
    run = _begun(source, 60)  # the first of ten reports
    assert run.seconds_left == pytest.approx(9 * 60)
    run.set_pace(30)
    assert run.seconds_left == pytest.approx(9 * 30)


def test_a_continued_run_ends_after_the_epochs_of_all_its_segments() -> None:
    run = _run(EndedTraining(State.STOPPED, (_report(2.5, 10.0),)), (Segment(CONFIG, 2.0),))
    assert run.final_epoch == 3.0
    assert run.seconds_left == pytest.approx(10 / 2.5 * 0.5)


def test_the_first_reports_are_waited_for_once(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _run(TrainingWorker(source))
    source.wait_until_asked()
    for moment in (0.0, threading.TIMEOUT_MAX):
        monkeypatch.setattr(run_job, "MOMENT", moment)
        run.wait_for_beginning()
    assert run.state is State.RUNNING  # the source has not lost patience
    source.end()


def test_a_far_end_is_not_waited_for(source: Source) -> None:
    run = _begun(source, 600)
    assert not run.wait_for_end(60)


def test_a_near_end_is_waited_for(source: Source) -> None:
    run = _run(TrainingWorker(source))
    source.wait_until_asked()
    source.give(10)
    source.end()
    assert run.wait_for_end(TIMEOUT)
    assert run.state is State.FINISHED
    assert run.seconds_left == 0


def test_the_end_of_a_run_that_was_asked_to_stop_is_near(source: Source) -> None:
    run = _begun(source, 600)
    run.stop()
    assert run.wait_for_end(TIMEOUT)
    assert run.state is State.STOPPED


def test_a_run_that_was_loaded_has_ended_and_nothing_changes_it() -> None:
    run = _loaded(State.STOPPED, _report(0.5, 1.0))
    assert run.wait_for_end(0)
    for act in (run.watch, run.pause, run.resume, run.go_to_next_report, run.stop):
        act()
    run.set_pace(5)
    assert (run.state, len(run.history), run.training.seconds_per_report) == (State.STOPPED, 1, 0)
    assert run.why_stopped == ""


def test_a_run_is_paused_stepped_and_resumed(source: Source) -> None:
    run = _run(TrainingWorker(source))
    source.wait_until_asked()
    run.pause()
    source.answer()
    assert source.is_left_alone()
    assert run.history == ()
    states = [run.state]
    run.go_to_next_report()
    wait_for(lambda: len(run.history) == 1)
    states.append(run.state)
    run.resume()
    states.append(run.state)
    assert states == [State.PAUSED, State.PAUSED, State.RUNNING]
    assert source.wait_until_asked() == 2
    source.end()  # a thread that waits for an answer is waited for


def _stopped(source: Source, *reason: str) -> RunJob:
    run = _begun(source, 600)
    run.stop(*reason)
    join(run)
    assert run.state is State.STOPPED
    return run


def test_a_run_that_its_owner_stopped_gives_no_reason(source: Source) -> None:
    assert _stopped(source).why_stopped == ""


def test_a_run_that_was_stopped_for_another_says_so(source: Source) -> None:
    run = _stopped(source, "A new run was begun.")
    assert run.why_stopped == "A new run was begun."
    run.stop("Too late.")
    assert run.why_stopped == "A new run was begun."


def test_a_run_that_no_page_shows_stops_and_says_so(source: Source) -> None:
    run = _run(TrainingWorker(source, watch_timeout=0))
    join(run)
    assert run.state is State.STOPPED
    assert run.why_stopped == "It was stopped because no page had shown it for 120 seconds."


def test_a_run_that_goes_on_was_not_stopped(source: Source) -> None:
    assert _begun(source, 600).why_stopped == ""


# How many reports stay when a run is continued again and again


def _epochs(first: float, last: float, per_epoch: int = 4) -> list[Progress]:
    count = round((last - first) * per_epoch)
    epochs = [first + (place + 1) / per_epoch for place in range(count)]
    return [Progress(round(600 * epoch), epoch, UNTRAINED, UNTRAINED, epoch, MODEL) for epoch in epochs]


def test_a_history_of_at_most_300_reports_stays_as_it_is() -> None:
    history = tuple(_epochs(0, MOST / 4))
    assert thin_out(history, ()) == history


def test_a_longer_one_is_thinned_out_evenly_over_the_epochs() -> None:
    kept = thin_out(_epochs(0, 1000), ())
    assert MOST / 2 <= len(kept) <= MOST + 1
    gaps = [following.epoch - one.epoch for one, following in pairwise(kept)]
    assert max(gaps[3:-1]) - min(gaps[3:-1]) <= 0.25  # after the early steps


def test_the_first_and_last_report_the_early_steps_and_the_ends_of_segments_stay() -> None:
    early = [Progress(step, step / 600, UNTRAINED, UNTRAINED, step, MODEL) for step in (0, 1, 3, 10, 30, 100)]
    history = [*early, *_epochs(0, 1000)]
    earlier = [Segment(CONFIG, 3.25), Segment(CONFIG, 700.75)]
    kept = thin_out(history, earlier)
    assert list(kept[: len(early)]) == early
    assert kept[-1] is history[-1]
    assert {3.25, 700.75} <= {report.epoch for report in kept}
    assert len(kept) < MOST + 20


def test_a_run_that_is_continued_fifty_times_keeps_at_most_some_500_reports() -> None:
    history: list[Progress] = []
    earlier: list[Segment] = []
    for _ in range(50):
        reached = history[-1].epoch if history else 0.0
        history = [*thin_out(history, earlier), *_epochs(reached, reached + 50)]
        earlier.append(Segment(CONFIG, history[-1].epoch))
        assert len(history) <= 560
    assert all(one.epoch < following.epoch for one, following in pairwise(history))
