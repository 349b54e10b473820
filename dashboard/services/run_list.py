"""The runs that belong to one person: which they began, and in which order."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from threading import Lock

from mnist_core.storage.file_store import FileStore
from mnist_core.storage.files import home_folder, write_atomically

MAX_RUNS = 100

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ListedRun:
    """One run of the list: its id, and when it began in seconds since 1970."""

    run_id: str
    began: float


class RunList:
    """The newest 100 runs that a person began, on disk too. A person may control exactly these runs."""

    def __init__(self, person_id: str) -> None:
        """Load the list; a damaged file is put aside, and the list is then empty. ValueError for a bad id."""
        self._person_id = person_id
        self._lock = Lock()
        self._runs = {run.run_id: run for run in _load(person_id)}

    def __iter__(self) -> Iterator[ListedRun]:
        """Go through the runs, the newest first."""
        return reversed(list(self._runs.values()))

    def __contains__(self, run_id: object) -> bool:
        """Whether the person began this run."""
        return run_id in self._runs

    def __len__(self) -> int:
        """Count the runs."""
        return len(self._runs)

    def add(self, run_id: str) -> None:
        """Put a run on the list."""
        self._change(lambda runs: [*runs, ListedRun(run_id, time.time())])

    def remove(self, run_id: str) -> None:
        """Take a run off the list, if it is there."""
        self._change(lambda runs: [run for run in runs if run.run_id != run_id])

    def take_over(self, other: "RunList") -> None:
        """Take over all runs of another list, which is empty then."""
        self._change(lambda runs: sorted([*runs, *other._runs.values()], key=lambda run: run.began))
        other._change(lambda _: [])

    def _change(self, change: Callable[[list[ListedRun]], list[ListedRun]]) -> None:
        with self._lock:  # two tabs may begin a run at once
            runs = change(list(self._runs.values()))
            self._runs = {run.run_id: run for run in runs[-MAX_RUNS:]}
            content = json.dumps([asdict(run) for run in self._runs.values()]).encode()
            try:
                _store().put(self._person_id, lambda path: write_atomically(path, content))
            except OSError:
                _log.exception("The list of runs cannot be written")


def _store() -> FileStore:
    return FileStore(home_folder() / "run-lists", ".json")


def _load(person_id: str) -> list[ListedRun]:
    path = _store().path(person_id)
    try:
        runs = [ListedRun(str(run["run_id"]), float(run["began"])) for run in json.loads(path.read_bytes())]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        _log.exception("The list of runs is damaged and is put aside")
        try:
            path.replace(path.with_suffix(".damaged"))
        except OSError:
            _log.exception("It cannot be put aside")
        return []
    return runs[-MAX_RUNS:]
