"""A map of settings that is being drawn, in a thread that hands the work to processes or to a cluster."""

import logging
import time
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from threading import Event, Thread, current_thread
from typing import Any

from dashboard.lab.job_queue import QueuedTurn, Waiting
from dashboard.lab.map_file import StoredSweep, Winner
from mnist_core import (
    Digits,
    Score,
    State,
    SweepResult,
    connect_scheduler,
    indistinguishable,
    sweep,
    train_best,
)

SECONDS_PER_SAVE = 2.0  # what a killed server loses at most
NO_CLUSTER = "The cluster that this server computes maps on does not answer."
BROKEN = "Something went wrong on the server."

Save = Callable[[StoredSweep], None]

_log = logging.getLogger(__name__)


class SweepProgress:
    """What a worker and its thread share; each attribute is written by one side only."""

    def __init__(self, known: StoredSweep, turns: list[QueuedTurn], watch_timeout: float) -> None:
        """Begin with what is known."""
        self.known, self.turns, self.watch_timeout = known, turns, watch_timeout
        self.final_state: State | None = None
        self.ended = Event()
        self.found = Event()  # set once there is a result
        self.stopping = Event()
        self.error = ""
        self.began: float | None = None
        self.workers: int | None = None
        self.last_watch = time.monotonic()

    def is_unwatched(self) -> bool:
        """Whether nobody has looked for so long that the work is to stop."""
        return time.monotonic() > self.last_watch + self.watch_timeout

    def is_cancelled(self) -> bool:
        """Whether the work is to stop."""
        return self.stopping.is_set() or self.is_unwatched()

    def add(self, result: SweepResult) -> None:
        """Take note of a result."""
        known = self.known
        self.known = StoredSweep(known.grid, known.source, (*known.results, result))
        self.found.set()

    def stop(self) -> None:
        """Have the work stop."""
        self.stopping.set()
        for turn in self.turns:
            turn.cancel()


def draw(digits: Digits, shared: SweepProgress, save: Save) -> None:
    """Compute what is missing, test the winner, and save."""
    final_state = State.STOPPED
    try:
        if all(turn.take(0.0) for turn in shared.turns) and not shared.is_cancelled():
            shared.began = time.monotonic()
            _learn(digits, shared, save)
            if len(shared.known.results) == len(shared.known.grid.cells) and not shared.is_cancelled():
                _test_winner(digits, shared)
                final_state = State.FINISHED
    except _ClusterError as error:
        _log.error("A map cannot be drawn: %s", error)
        shared.error, final_state = NO_CLUSTER, State.FAILED
    except Exception:
        _log.exception("A map cannot be drawn")
        shared.error, final_state = BROKEN, State.FAILED
    for turn in shared.turns:
        turn.give_back()
    try:
        save(shared.known)
    finally:
        shared.final_state = final_state
        shared.ended.set()


class _ClusterError(Exception):
    """The cluster does not answer."""


def _connect() -> AbstractContextManager[Any]:
    """Connect to the cluster; without one, give None, which means the processes of this machine."""
    try:
        cluster = connect_scheduler()
    except (OSError, ValueError) as error:
        raise _ClusterError(str(error)) from error
    return nullcontext() if cluster is None else cluster


def _learn(digits: Digits, shared: SweepProgress, save: Save) -> None:
    known, saved = shared.known, time.monotonic()
    with _connect() as cluster:
        shared.workers = None if cluster is None else cluster.workers
        results: Any = sweep(
            known.grid,
            digits,
            executor=cluster,
            done={result.cell for result in known.results},
            cancelled=shared.is_cancelled,
        )
        with closing(results):
            for result in results:
                shared.add(result)
                if time.monotonic() > saved + SECONDS_PER_SAVE:
                    save(shared.known)
                    saved = time.monotonic()
                    shared.workers = None if cluster is None else cluster.workers


def _test_winner(digits: Digits, shared: SweepProgress) -> None:
    """Train the best cell on all training digits: only here the test digits are read."""
    known = shared.known
    choice = indistinguishable(known.results)
    if choice is None:
        return
    cell = choice.best.cell
    accuracy = train_best(known.grid, cell, digits).test.accuracy
    score = Score(round(accuracy * len(digits.test)), len(digits.test))
    shared.known = StoredSweep(known.grid, known.source, known.results, Winner(cell, score))


WATCH_TIMEOUT = 120.0  # seconds after which a map that no page shows stops by itself


class SweepWorker:
    """Computes the cells that are missing and then tests the winner; starts at once.

    The thread holds no reference to the worker: when the last one is dropped, or at exit, the work stops and
    the thread is joined, because a thread inside torch would make the exit crash.
    """

    def __init__(
        self,
        known: StoredSweep,
        digits: Digits,
        *,
        save: Save,
        turns: list[QueuedTurn],
        watch_timeout: float = WATCH_TIMEOUT,
    ) -> None:
        """Begin.

        Args:
            known: the grid, and the results so far; these cells are not computed again.
            digits: of the same source.
            save: called in the thread with what is done, now and then and before the end.
            turns: to be taken one after the other before anything is computed.
            watch_timeout: it stops by itself this many seconds after the last call of `watch`.
        """
        self._shared = shared = SweepProgress(known, turns, watch_timeout)
        work = (digits, shared, save)
        self._thread = Thread(target=draw, args=work, name="sweep-map", daemon=True)
        self._thread.start()
        self._end = weakref.finalize(self, _stop_and_join, shared, self._thread)

    @property
    def state(self) -> State:
        """What it is doing; read it before the results: if it has ended, they are complete."""
        return self._shared.final_state or State.RUNNING

    @property
    def known(self) -> StoredSweep:
        """What is known by now."""
        return self._shared.known

    @property
    def began(self) -> float | None:
        """When the computing began, by the monotonic clock; None while it waits for its turn."""
        return self._shared.began

    @property
    def waiting(self) -> Waiting | None:
        """What is computed before it; None if it need not wait."""
        if self._shared.began is not None or self.state.ended:
            return None
        return next(filter(None, (turn.waiting for turn in self._shared.turns)), None)

    @property
    def workers(self) -> int | None:
        """How many workers the cluster has; None if there is no cluster."""
        return self._shared.workers

    @property
    def error(self) -> str:
        """Why it failed, as a sentence; empty if it has not."""
        return self._shared.error

    @property
    def unwatched(self) -> bool:
        """Whether it stopped because no page had shown it."""
        return self.state is State.STOPPED and not self._shared.stopping.is_set()

    def wait_for_first_result(self, timeout: float) -> None:
        """Wait for a result, but no longer than until `timeout` seconds after the computing began."""
        if self.began is not None and not self._shared.known.results and not self.state.ended:
            self._shared.found.wait(max(0.0, self.began + timeout - time.monotonic()))

    def watch(self) -> None:
        """Say that a page shows the map."""
        self._shared.last_watch = time.monotonic()

    def stop(self) -> None:
        """Cancel; what is done is kept."""
        self._shared.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Wait at most `timeout` seconds for the end; return whether it has ended."""
        return _join(self._shared, self._thread, timeout)


def _join(shared: SweepProgress, thread: Thread, timeout: float | None = None) -> bool:
    if shared.ended.wait(timeout):  # not the thread alone: see TrainingWorker
        thread.join()
    return shared.ended.is_set()


def _stop_and_join(shared: SweepProgress, thread: Thread) -> None:
    shared.stop()
    if thread is not current_thread():
        _join(shared, thread)
