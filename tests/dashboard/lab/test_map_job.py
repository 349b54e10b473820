"""Maps of settings on the server: what is drawn, kept, continued and refused."""

import math
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
import torch

from dashboard.lab import map_job
from dashboard.lab.job_files import load_job, map_files
from dashboard.lab.job_list import JobList
from dashboard.lab.job_queue import JobQueue
from dashboard.lab.job_registry import MAX_CELLS, JobRegistry
from dashboard.lab.map_file import MapResults
from dashboard.lab.map_job import MapJob, MapWorker
from mnist_core import Digits, Grid, Split, SweepResult, indistinguishable, sweep, train_best
from mnist_core.sweep.search import ClusterError
from mnist_core.sweep.tasks import divide
from mnist_core.training.worker import State
from tests.dashboard.sweeps import GRID, AtOnce, Stepwise
from tests.support.sources import wait_for

ONE, OTHER = "1" * 32, "2" * 32
LIMIT = 60.0  # seconds
TASKS = divide(GRID)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DIGIT_LAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "home"


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stepwise]:
    """What the maps of a test are computed with: nothing is done before the test says so."""
    executor = Stepwise()
    monkeypatch.setattr(map_job, "connect_scheduler", lambda: executor)
    yield executor
    for future in executor.futures:
        future.cancel()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_job, "connect_scheduler", AtOnce)


def _end(drawn: MapJob) -> MapJob:
    assert drawn.join(LIMIT)
    return drawn


def _numbers(results: tuple[SweepResult, ...]) -> dict[object, tuple[list[bool], object]]:
    """All of the results but the seconds, by cell."""
    return {one.cell: (one.right.tolist(), one.curve) for one in results}


def _found(registry: JobRegistry, map_id: str) -> MapJob:
    found = registry.map(map_id)
    assert found is not None
    return found


def _stored(map_id: str) -> MapResults:
    content = load_job(map_id)
    assert isinstance(content, MapResults)
    return content


def _begin_and_work(registry: JobRegistry, steps: Stepwise, digits: Digits, tasks: int) -> MapJob:
    """Begin a map, and wait until so many tasks are done; the others wait."""
    drawn = registry.begin_map(GRID, digits, JobList(ONE))
    wait_for(lambda: len(steps.futures) == len(TASKS))
    steps.work(tasks)
    wait_for(lambda: len(drawn.results) == sum(len(task.cells) for task in TASKS[:tasks]))
    return drawn


def test_the_first_result_can_be_waited_for(sample: Digits, steps: Stepwise) -> None:
    drawn = JobRegistry().begin_map(GRID, sample, JobList(ONE))
    wait_for(lambda: len(steps.futures) == len(TASKS))
    Thread(target=steps.work, args=(1,)).start()
    drawn.wait_for_first_result(LIMIT)
    assert drawn.results
    drawn.stop()
    _end(drawn).wait_for_first_result(math.inf)  # with a result, or without work, there is no waiting


def test_a_map_has_the_results_of_the_sweep_and_the_winner_that_these_choose(
    sample: Digits, at_once: None
) -> None:
    drawn = _end(JobRegistry().begin_map(GRID, sample, JobList(ONE)))
    expected = tuple(sweep(GRID, sample, executor=AtOnce()))
    choice = indistinguishable(expected)
    assert drawn.state is State.FINISHED
    assert _numbers(drawn.results) == _numbers(expected)
    assert choice is not None
    assert drawn.winner is not None
    assert drawn.winner.cell == choice.best.cell
    tested = train_best(GRID, choice.best.cell, sample).test
    assert drawn.winner.test.accuracy == pytest.approx(tested.accuracy)
    assert drawn.winner.test.count == len(sample.test)
    assert drawn.workers == Stepwise.workers


def test_neither_the_map_nor_the_choice_depends_on_the_test_digits(sample: Digits, at_once: None) -> None:
    other = Split(torch.zeros_like(sample.test.images), torch.zeros_like(sample.test.labels))
    registry = JobRegistry()
    drawn = _end(registry.begin_map(GRID, sample, JobList(ONE)))
    on_others = _end(registry.begin_map(GRID, replace(sample, test=other), JobList(ONE)))
    assert _numbers(on_others.results) == _numbers(drawn.results)
    assert drawn.winner is not None
    assert on_others.winner is not None
    assert on_others.winner.cell == drawn.winner.cell
    assert on_others.winner.test != drawn.winner.test


def test_the_winner_is_trained_once_and_only_after_the_last_cell(
    sample: Digits, steps: Stepwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested: list[object] = []

    def spy(grid: Grid, cell: object, digits: Digits) -> object:
        tested.append(cell)
        return train_best(grid, cell, digits)  # type: ignore[arg-type]

    monkeypatch.setattr(map_job, "train_best", spy)
    drawn = _begin_and_work(JobRegistry(), steps, sample, tasks=1)
    assert tested == []
    steps.work()
    winner = _end(drawn).winner
    assert winner is not None
    assert tested == [winner.cell]


def test_cancel_keeps_what_is_done_and_continue_computes_only_the_rest(
    sample: Digits, steps: Stepwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = JobRegistry()
    drawn = _begin_and_work(registry, steps, sample, tasks=1)
    drawn.stop()
    done = _end(drawn).results
    assert drawn.state is State.STOPPED
    assert drawn.winner is None
    assert drawn.why_stopped == ""
    assert _numbers(_stored(drawn.id).results) == _numbers(done)

    rest = Stepwise()
    monkeypatch.setattr(map_job, "connect_scheduler", lambda: rest)
    again = registry.continue_map(_found(registry, drawn.id), sample, JobList(ONE))
    wait_for(lambda: len(rest.futures) == len(TASKS) - 1)
    rest.work()
    assert _end(again).id == drawn.id
    assert again.state is State.FINISHED
    assert again.results[: len(done)] == done
    assert {one.cell for one in again.results} == set(GRID.cells)
    assert again.winner is not None


def test_a_map_is_there_after_a_restart_and_goes_on_from_what_was_done(
    sample: Digits, steps: Stepwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_job, "SECONDS_PER_SAVE", -1.0)  # after each result
    before = JobRegistry()
    drawn = _begin_and_work(before, steps, sample, tasks=1)
    restarted = JobRegistry()
    wait_for(lambda: map_files().size(drawn.id) is not None)
    wait_for(lambda: len(_stored(drawn.id).results) == len(drawn.results))  # now it could be killed
    found = _found(restarted, drawn.id)
    assert found.state is State.STOPPED
    assert _numbers(found.results) == _numbers(drawn.results)
    monkeypatch.setattr(map_job, "connect_scheduler", AtOnce)
    assert _end(restarted.continue_map(found, sample, JobList(ONE))).state is State.FINISHED
    drawn.stop()
    _end(drawn)


def test_a_finished_map_is_finished_after_a_restart(sample: Digits, at_once: None) -> None:
    drawn = _end(JobRegistry().begin_map(GRID, sample, JobList(ONE)))
    found = _found(JobRegistry(), drawn.id)
    assert found.state is State.FINISHED
    assert found.winner == drawn.winner
    assert _numbers(found.results) == _numbers(drawn.results)
    assert found.seconds_left is None


def test_one_person_has_one_map_drawn_at_a_time(sample: Digits, steps: Stepwise) -> None:
    registry = JobRegistry()
    drawn = registry.begin_map(GRID, sample, JobList(ONE))
    assert registry.drawn_for(JobList(ONE)) is drawn
    with pytest.raises(ValueError, match="still being drawn"):
        registry.begin_map(GRID, sample, JobList(ONE))
    drawn.stop()
    _end(drawn)
    assert registry.drawn_for(JobList(ONE)) is None
    again = registry.begin_map(GRID, sample, JobList(ONE))
    again.stop()
    _end(again)


def test_the_map_of_another_waits_and_is_drawn_after_the_first(sample: Digits, steps: Stepwise) -> None:
    registry = JobRegistry()
    first = registry.begin_map(GRID, sample, JobList(ONE))
    wait_for(lambda: len(steps.futures) == len(TASKS))
    second = registry.begin_map(GRID, sample, JobList(OTHER))
    wait_for(lambda: second.waiting is not None)
    assert first.waiting is None
    assert second.seconds_left is None
    steps.work()
    _end(first)
    wait_for(lambda: len(steps.futures) == 2 * len(TASKS))
    steps.work()
    assert _end(second).state is State.FINISHED


def test_a_map_waits_for_its_turn_among_the_runs_and_cancel_ends_the_waiting(
    sample: Digits, at_once: None
) -> None:
    cores = JobQueue(slots=1)
    run = cores.turn(None, per_epoch=0.1, until=1.0, reports=1)
    assert run.take(0.0, lambda: None)
    registry = JobRegistry(cores)
    waiting, cancelled = (registry.begin_map(GRID, sample, JobList(owner)) for owner in (ONE, OTHER))
    wait_for(lambda: waiting.waiting is not None)
    wait_for(lambda: all(thread.name != "sweep-map" for thread in threading.enumerate()))
    assert waiting.results == ()
    cancelled.stop()
    assert _end(cancelled).state is State.STOPPED
    run.give_back()
    assert _end(waiting).state is State.FINISHED


def test_a_map_on_a_cluster_takes_no_turn_among_the_runs(
    sample: Digits, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGIT_LAB_SCHEDULER", "tcp://nowhere:1")
    cores = JobQueue(slots=1)
    run = cores.turn(None, per_epoch=0.1, until=1.0, reports=1)
    assert run.take(0.0, lambda: None)
    assert _end(JobRegistry(cores).begin_map(GRID, sample, JobList(ONE))).state is State.FINISHED


def test_a_map_that_nobody_watches_stops_and_says_why(
    sample: Digits, steps: Stepwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    unwatched = partial(MapWorker, watch_timeout=0.0)
    monkeypatch.setattr("dashboard.lab.job_registry.MapWorker", unwatched)
    drawn = _end(JobRegistry().begin_map(GRID, sample, JobList(ONE)))
    assert drawn.state is State.STOPPED
    assert "no page had shown it for 120 seconds" in drawn.why_stopped


def test_a_cluster_that_does_not_answer_is_said_without_its_address(
    sample: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError("no Dask scheduler answers at tcp://secret:1")

    monkeypatch.setattr(map_job, "connect_scheduler", refuse)
    drawn = _end(JobRegistry().begin_map(GRID, sample, JobList(ONE)))
    assert drawn.state is State.FAILED
    assert drawn.why_stopped == map_job.CLUSTER.format("does not answer")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (RuntimeError("killed"), map_job.BROKEN),
        (
            ClusterError("tcp://secret:1", "has no worker", "start one"),
            map_job.CLUSTER.format("has no worker"),
        ),
    ],
)
def test_a_failure_ends_the_map_with_a_kind_word_and_it_can_be_continued(
    error: Exception, sentence: str, sample: Digits, steps: Stepwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = JobRegistry()
    drawn = _begin_and_work(registry, steps, sample, tasks=1)
    next(future for future in steps.futures if not future.done()).set_exception(error)
    assert _end(drawn).state is State.FAILED
    assert drawn.why_stopped == sentence
    assert len(_stored(drawn.id).results) == len(TASKS[0].cells)
    monkeypatch.setattr(map_job, "connect_scheduler", AtOnce)
    assert _end(registry.continue_map(drawn, sample, JobList(ONE))).state is State.FINISHED


def test_a_map_of_other_digits_cannot_be_continued(sample: Digits, steps: Stepwise) -> None:
    registry = JobRegistry()
    drawn = registry.begin_map(GRID, sample, JobList(ONE))
    drawn.stop()
    _end(drawn)
    with pytest.raises(ValueError, match="sample digits"):
        registry.continue_map(drawn, replace(sample, source="mnist"), JobList(ONE))


def test_too_many_cells_are_refused_before_anything_starts(sample: Digits) -> None:
    grid = Grid(tuple(rate / 100 for rate in range(1, 42)), tuple(range(1, 11)), validation=500)
    with pytest.raises(ValueError, match=f"410 cells, and a map has at most {MAX_CELLS}"):
        JobRegistry().begin_map(grid, sample, JobList(ONE))


def test_a_map_that_cannot_be_saved_says_so_and_stays(sample: Digits, at_once: None, home: Path) -> None:
    home.mkdir()
    (home / "maps").write_text("a file where the folder should be")
    drawn = _end(JobRegistry().begin_map(GRID, sample, JobList(ONE)))
    assert drawn.unsaved
    assert drawn.state is State.FINISHED
