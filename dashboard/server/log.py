"""A log that the person who runs the server can read, whatever visitors send.

What is unprintable is escaped, so that nothing can forge a line or write to the terminal. Ids are masked: who
knows a person's may act as them. What one line of the program logs is written ten times a minute, and then
counted.
"""

import logging
import re
import threading
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

MOST_CHARACTERS, MOST_LINES = 300, 40  # of a message, and of a traceback
MOST_PER_MINUTE, MINUTE = 10, 60.0
DROPPED = -1  # a level below that of every handler
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}", re.IGNORECASE)

_log = logging.getLogger(__name__)

Kind = tuple[str, int, type[BaseException] | None]  # the line that logs, and what was raised


def keep_log_readable() -> None:
    """Have everything that is logged from now on cleaned, cut and counted, by whatever library."""
    logging.setLogRecordFactory(_Counted())


class _Counted:
    """Makes records; those of a kind that has been logged often enough in this minute reach no handler."""

    def __init__(self) -> None:
        self._logged: Counter[Kind] = Counter()
        self._lock = threading.Lock()
        self._minute: threading.Timer | None = None

    def __call__(
        self, name: str, level: int, path: str, line: int, *args: Any, **options: Any
    ) -> logging.LogRecord:
        """Take the arguments of a LogRecord: after the line the message, its arguments and the exception."""
        exception = args[2] if len(args) > 2 else None
        kind = (path, line, exception[0] if exception else None)
        with self._lock:
            self._logged[kind] += 1
            is_over = self._logged[kind] > MOST_PER_MINUTE
            if self._minute is None:
                self._minute = threading.Timer(MINUTE, self._tell)
                self._minute.daemon = True
                self._minute.start()
        if is_over:
            return logging.LogRecord(name, DROPPED, path, line, "", (), None)
        return _Record(name, level, path, line, *args, **options)

    def _tell(self) -> None:
        """Say at the end of a minute how many records were left out."""
        with self._lock:
            logged, self._minute = self._logged.copy(), None
            self._logged.clear()
        over = [
            f"{count - MOST_PER_MINUTE:,} of {Path(path).name}:{line}"
            for (path, line, _), count in logged.items()
            if count > MOST_PER_MINUTE
        ]
        if over:
            _log.warning("Left out of the log in the last minute: %s", ", ".join(over))


class _Record(logging.LogRecord):
    """A record whose text is on one line, but for the lines of a traceback, which are indented."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.exc_info and self.levelno > DROPPED:
            whole = "".join(traceback.format_exception(*self.exc_info)).splitlines()
            lines = [f"  {_clean(line)[:MOST_CHARACTERS]}" for line in whole if line.strip()]
            if len(lines) > MOST_LINES:
                lines[MOST_LINES // 2 : -MOST_LINES // 2] = ["  ..."]
            self.exc_text = "\n".join(lines)

    def getMessage(self) -> str:  # noqa: N802 - it is logging's
        text = _clean(super().getMessage())
        return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 3]}..."


def _clean(text: str) -> str:
    """Escape what is not printable in the first part of a text, and mask ids."""
    text = ID.sub("...", text[: 4 * MOST_CHARACTERS])
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
