"""A folder of files, each stored under an id that nobody can guess."""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HEX_DIGIT = "[0-9a-f]"  # means the same in a regular expression and in a glob pattern
STALE_AFTER = 3600.0  # seconds; an incomplete file this old was left by a process that was killed


def new_id() -> str:
    """Return a new id: 128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class FileStore:
    """A folder of files named by id; when there are too many, the oldest are deleted.

    Attributes:
        folder: created when the first file is written.
        suffix: the ending of every file name, such as ".zip".
        max_files: how many files to keep.
    """

    folder: Path
    suffix: str
    max_files: int = 500

    def path(self, identity: str) -> Path:
        """Return the path for an id, whether the file exists or not; ValueError if it is not an id."""
        if not re.fullmatch(HEX_DIGIT * 32, identity):
            raise ValueError(f"expected an id of 32 hexadecimal digits, got {identity!r:.60}")
        return self.folder / f"{identity}{self.suffix}"

    def find(self, identity: str) -> Path:
        """Return the path of an existing file; KeyError if there is none, ValueError if it is not an id."""
        path = self.path(identity)
        if not path.is_file():
            raise KeyError(identity)
        return path

    def put(self, identity: str, write: Callable[[Path], None]) -> None:
        """Let `write` write the file for an id, then delete surplus files.

        Raises:
            ValueError: not an id.
            OSError: the file cannot be written.
        """
        path = self.path(identity)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write(path)
        self.tidy()

    def ids(self) -> list[str]:
        """List the ids of all files, the newest first."""
        return [path.name.removesuffix(self.suffix) for path in self._newest_first()]

    def tidy(self) -> None:
        """Delete the oldest files if there are more than `max_files`, and stale incomplete ones."""
        surplus = self._newest_first()[self.max_files :]
        oldest = time.time() - STALE_AFTER
        stale = [part for part in self.folder.glob("*.part") if _modified(part) < oldest]
        for path in surplus + stale:
            path.unlink(missing_ok=True)

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob(HEX_DIGIT * 32 + self.suffix), key=_modified, reverse=True)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process has just deleted it
        return 0.0
