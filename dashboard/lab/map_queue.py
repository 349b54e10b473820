"""The queue of maps: one at a time is drawn, for a few seconds while others wait, by the processes of all.

Next is the map of whoever has had the least lately, and of those who have had the same, the smallest. A map
that had to make way goes on with the cells that are missing; what was being computed is computed again. So
that a long cell is finished in the end, each turn in which none was is followed by one twice as long.

A map whose owner has been away for a minute is passed over, and not begun before they are back.
"""

import time
from collections.abc import Callable
from itertools import count
from threading import Lock

from dashboard.lab.fair_order import FairOrder, Who
from dashboard.lab.job_queue import AWAY, Waiting
from mnist_core.processes.process_pool import ProcessPool

TURN = 3.0  # seconds that a map is drawn at least


class MapQueue:
    """Gives maps their turns, and the processes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody."""
        self.clock, self.lock, self.numbers, self.order = clock, Lock(), count(), FairOrder(clock)
        self._turns: list[MapTurn] = []  # of maps that are drawn or wait
        self._pool: ProcessPool | None = None

    def turn(self, who: Who, seconds: float) -> "MapTurn":
        """Return the turn of a map that takes about so many seconds."""
        return MapTurn(self, who, seconds)

    def pool(self) -> ProcessPool:
        """Return the processes, which stay as long as any map is drawn."""
        with self.lock:
            self._pool = self._pool or ProcessPool()
            return self._pool

    # The rest is for turns, which hold the lock.

    def enter(self, turn: "MapTurn") -> None:
        """Have a map wait."""
        self._turns.append(turn)
        self.grant()

    def leave(self, turn: "MapTurn") -> ProcessPool | None:
        """Forget a map that neither is drawn nor waits; return the processes if none is drawn then."""
        turn.holding = False
        if turn in self._turns:
            self._turns.remove(turn)
        self.grant()
        if any(other.holding for other in self._turns):
            return None
        idle, self._pool = self._pool, None
        return idle

    def has(self, turn: "MapTurn") -> bool:
        """Whether a map is drawn or waits."""
        return turn in self._turns

    def before(self, turn: "MapTurn") -> list["MapTurn"]:
        """List the maps that are drawn before this one, or are drawn now."""
        waiting = self._waiting()
        return [
            other for other in self._turns if other.holding or (other in waiting and other.rank < turn.rank)
        ]

    def others(self, turn: "MapTurn") -> list["MapTurn"]:
        """List the maps that wait, of people who are here."""
        return [other for other in self._turns if other is not turn and not other.is_away]

    def grant(self) -> None:
        """Let the next map be drawn, if none is."""
        waiting = self._waiting()
        if waiting and not any(turn.holding for turn in self._turns):
            min(waiting, key=lambda turn: turn.rank).grant()

    def _waiting(self) -> list["MapTurn"]:
        """List the maps that may be drawn next: those that were begun also without their owners."""
        here = [turn for turn in self._turns if not turn.holding and not turn.is_away]
        return here or [turn for turn in self._turns if not turn.holding and turn.begun]


class MapTurn:
    """The turn of one map.

    Attributes:
        who: whose it is.
        seconds: that it was thought to take when it began to wait.
        holding: whether it may be drawn now.
        begun: whether it has been.
    """

    def __init__(self, queue: MapQueue, who: Who, seconds: float) -> None:
        """Neither be drawn nor wait yet."""
        self.who, self.seconds, self.holding, self.begun = who, seconds, False, False
        self._queue, self._number = queue, next(queue.numbers)
        self._go_on: Callable[[], None] | None = None  # while it waits
        self._watched = queue.clock()
        self._since, self._fruitless, self._cancelled = 0.0, 0, False

    def take(self, go_on: Callable[[], None]) -> bool | None:
        """Take the turn; return False if it was cancelled instead.

        None if others come first: `go_on` is called when it is the map's turn, which is then taken again.
        """
        with self._queue.lock:
            if not self._cancelled and not self.holding:
                self._queue.enter(self)
                self._go_on = None if self.holding else go_on
            if not self._cancelled:
                return True if self.holding else None
        self.give_back()
        return False

    def give_back(self, *, fruitful: bool = True) -> None:
        """Let others be drawn; `fruitful` is whether any cell was finished in this turn."""
        with self._queue.lock:
            if self.holding:
                self._fruitless = 0 if fruitful else self._fruitless + 1
                self._queue.order.note(self.who, self._queue.clock() - self._since)
            idle = self._queue.leave(self)
        if idle is not None:
            idle.shutdown()

    def cancel(self) -> bool:
        """Wait no longer; return whether it waited: `go_on` is not called then."""
        with self._queue.lock:
            waited, self._go_on, self._cancelled = self._go_on is not None, None, True
            return waited

    def watch(self) -> None:
        """Note that a page shows the map: its owner is here."""
        with self._queue.lock:
            self._watched = self._queue.clock()
            self._queue.grant()

    @property
    def is_away(self) -> bool:
        """Whether its owner has not looked at the map for a while."""
        return self._queue.clock() - self._watched > AWAY

    def must_end(self, *, fruitful: bool) -> bool:
        """Whether the map has to make way for one of somebody who has had less."""
        with self._queue.lock:
            drawn = self._queue.clock() - self._since
            if drawn < TURN * (1 if fruitful else 2 ** (1 + self._fruitless)):
                return False
            mine = self._queue.order.rank(self.who)
            return any(self._has_had_less(other, mine, drawn) for other in self._queue.others(self))

    def _has_had_less(self, other: "MapTurn", mine: tuple[float, float], drawn: float) -> bool:
        of_address, of_person = self._queue.order.rank(other.who)
        if other.who.address == self.who.address:
            return of_person < mine[1] + drawn
        return of_address < mine[0] + drawn

    @property
    def waiting(self) -> Waiting | None:
        """The place of the map in the queue; None if it is drawn or need not wait.

        While it shares the processes with another map, that is drawn for about as long as this one.
        """
        with self._queue.lock:
            if self.holding or not self._queue.has(self):
                return None
            before = self._queue.before(self)
            return Waiting(len(before), sum(min(other.seconds, self.seconds) for other in before))

    # The rest is for the queue, which holds the lock.

    @property
    def rank(self) -> tuple[tuple[float, float], float, int]:
        """What maps are ordered by."""
        return self._queue.order.rank(self.who), self.seconds, self._number

    def grant(self) -> None:
        """Let the map be drawn."""
        self.holding, self.begun, self._since = True, True, self._queue.clock()
        go_on, self._go_on = self._go_on, None
        if go_on:
            go_on()
