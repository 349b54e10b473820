"""People who begin their first thing here: how fast those of one address may come, and when each came.

Who has an empty browser is somebody new, so one program can be any number of people. A class of sixty behind
one address is admitted at once. Of each newcomer the time is noted, so that a server that was filled can be
cleaned without touching anybody who came before: see dashboard/clean.py. Who came within the last hour
leaves some of the room to the others: see job_registry.py.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Lock

from mnist_core.storage.files import home_folder

AT_ONCE, SECONDS_EACH = 120, 30.0  # newcomers of one address, and until another one is admitted
MOST_ADDRESSES, MOST_PEOPLE = 10_000, 100_000  # remembered
NEW = timedelta(hours=1)
TOO_MANY = (
    "Very many people have begun here from your network just now, so nothing new can be begun for the "
    "moment. Try again in a minute."
)
NAME = "newcomers.txt"

_log = logging.getLogger(__name__)


class Newcomers:
    """Admits newcomers by their addresses."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody."""
        self._clock, self._lock = clock, Lock()
        self._left: dict[str, tuple[float, float]] = {}  # of an address, and when it was counted
        self._came: dict[str, float] = {}  # of people, by the clock
        with suppress(OSError):
            now = datetime.now()
            self._came = dict.fromkeys(came_between(now - NEW, now), clock())

    def admit(self, person_id: str, address: str) -> bool:
        """Return whether somebody without anything may begin something; it is noted that they do."""
        with self._lock:
            now = self._clock()
            left, counted = self._left.pop(address, (float(AT_ONCE), now))
            left = min(AT_ONCE, left + (now - counted) / SECONDS_EACH)
            admitted = left >= 1
            self._left[address] = (left - admitted, now)
            while len(self._left) > MOST_ADDRESSES:
                del self._left[next(iter(self._left))]
            if admitted:
                self._came[person_id] = now
            while len(self._came) > MOST_PEOPLE:
                del self._came[next(iter(self._came))]
        if admitted:
            _note(person_id)
        return admitted

    def is_new(self, person_id: str) -> bool:
        """Whether somebody began their first thing here within the last hour."""
        with self._lock:
            came = self._came.get(person_id)
            return came is not None and self._clock() < came + NEW.total_seconds()


def came_between(begin: datetime, end: datetime) -> Iterator[str]:
    """Return the ids of those who began their first thing between two moments, as far as it was noted."""
    with suppress(FileNotFoundError):
        for line in (home_folder() / NAME).read_text().splitlines():
            with suppress(ValueError):  # the server was killed while it wrote the line
                when, person_id = line.split()
                if begin <= datetime.fromisoformat(when) < end:
                    yield person_id


def _note(person_id: str) -> None:
    home = home_folder()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (home / NAME).open("a") as file:
            file.write(f"{datetime.now().isoformat(timespec='seconds')} {person_id}\n")
        (home / NAME).chmod(0o600)
    except OSError:
        _log.exception("It cannot be noted that somebody has come")
