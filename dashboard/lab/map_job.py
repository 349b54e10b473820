"""A map of settings: drawn in a thread that hands work to processes or to a cluster, or loaded from disk."""

import logging
import time
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event, Thread, current_thread
from typing import Any

from dashboard.lab.job import UNWATCHED, WATCH_TIMEOUT, Job
from dashboard.lab.job_queue import QueuedTurn, Waiting
from dashboard.lab.map_file import MapResults, Winner
from dashboard.lab.map_queue import MapTurn
from mnist_core import Digits, Grid, SweepResult, connect_scheduler, indistinguishable, sweep, train_best
from mnist_core.evaluation.mcnemar import Score
from mnist_core.processes.process_pool import ProcessPool
from mnist_core.sweep.search import SCHEDULER_VARIABLE, ClusterError
from mnist_core.sweep.tasks import divide
from mnist_core.training.worker import State

SECONDS_TO_START = 3.0  # about, of the processes
SECONDS_PER_SAVE = 2.0  # what a killed server loses at most
CLUSTER = "The cluster that this server computes maps on {}."
BROKEN = "Something went wrong on the server."

Save = Callable[[MapResults], None]

_log = logging.getLogger(__name__)


def work_left(known: MapResults) -> float:
    """Return how much work of a map is left, for each digit and epoch: core-microseconds on one machine."""
    done = {result.cell for result in known.results}
    return sum(task.cost for task in divide(known.grid, done))


def work_of(grid: Grid) -> float:
    """Return how much of this work a whole map is."""
    return work_left(MapResults(grid, ""))


def estimated_seconds(work: float, grid: Grid, digits: int) -> float:
    """Estimate how long work takes on the cores of this machine, with so many training digits in all."""
    core_seconds = 1e-6 * work * (digits - grid.validation) * grid.epochs
    return SECONDS_TO_START + core_seconds / ProcessPool().workers


def estimated_bytes(grid: Grid) -> int:
    """Estimate how large the file of a map is: above all a bit for each digit held out, in base64."""
    return len(grid.cells) * (200 + 50 * grid.epochs + grid.validation // 6)


class MapProgress:
    """What a worker and its thread share; each attribute is written by one side only."""

    def __init__(
        self, known: MapResults, turn: MapTurn, among_runs: QueuedTurn | None, watch_timeout: float
    ) -> None:
        """Begin with what is known."""
        self.known, self.turn, self.among_runs, self.watch_timeout = known, turn, among_runs, watch_timeout
        self.state = State.RUNNING  # read it before what is known: if it has ended, that is complete
        self.ended = Event()
        self.found = Event()  # set once there is a result
        self.stopping = Event()
        self.error = ""  # a sentence
        self.began: float | None = None  # by the monotonic clock; None while it waits for its turn
        self.workers: int | None = None  # of the cluster, if there is one
        self.last_watch = time.monotonic()
        self.thread: Thread | None = None  # the last that drew

    def is_cancelled(self) -> bool:
        """Whether the work is to stop: somebody asked for it, or nobody has looked for long."""
        return self.stopping.is_set() or time.monotonic() > self.last_watch + self.watch_timeout

    def add(self, result: SweepResult) -> None:
        """Take note of a result."""
        self.known = replace(self.known, results=(*self.known.results, result))
        self.found.set()

    def stop(self) -> bool:
        """Have the work stop; return whether it waited, without a thread."""
        self.stopping.set()
        waited = self.turn.cancel()
        return (self.among_runs is not None and self.among_runs.cancel()) or waited

    def watch(self) -> None:
        """Note that a page shows the map."""
        self.last_watch = time.monotonic()
        self.turn.watch()

    def take_turns(self, go_on: Callable[[], None]) -> bool | None:
        """Take both turns: as for `Turn`, False if the map is not to be drawn, None if others come first."""
        mine = self.turn.take(go_on)
        return self.among_runs.take(0.0, go_on) if mine and self.among_runs else mine

    def give_turns_back(self, *, fruitful: bool) -> None:
        """Let others be drawn, and others learn."""
        if self.among_runs:
            self.among_runs.give_back()
        self.turn.give_back(fruitful=fruitful)

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end; return whether it has come."""
        if self.ended.wait(timeout) and self.thread:  # not the thread alone: see TrainingWorker
            self.thread.join()
        return self.ended.is_set()


class MapWorker:
    """Computes the cells that are missing and then tests the winner; starts at once.

    While the map waits for its turn it has no thread. A thread holds no reference to the worker: when the
    last one is dropped, or at exit, the work stops and the thread is joined, because a thread inside torch
    would make the exit crash.
    """

    def __init__(
        self,
        known: MapResults,
        digits: Digits,
        *,
        save: Save,
        turn: MapTurn,
        processes: Callable[[], ProcessPool],
        among_runs: QueuedTurn | None = None,
        watch_timeout: float = WATCH_TIMEOUT,
    ) -> None:
        """Begin.

        Args:
            known: the grid, and the results so far; these cells are not computed again.
            digits: of the same source.
            save: called in the thread with what is done, now and then and before the end.
            turn: among the maps.
            processes: gives those that are to be used.
            among_runs: the turn that it takes among the runs as well, if it does.
            watch_timeout: it stops by itself this many seconds after a page last showed it.
        """
        self.progress = MapProgress(known, turn, among_runs, watch_timeout)
        self._work = (digits, self.progress, save, processes)
        _go_on(*self._work)
        self._end = weakref.finalize(self, _stop_and_join, *self._work)

    def stop(self) -> None:
        """Have the work stop; `join` waits until it has."""
        _stop(*self._work)

    def join(self, timeout: float | None = None) -> bool:
        """Wait at most `timeout` seconds for the end; return whether it has come."""
        return self.progress.join(timeout)


def _go_on(digits: Digits, progress: MapProgress, save: Save, processes: Callable[[], ProcessPool]) -> None:
    """Draw in a new thread, until the map is complete or waits for its turn."""
    work = (digits, progress, save, processes)
    progress.thread = Thread(target=_draw, args=work, name="sweep-map", daemon=True)
    progress.thread.start()


def _stop(digits: Digits, progress: MapProgress, save: Save, processes: Callable[[], ProcessPool]) -> None:
    """Have the work stop; a map that waits for its turn ends here, without a thread of its own."""
    if progress.stop():
        _draw(digits, progress, save, processes)


def _stop_and_join(
    digits: Digits, progress: MapProgress, save: Save, processes: Callable[[], ProcessPool]
) -> None:
    _stop(digits, progress, save, processes)
    if progress.thread is not current_thread():
        progress.join()


def _draw(digits: Digits, progress: MapProgress, save: Save, processes: Callable[[], ProcessPool]) -> None:
    """Compute what is missing, test the winner, and save."""
    state = State.STOPPED
    try:
        while not progress.is_cancelled():
            mine = progress.take_turns(partial(_go_on, digits, progress, save, processes))
            if mine is None:
                return
            if not mine or progress.is_cancelled():
                break
            progress.began = progress.began or time.monotonic()
            count = len(progress.known.results)
            _learn(digits, progress, save, processes)
            if len(progress.known.results) == len(progress.known.grid.cells) and not progress.is_cancelled():
                _test_winner(digits, progress)
                state = State.FINISHED
                break
            progress.give_turns_back(fruitful=len(progress.known.results) > count)
    except ClusterError as error:
        _log.error("A map cannot be drawn: %s", error)
        progress.error, state = CLUSTER.format(error.what), State.FAILED
    except Exception:
        _log.exception("A map cannot be drawn")
        progress.error, state = BROKEN, State.FAILED
    progress.give_turns_back(fruitful=True)
    try:
        save(progress.known)
    finally:
        progress.state = state
        progress.ended.set()


def _connect() -> AbstractContextManager[Any]:
    """Connect to the cluster; without one, give None, which means the processes of this machine."""
    try:
        cluster = connect_scheduler()
    except (OSError, ValueError) as error:
        raise ClusterError("$" + SCHEDULER_VARIABLE, "does not answer", str(error)) from error
    return nullcontext() if cluster is None else cluster


def _learn(digits: Digits, progress: MapProgress, save: Save, processes: Callable[[], ProcessPool]) -> None:
    """Learn what is missing, until all is done, the work is to stop, or it is the turn of another map."""
    known, saved = progress.known, time.monotonic()

    def is_over() -> bool:
        fruitful = len(progress.known.results) > len(known.results)
        return progress.is_cancelled() or progress.turn.must_end(fruitful=fruitful)

    with _connect() as cluster:
        progress.workers = None if cluster is None else cluster.workers
        results: Any = sweep(
            known.grid,
            digits,
            executor=processes() if cluster is None else cluster,
            done={result.cell for result in known.results},
            cancelled=is_over,
        )
        with closing(results):
            for result in results:
                progress.add(result)
                if time.monotonic() > saved + SECONDS_PER_SAVE:
                    save(progress.known)
                    saved = time.monotonic()
                    progress.workers = None if cluster is None else cluster.workers


def _test_winner(digits: Digits, progress: MapProgress) -> None:
    """Train the best cell on all training digits: only here the test digits are read."""
    choice = indistinguishable(progress.known.results)
    if choice is None:
        return
    cell = choice.best.cell
    accuracy = train_best(progress.known.grid, cell, digits).test.accuracy
    score = Score(round(accuracy * len(digits.test)), len(digits.test))
    progress.known = replace(progress.known, winner=Winner(cell, score))


@dataclass(eq=False)
class MapJob(Job):
    """A map that pages can show.

    Attributes:
        work: the worker that draws it, or what an earlier one left.
        estimate: seconds that the work was thought to take when it began.
    """

    work: MapWorker | MapResults = field(repr=False)
    estimate: float = 0.0

    @property
    def _progress(self) -> MapProgress | None:
        return self.work.progress if isinstance(self.work, MapWorker) else None

    @property
    def known(self) -> MapResults:
        """The grid, the results so far and the winner, all of one moment."""
        return self.work.progress.known if isinstance(self.work, MapWorker) else self.work

    @property
    def state(self) -> State:
        """What is being done; read it before the results."""
        if self._progress:
            return self._progress.state
        complete = len(self.results) == len(self.grid.cells)
        tested = self.winner is not None or all(result.diverged for result in self.results)
        return State.FINISHED if complete and tested else State.STOPPED

    @property
    def grid(self) -> Grid:
        """The settings to try."""
        return self.known.grid

    @property
    def results(self) -> tuple[SweepResult, ...]:
        """What is done, in the order in which it came."""
        return self.known.results

    @property
    def winner(self) -> Winner | None:
        """The best cell, trained on all training digits and tested; None before the end."""
        return self.known.winner

    @property
    def begun(self) -> bool:
        """Whether any of it has been computed, or is."""
        return self._progress is None or self._progress.began is not None or bool(self.results)

    @property
    def waiting(self) -> Waiting | None:
        """What is computed before it; None if it need not wait."""
        progress = self._progress
        if progress is None or progress.state.ended:
            return None
        among_runs = progress.among_runs.waiting if progress.among_runs else None
        return progress.turn.waiting or among_runs

    @property
    def is_abandoned(self) -> bool:
        """Whether it waits to begin, and its owner has gone."""
        return self._progress is not None and not self.begun and self._progress.turn.is_away

    @property
    def workers(self) -> int | None:
        """How many workers the cluster has that computes it; None without one."""
        return self._progress.workers if self._progress else None

    @property
    def seconds_left(self) -> float | None:
        """About how long it still takes; None while it waits for its turn, and if it has ended.

        By the time that the cells so far have taken, which leaves out how long the processes took to start.
        """
        progress = self._progress
        if progress is None or progress.state.ended or progress.began is None or self.waiting:
            return None
        starting = max(0.0, progress.began + SECONDS_TO_START - time.monotonic())
        known = progress.known
        if len(known.results) <= 1:  # the first cell is computed alone, which is slower
            return max(1.0, self.estimate - SECONDS_TO_START + starting)
        left = work_left(known)
        per_work = sum(result.seconds for result in known.results) / (work_of(known.grid) - left)
        return starting + left * per_work / max(1, progress.workers or ProcessPool().workers)

    @property
    def why_stopped(self) -> str:
        """Why it ended before all was done, as a sentence, if that was not its owner's wish; else empty."""
        progress = self._progress
        if progress is None:
            return ""
        unwatched = progress.state is State.STOPPED and not progress.stopping.is_set()
        return UNWATCHED if unwatched else progress.error

    def content(self) -> MapResults:
        """Return what is known by now."""
        return self.known

    def watch(self) -> None:
        """Say that a page shows it, which keeps it from stopping by itself."""
        if self._progress:
            self._progress.watch()

    def wait_for_first_result(self, timeout: float) -> None:
        """Wait for a result, but no longer than until `timeout` seconds after the computing began."""
        progress = self._progress
        if progress and progress.began is not None and not progress.known.results and not self.state.ended:
            progress.found.wait(max(0.0, progress.began + timeout - time.monotonic()))

    def stop(self, reason: str = "") -> None:
        """Cancel; what is done is kept."""
        if isinstance(self.work, MapWorker):
            self.work.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end; return whether it has ended."""
        return not isinstance(self.work, MapWorker) or self.work.join(timeout)
