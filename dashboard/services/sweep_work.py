"""What the thread of a map of settings does, and what it shares with its worker."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from threading import Event
from typing import Any

from dashboard.lab.sweep_file import StoredSweep, Winner
from dashboard.lab.training_queue import QueuedTurn
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
