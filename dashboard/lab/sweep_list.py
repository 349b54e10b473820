"""The maps of settings that one person has begun: only they may cancel and continue these."""

import json
import logging
from collections.abc import Callable, Iterator
from threading import Lock

from mnist_core.storage.file_store import FileStore
from mnist_core.storage.files import home_folder, write_atomically

MAX_SWEEPS = 20
MAX_BYTES = 10_000  # of a list on disk: twenty ids are below 1 kB

_log = logging.getLogger(__name__)


class SweepList:
    """The ids of the newest 20 maps that a person has begun, on disk too."""

    def __init__(self, person_id: str) -> None:
        """Load the list; a damaged file is put aside, and the list is then empty. ValueError for a bad id."""
        self._person_id = person_id
        self._lock = Lock()
        self._ids = _load(person_id)

    def __iter__(self) -> Iterator[str]:
        """Go through the ids, the newest first."""
        return reversed(list(self._ids))

    def __contains__(self, sweep_id: object) -> bool:
        """Whether the person has begun this map."""
        return sweep_id in self._ids

    def __len__(self) -> int:
        """Count the maps."""
        return len(self._ids)

    def add(self, sweep_id: str) -> None:
        """Put a map on the list, unless it is there already."""
        self._change(lambda ids: ids if sweep_id in ids else [*ids, sweep_id])

    def take_over(self, other: "SweepList") -> None:
        """Take over all maps of another list, which is empty then."""
        theirs = list(other._ids)
        if theirs:
            self._change(lambda ids: [*(one for one in theirs if one not in ids), *ids])
            other._change(lambda _: [])

    def _change(self, change: Callable[[list[str]], list[str]]) -> None:
        with self._lock:  # two tabs may begin a map at once
            self._ids = change(self._ids)[-MAX_SWEEPS:]
            content = json.dumps(self._ids).encode()
            try:
                _store().put(self._person_id, lambda path: write_atomically(path, content))
            except OSError:
                _log.exception("The list of maps cannot be written")


def owners() -> dict[str, str]:
    """Return who began each map, by the ids of maps and people, from the lists on disk."""
    return {sweep_id: person for person in _store().ids() for sweep_id in _load(person)}


def _store() -> FileStore:
    return FileStore(home_folder() / "sweep-lists", ".json")


def _load(person_id: str) -> list[str]:
    path = _store().path(person_id)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"expected at most {MAX_BYTES:,} bytes")
        ids = json.loads(path.read_bytes())
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise ValueError("expected a list of ids")
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError):
        _log.exception("The list of maps is damaged and is put aside")
        try:
            _store().put_aside(person_id)
        except OSError:
            _log.exception("It cannot be put aside")
        return []
    return ids[-MAX_SWEEPS:]
