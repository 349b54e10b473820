"""A folder of files, each stored under an id that nobody can guess."""

import math
import os
import re
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
HEX_DIGIT = "[0-9a-f]"  # means the same in a regular expression and in a glob pattern
Owners = Callable[[], Mapping[str, str]]
STALE_AFTER = 3600.0  # seconds; an incomplete file this old was left by a process that was killed


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


@dataclass(frozen=True)
class FileStore:
    """A folder of files named by id, which only their owner's account can read.

    Attributes:
        folder: created when the first file is written.
        suffix: the ending of every file name, such as ".zip".
        max_files: how many files to keep.
        max_bytes: how many bytes to keep.
        max_age: seconds after which a file is deleted that was neither written nor touched.
    """

    folder: Path
    suffix: str
    max_files: int = 2_000
    max_bytes: int = 2_000_000_000
    max_age: float = math.inf

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

    def put(self, identity: str, write: Callable[[Path], None], owners: Owners = dict) -> None:
        """Let `write` write the file for an id, then delete surplus files, but never this one.

        Args:
            identity: the id.
            write: called with the path.
            owners: see `tidy`.

        Raises:
            ValueError: not an id.
            OSError: the file cannot be written.
        """
        path = self.path(identity)
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        _make_private(self.folder, 0o700)
        write(path)
        _make_private(path, 0o600)
        self.tidy(owners, kept=path)

    def touch(self, identity: str) -> None:
        """Note that a file was used now, if there is one and it can be noted; ValueError if not an id."""
        path = self.path(identity)
        with suppress(OSError):
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
        """List the ids of all files, the newest first."""
        return [path.name.removesuffix(self.suffix) for path in reversed(self._oldest_first())]

    def tidy(self, owners: Owners = dict, kept: Path | None = None) -> None:
        """Delete files that are too old or too many, and stale incomplete ones.

        Args:
            owners: tells whose files they are, by id; asked only if there are too many. Whoever has the most
                bytes then loses the oldest of theirs, so that nobody can push out the others' files.
            kept: a file that stays.
        """
        now = time.time()
        files = self._oldest_first()
        _pull_back([path for path in files if _modified(path) > now], now)
        expired = {path for path in files if now - _modified(path) > self.max_age and path != kept}
        surplus = self._surplus([path for path in files if path not in expired], owners, kept)
        stale = [part for part in self.folder.glob("*.part") if _modified(part) < now - STALE_AFTER]
        for path in [*expired, *surplus, *stale]:
            path.unlink(missing_ok=True)

    def _surplus(self, files: list[Path], owners: Owners, kept: Path | None) -> list[Path]:
        """Choose which of the files, the oldest first, are too many."""
        sizes = {path: _size(path) for path in files}
        count, size = len(files), sum(sizes.values())
        if count <= self.max_files and size <= self.max_bytes:
            return []
        owner_of = owners()
        shares: dict[str, list[Path]] = {}
        for path in files:
            owner = owner_of.get(path.name.removesuffix(self.suffix), "")
            shares.setdefault(owner, []).append(path)
        surplus: list[Path] = []
        while count - len(surplus) > self.max_files or size > self.max_bytes:
            losing = [share for share in shares.values() if set(share) - {kept}]
            if not losing:
                break
            # The first of equal shares is the one with the oldest file.
            share = max(losing, key=lambda paths: sum(sizes[path] for path in paths))
            path = share.pop(1 if share[0] == kept else 0)
            surplus.append(path)
            size -= sizes[path]
        return surplus

    def _oldest_first(self) -> list[Path]:
        return sorted(self.folder.glob(HEX_DIGIT * 32 + self.suffix), key=_modified)


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


def _pull_back(paths: list[Path], now: float) -> None:
    """Give files from the future, the oldest first, a time just before now: the clock was set back."""
    for place, path in enumerate(paths):
        moment = now - (len(paths) - place) * 1e-3
        with suppress(OSError):
            os.utime(path, (moment, moment))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process has just deleted it
        return 0.0
