"""The runs on one person's list: which they began or added, with what names, and which is the baseline."""

import json
import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from threading import Lock

from mnist_core.storage.file_store import FileStore
from mnist_core.storage.files import home_folder, write_atomically

MAX_RUNS = 100
MAX_NAME = 80  # characters

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ListedRun:
    """One run of a list.

    Attributes:
        run_id: its id.
        began: when it was put on the list, in seconds since 1970.
        name: what the person calls it; empty if they gave it no name.
        own: whether the person began it, and so may control and delete it; others were added from a link.
        baseline: whether the others are compared with it; at most one run of a list is.
    """

    run_id: str
    began: float
    name: str = ""
    own: bool = True
    baseline: bool = False

    def __post_init__(self) -> None:
        """Refuse other types, which a damaged file may have."""
        texts, truths = (self.run_id, self.name), (self.own, self.baseline)
        if not (
            all(isinstance(text, str) for text in texts)
            and all(isinstance(truth, bool) for truth in truths)
            and isinstance(self.began, int | float)
        ):
            raise ValueError(f"expected a run of a list, got {self!r:.200}")


class RunList:
    """The newest 100 runs that a person began or added, on disk too."""

    def __init__(self, person_id: str) -> None:
        """Load the list; a damaged file is put aside, and the list is then empty. ValueError for a bad id."""
        self._person_id = person_id
        self._lock = Lock()
        self._runs = {run.run_id: run for run in _load(person_id)}

    def __iter__(self) -> Iterator[ListedRun]:
        """Go through the runs, the newest first."""
        return reversed(list(self._runs.values()))

    def __contains__(self, run_id: object) -> bool:
        """Whether the run is on the list."""
        return run_id in self._runs

    def __len__(self) -> int:
        """Count the runs."""
        return len(self._runs)

    @property
    def baseline(self) -> str:
        """The id of the run that the others are compared with; empty if there is none."""
        return next((run.run_id for run in self if run.baseline), "")

    def owns(self, run_id: str) -> bool:
        """Whether the person began this run. They may control exactly these runs."""
        run = self._runs.get(run_id)
        return run is not None and run.own

    def add(self, run_id: str, *, own: bool = True, name: str = "") -> None:
        """Put a run on the list, unless it is there already."""
        if run_id not in self:
            self._change(lambda runs: [*runs, ListedRun(run_id, time.time(), tidy(name), own)])

    def rename(self, run_ids: Collection[str], name: str) -> None:
        """Give runs a name, or none if it is empty."""
        self._replace(lambda run: replace(run, name=tidy(name)) if run.run_id in run_ids else run)

    def pin(self, run_id: str) -> None:
        """Make a run the baseline, in place of any other; no run if the id is empty."""
        self._replace(lambda run: replace(run, baseline=run.run_id == run_id))

    def remove(self, run_id: str) -> ListedRun | None:
        """Take a run off the list; return what the list had of it, or None if it was not there."""
        removed = self._runs.get(run_id)
        self._change(lambda runs: [run for run in runs if run.run_id != run_id])
        return removed

    def restore(self, removed: Iterable[ListedRun]) -> None:
        """Put runs that were removed back in their places."""
        taken = bool(self.baseline)
        back = [replace(run, baseline=run.baseline and not taken) for run in removed]
        self._change(lambda runs: _in_order([*runs, *back]))

    def take_over(self, other: "RunList") -> None:
        """Take over all runs of another list, which is empty then."""
        self.restore(other._runs.values())
        other._change(lambda _: [])

    def _replace(self, change: Callable[[ListedRun], ListedRun]) -> None:
        if any(change(run) != run for run in self):
            self._change(lambda runs: list(map(change, runs)))

    def _change(self, change: Callable[[list[ListedRun]], list[ListedRun]]) -> None:
        with self._lock:  # two tabs may begin a run at once
            runs = change(list(self._runs.values()))
            self._runs = {run.run_id: run for run in runs[-MAX_RUNS:]}
            content = json.dumps([asdict(run) for run in self._runs.values()]).encode()
            try:
                _store().put(self._person_id, lambda path: write_atomically(path, content))
            except OSError:
                _log.exception("The list of runs cannot be written")


def tidy(name: str) -> str:
    """Bring a name to one line of at most 80 characters that can be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:MAX_NAME].strip()


def _in_order(runs: list[ListedRun]) -> list[ListedRun]:
    """Sort runs, the oldest first; a run that two lists have is one's own if it is so on either."""
    merged: dict[str, ListedRun] = {}
    for run in sorted(runs, key=lambda run: run.began):
        known = merged.setdefault(run.run_id, run)
        merged[run.run_id] = replace(known, own=known.own or run.own, name=known.name or run.name)
    return list(merged.values())


def owners() -> dict[str, str]:
    """Return who began each run, by the ids of runs and people, from the lists on disk."""
    lists = {person_id: _load(person_id) for person_id in _store().ids()}
    return {run.run_id: person_id for person_id, runs in lists.items() for run in runs if run.own}


def _store() -> FileStore:
    return FileStore(home_folder() / "run-lists", ".json")


def _load(person_id: str) -> list[ListedRun]:
    path = _store().path(person_id)
    try:
        runs = [ListedRun(**written) for written in json.loads(path.read_bytes())]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        _log.exception("The list of runs is damaged and is put aside")
        try:
            _store().put_aside(person_id)
        except OSError:
            _log.exception("It cannot be put aside")
        return []
    return runs[-MAX_RUNS:]
