"""A folder of files that are each named by an id which nobody can guess."""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HEX_DIGIT = "[0-9a-f]"  # for regular expressions and glob alike
FORGOTTEN = 3600.0  # seconds after which a half-written file is nobody's any more


def new_id() -> str:
    """Draw an id: 128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class FileStore:
    """A folder that holds the newest files, at most `kept` of them, each under its id."""

    folder: Path
    suffix: str
    kept: int = 500

    def path(self, identity: str) -> Path:
        """Return the file for an id, whether there or not; ValueError for what new_id never returns."""
        if not re.fullmatch(HEX_DIGIT * 32, identity):
            raise ValueError(f"expected an id of 32 hexadecimal digits, got {identity!r:.60}")
        return self.folder / f"{identity}{self.suffix}"

    def find(self, identity: str) -> Path:
        """Return the file that is there for an id; KeyError where there is none, ValueError as for `path`."""
        path = self.path(identity)
        if not path.is_file():
            raise KeyError(identity)
        return path

    def put(self, identity: str, write: Callable[[Path], None]) -> None:
        """Have a file written under its id and tidy up; OSError where the folder cannot be written."""
        path = self.path(identity)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write(path)
        self.tidy()

    def ids(self) -> list[str]:
        """List the ids of the files that are there, the newest first."""
        return [path.name.removesuffix(self.suffix) for path in self._newest_first()]

    def tidy(self) -> None:
        """Remove the oldest files beyond those kept, and what a killed process left half-written."""
        surplus = self._newest_first()[self.kept :]
        halves = [part for part in self.folder.glob("*.part") if _modified(part) < time.time() - FORGOTTEN]
        for path in surplus + halves:
            path.unlink(missing_ok=True)

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob(HEX_DIGIT * 32 + self.suffix), key=_modified, reverse=True)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process has just tidied up
        return 0.0
