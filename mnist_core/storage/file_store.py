"""A folder of files, each stored under an id that nobody can guess, which never gives up one for another."""

import os
import re
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from mnist_core.storage.visited_days import unvisited_before

T = TypeVar("T")
ID = "[0-9a-f]{32}"
STALE_AFTER = 3600.0  # seconds; an incomplete file this old was left by a process that was killed
MARGIN = 100_000_000  # bytes that stay free on the disk


def new_id() -> str:
    """Return a new id: 128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


class FileUnreadable(Exception):  # noqa: N818 - a state of the file, which a person is told of
    """A stored file is there but cannot be used. It must not be overwritten.

    Attributes:
        damaged: whether its content was read and makes no sense; else reading failed, and may work later.
    """

    def __init__(self, *, damaged: bool) -> None:
        """Say which of the two it is."""
        super().__init__("the file is damaged" if damaged else "the file could not be read")
        self.damaged = damaged


class StoreFullError(OSError):
    """There is no room for one more file."""


@dataclass(frozen=True)
class FileStore:
    """A folder of files named by id, which only their owner's account can read.

    Attributes:
        folder: created when the first file is written.
        suffix: the ending of every file name, such as ".zip".
        max_files: how many files there may be before new ones are refused.
        max_bytes: how many bytes they may have together.
    """

    folder: Path
    suffix: str
    max_files: int = 10_000
    max_bytes: int = 4_000_000_000

    def path(self, identity: str) -> Path:
        """Return the path for an id, whether the file exists or not; ValueError if it is not an id."""
        if not re.fullmatch(ID, identity):
            raise ValueError(f"expected an id of 32 hexadecimal digits, got {identity!r:.60}")
        return self.folder / f"{identity}{self.suffix}"

    def read(self, identity: str, load: Callable[[Path], T]) -> T | None:
        """Return what `load` makes of a file, or None if there is none.

        Raises:
            ValueError: not an id.
            FileUnreadable: `load` raised OSError, or any other of the errors that damaged files cause.
        """
        path = self.path(identity)
        try:
            return load(path)
        except OSError as error:
            if _is_missing(path):
                return None
            raise FileUnreadable(damaged=False) from error
        except (ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
            raise FileUnreadable(damaged=True) from error

    def put(self, identity: str, write: Callable[[Path], None]) -> None:
        """Let `write`, called with the path, write the file for an id.

        Raises:
            ValueError: not an id.
            StoreFullError: the id is new, and there is no room.
            OSError: the file cannot be written.
        """
        path = self.path(identity)
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        _make_private(self.folder, 0o700)
        if _is_missing(path) and not self.has_room():
            raise StoreFullError(f"there is no room for another {self.suffix} file")
        write(path)
        _make_private(path, 0o600)

    def touch(self, identity: str) -> None:
        """Note that a file, if there is one, was visited today; ValueError if it is not an id."""
        path = self.path(identity)
        with suppress(OSError):
            if date.fromtimestamp(path.stat().st_mtime) != date.today():
                os.utime(path)

    def put_aside(self, identity: str) -> None:
        """Rename a file that is damaged, so that nothing overwrites it and somebody can repair it.

        It becomes `identity`.damaged, or another such name if there is one already. ValueError if not an id,
        OSError if there is no such file or it cannot be renamed.
        """
        path = self.path(identity)
        aside, number = path.with_suffix(".damaged"), 2
        while aside.exists():
            aside, number = path.with_name(f"{identity}-{number}.damaged"), number + 1
        path.rename(aside)

    def ids(self) -> list[str]:
        """List the ids of all files, in any order."""
        return [name.removesuffix(self.suffix) for name in self._stats()]

    def size(self, identity: str) -> int | None:
        """Return the bytes of a file; None if there is none. ValueError if not an id, OSError if unknown."""
        path = self.path(identity)
        return None if _is_missing(path) else path.stat().st_size

    def has_room(self, files: int = 1, size: int = 0) -> bool:
        """Whether there is room for so many more files and bytes.

        Files that nobody has visited for long (see `visited_days`) are deleted for it, if that makes enough
        room: no more than it takes, the oldest first. OSError if the disk cannot tell.
        """
        found = sorted(self._stats().items(), key=lambda item: item[1].st_mtime)
        count, total = len(found) + files, sum(stat.st_size for _, stat in found) + size
        before = unvisited_before(self.folder.parent) if self._is_over(count, total) else 0.0
        unvisited = []
        for name, stat in found:
            if stat.st_mtime >= before or not self._is_over(count, total):
                break
            unvisited.append(name)
            count, total = count - 1, total - stat.st_size
        if self._is_over(count, total):
            return False
        for name in unvisited:
            (self.folder / name).unlink(missing_ok=True)
        return not self.folder.is_dir() or shutil.disk_usage(self.folder).free > size + MARGIN

    def _is_over(self, count: int, total: int) -> bool:
        return count > self.max_files or total > self.max_bytes

    def _stats(self) -> dict[str, os.stat_result]:
        """Look at all files, by name; delete incomplete ones that a killed process has left."""
        stats, named, stale = {}, re.compile(ID + re.escape(self.suffix)), time.time() - STALE_AFTER
        try:
            entries = list(os.scandir(self.folder))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        for entry in entries:
            with suppress(FileNotFoundError):  # meanwhile it was deleted
                if named.fullmatch(entry.name):
                    stats[entry.name] = entry.stat()
                elif entry.name.endswith(".part") and entry.stat().st_mtime < stale:
                    (self.folder / entry.name).unlink()
        return stats


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        pass
    return False


def _make_private(path: Path, mode: int) -> None:
    with suppress(PermissionError):  # a folder that another account has lent us
        path.chmod(mode)
