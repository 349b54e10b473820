"""Who comes next where people wait for the same thing: whoever has had the least of it lately.

Addresses come before people: one program can be as many people as it likes, but has few addresses.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

HALF_LIFE = 60.0  # seconds after which what somebody has had counts half
MOST = 2_000  # of those who are remembered; what they have had is then next to nothing


@dataclass(frozen=True)
class Who:
    """Somebody who waits: an address, and a person who came from there."""

    address: str = ""
    person: str = ""


class FairOrder:
    """Remembers the seconds that addresses and people have had."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody."""
        self._clock, self._lock = clock, Lock()
        self._had: dict[str, tuple[float, float]] = {}  # seconds, and when they were counted

    def note(self, who: Who, seconds: float) -> None:
        """Take note of what somebody has had."""
        with self._lock:
            for name in (f"address {who.address}", f"person {who.person}"):
                had = self._had_by(name)
                self._had.pop(name, None)  # so that the last noted are at the end
                self._had[name] = had + seconds, self._clock()
            while len(self._had) > MOST:
                del self._had[next(iter(self._had))]

    def rank(self, who: Who) -> tuple[float, float]:
        """Return what to sort by: the seconds that the address has had, then those of the person."""
        with self._lock:
            return self._had_by(f"address {who.address}"), self._had_by(f"person {who.person}")

    def _had_by(self, name: str) -> float:
        seconds, counted = self._had.get(name, (0.0, 0.0))
        return seconds * math.exp2((counted - self._clock()) / HALF_LIFE)
