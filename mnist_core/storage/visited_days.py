"""The days on which anybody came: what nobody visited on the last thirty of them may give way to what is new.

Days on which the server was off do not count, so that nothing is lost over the holidays.
"""

import math
from datetime import date, datetime
from pathlib import Path

from mnist_core.storage.files import write_atomically

DAYS = 30
NAME = "visited-days.txt"


def note_visit(home: Path) -> None:
    """Note that somebody came today; OSError if it cannot be written."""
    days, today = _days(home), date.today().isoformat()
    if today not in days:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(home / NAME, "\n".join([*days[-DAYS:], today]).encode())


def unvisited_before(home: Path) -> float:
    """Return the time, in seconds since 1970, before which a last visit was more than 30 such days ago.

    It is -inf, for never, in the first 30 days and if the days cannot be read.
    """
    try:
        days = sorted(map(date.fromisoformat, _days(home)))
    except (OSError, ValueError):
        return -math.inf
    if len(days) <= DAYS:
        return -math.inf
    return datetime.combine(days[-DAYS], datetime.min.time()).timestamp()


def _days(home: Path) -> list[str]:
    try:
        return (home / NAME).read_text().split()
    except FileNotFoundError:
        return []
