"""The queue of jobs: as many learn as there are cores, those with the least left to learn first.

More at once would make all of them slow: thirty default runs that share two cores all end after 20 s or more,
while one after another half of them have ended after 10 s and the first after 1.3 s.

A run that waits while its owner has been away for a minute is passed over by those of people who are here.
One that has learned nothing yet is not begun before its owner is back.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from threading import Lock

from mnist_core import TrainingConfig
from mnist_core.cores import cores, memory_limit

# What learning costs on one core of an AMD EPYC of 2.6 GHz, with four reports per epoch: fitted to epochs of
# batch sizes 1 to 10,000. Only ratios matter: the queue measures how fast this machine is.
SECONDS_PER_DIGIT, SECONDS_PER_STEP = 2e-6, 30e-6

# What the server takes with some pages open, and each process that learns beside it: see docs/server.md.
SERVER_BYTES, PROCESS_BYTES = 700_000_000, 250_000_000

# All runs that wait may together use one core for a fifth of the time, whatever has less left to learn.
AGEING = 4
AWAY = 60.0  # seconds without a look at a run, after which its owner has gone
DECAY = 0.98  # of older measurements of the machine's speed, per report


def default_slots() -> int:
    """How many runs may learn at once: `DIGIT_LAB_TRAININGS`, else one a core, if the memory is enough."""
    asked = os.environ.get("DIGIT_LAB_TRAININGS", "")
    if asked.isdecimal():
        return max(1, int(asked))
    memory = memory_limit()
    fit = cores() if memory is None else (memory - SERVER_BYTES) // PROCESS_BYTES
    return max(1, min(cores(), fit))


def seconds_per_epoch(config: TrainingConfig, digits: int) -> float:
    """Estimate how long a core learns for one epoch; small batches cost more per digit."""
    return digits * (SECONDS_PER_DIGIT + SECONDS_PER_STEP / min(config.batch_size, digits))


@dataclass(frozen=True)
class Waiting:
    """The place of a run that waits: how many others learn before it, and about how many seconds."""

    before: int
    seconds: float


class JobQueue:
    """Gives runs their turns."""

    def __init__(self, slots: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody; `slots` runs may learn at once, by default as many as there are cores."""
        self.slots = default_slots() if slots is None else slots
        self.clock = clock
        self.lock, self.numbers = Lock(), count()
        self._turns: list[QueuedTurn] = []  # of runs that learn or wait, in the order in which they came
        self._spent = self._estimated = 1.0  # seconds

    def turn(
        self, owner: str | None, *, per_epoch: float, until: float, reports: int, same_group: bool = False
    ) -> "QueuedTurn":
        """Return the turn of a run.

        Args:
            owner: who began it: only one run of each owner learns at a time. None for nobody.
            per_epoch: the estimated seconds of one epoch.
            until: the epoch at which the run ends.
            reports: how many reports it makes per epoch.
            same_group: whether it is one of several of its owner that are waited for together: these may
                learn at once.
        """
        turn = QueuedTurn(self, owner, per_epoch, until, per_epoch / reports)
        turn.same_group = same_group
        return turn

    # The rest is for turns, which hold the lock.

    def enter(self, turn: "QueuedTurn") -> None:
        """Have a run wait."""
        turn.holding, turn.since = False, self.clock()
        if turn not in self._turns:
            self._turns.append(turn)
        self._grant()

    def leave(self, turn: "QueuedTurn") -> None:
        """Forget a run that neither learns nor waits."""
        turn.holding = False
        if turn in self._turns:
            self._turns.remove(turn)
            self._grant()

    def look_again(self) -> None:
        """Give turns that are free to those who wait, of whom somebody has come back."""
        self._grant()

    def measure(self, spent: float, estimated: float) -> None:
        """Take note of how long a report took, and was thought to take."""
        self._spent = DECAY * self._spent + spent
        self._estimated = DECAY * self._estimated + estimated

    def waiting(self, turn: "QueuedTurn") -> Waiting | None:
        """Return the place of a run; None if it is its turn."""
        if turn not in self._turns:
            return None
        before = [other for other in self._turns if other.rank < turn.rank and other.can_learn]
        if len(before) < self.slots and not any(turn.is_of_same_owner(other) for other in before):
            return None
        pace = self._spent / self._estimated
        cores = min(self.slots, len(before))
        return Waiting(len(before), pace * sum(other.left for other in before) / cores)

    def _grant(self) -> None:
        while sum(turn.holding for turn in self._turns) < self.slots:
            free = self._free()
            if not free:
                return
            patience = AGEING * max(1, len(self._turns) - self.slots)
            now = self.clock()
            overdue = [turn for turn in free if now - turn.since >= patience * turn.per_report]
            if overdue:
                min(overdue, key=lambda turn: turn.since).grant(now)
            else:
                min(free, key=lambda turn: turn.rank).grant(now)

    def _free(self) -> list["QueuedTurn"]:
        """List the runs that may learn now."""
        learning = [turn for turn in self._turns if turn.holding]
        waiting = [turn for turn in self._turns if not turn.holding and turn.can_learn]
        waiting = [turn for turn in waiting if not turn.is_away] or waiting
        free = [turn for turn in waiting if not any(map(turn.is_of_same_owner, learning))]
        free = free or [turn for turn in waiting if turn.same_group]
        # Not in step, the last of them would learn alone while the other cores are idle.
        return [turn for turn in free if not any(map(turn.is_ahead_of, free))]


class QueuedTurn:
    """The turn of one run; see `Turn`.

    Attributes:
        per_report: seconds from one report to the next, as last measured.
        left: estimated seconds until the end of the run.
        same_group: see `JobQueue.turn`.
        holding: whether the run may learn now.
        since: when it began to do so or, if it waits, to wait.
        begun: whether the run has learned anything.
    """

    def __init__(
        self, queue: JobQueue, owner: str | None, per_epoch: float, until: float, per_report: float
    ) -> None:
        """Neither learn nor wait yet."""
        self.per_report, self.left, self.holding, self.since = per_report, per_epoch * until, False, 0.0
        self.same_group = self.begun = False
        self._go_on: Callable[[], None] | None = None  # while it waits
        self._taken, self._watched = True, queue.clock()
        self._queue, self._owner, self._per_epoch, self._until = queue, owner, per_epoch, until
        self._number, self._cancelled = next(queue.numbers), False

    @property
    def waiting(self) -> Waiting | None:
        """The place of the run in the queue; None if it learns or need not."""
        with self._queue.lock:
            return self._queue.waiting(self)

    def take(self, epoch: float, go_on: Callable[[], None]) -> bool | None:
        """Take the turn, at this epoch of the run; return False if it was cancelled instead.

        None if others come first: `go_on` is called when it is the run's turn, which is then taken again.
        """
        with self._queue.lock:
            if self._cancelled:
                self._queue.leave(self)
                return False
            if self.holding and not self._taken:
                self._taken = True
                return True
            left = self._per_epoch * (self._until - epoch)
            if self.holding:
                self.per_report = self._queue.clock() - self.since
                self._queue.measure(self.per_report, self.left - left)
            self.left, self.begun = left, self.begun or epoch > 0
            self._queue.enter(self)
            self._go_on = None if self.holding else go_on
            return True if self.holding else None

    def give_back(self) -> None:
        """Let others learn."""
        with self._queue.lock:
            self._queue.leave(self)

    def cancel(self) -> bool:
        """Wait no longer; return whether it waited: `go_on` is not called then."""
        with self._queue.lock:
            self._cancelled = True
            waited, self._go_on = self._go_on is not None, None
            if waited:
                self._queue.leave(self)
            return waited

    def watch(self) -> None:
        """Note that a page shows the run: its owner is here."""
        with self._queue.lock:
            was_away, self._watched = self.is_away, self._queue.clock()
            if was_away and not self.holding:
                self._queue.look_again()

    # The rest is for the queue, which holds the lock.

    @property
    def rank(self) -> tuple[float, int]:
        """What runs are ordered by: the least left first, then the first that came."""
        return self.left, self._number

    @property
    def is_away(self) -> bool:
        """Whether its owner, if it has one, has not looked at the run for a while."""
        return self._owner is not None and self._queue.clock() - self._watched > AWAY

    @property
    def can_learn(self) -> bool:
        """Whether the run may have a turn: it has learned something, or its owner is here to see it begin."""
        return self.holding or self.begun or not self.is_away

    def grant(self, now: float) -> None:
        """Let the run learn."""
        self.holding, self.since = True, now
        go_on, self._go_on = self._go_on, None
        self._taken = go_on is None
        if go_on:
            go_on()

    def is_of_same_owner(self, other: "QueuedTurn") -> bool:
        """Whether one person began both runs."""
        return self._owner is not None and self._owner == other._owner

    def is_ahead_of(self, other: "QueuedTurn") -> bool:
        """Whether the run has less left than one of its group."""
        return (
            self.same_group and other.same_group and self.is_of_same_owner(other) and self.left < other.left
        )
