"""The jobs on one person's list: which they began or added, with what names, and which is the baseline."""

import json
import logging
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import RLock

from dashboard.lab.job import JobRefused
from mnist_core.storage.file_store import ID, FileStore, FileUnreadable
from mnist_core.storage.files import home_folder, write_atomically

MAX_NAME = 80  # characters
MAX_BYTES = 1_000_000  # of a list on disk: an entry has about 200
LIST_UNREADABLE = (
    "The list of your runs cannot be read just now, so nothing is changed. Try again in a moment."
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ListedJob:
    """One job of a list.

    Attributes:
        job_id: its id.
        began: when it was put on the list, in seconds since 1970.
        name: what the person calls it; empty if they gave it no name.
        own: whether the person began it, and so may control and delete it; others were added from a link.
        baseline: whether the other runs are compared with it; at most one of a list is.
        is_map: whether it is a map of settings; else it is a run.
    """

    job_id: str
    began: float
    name: str = ""
    own: bool = True
    baseline: bool = False
    is_map: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no id and other types, which a damaged file may have."""
        texts, truths = (self.job_id, self.name), (self.own, self.baseline, self.is_map)
        if not (
            all(isinstance(text, str) for text in texts)
            and re.fullmatch(ID, self.job_id)
            and all(isinstance(truth, bool) for truth in truths)
            and isinstance(self.began, int | float)
        ):
            raise ValueError(f"expected a job of a list, got {self!r:.200}")


class JobList:
    """The jobs that a person began or added, on disk too, shared by all tabs that they have open.

    While the list on disk cannot be read it seems empty, and cannot be changed; each use tries again.

    Attributes:
        person_id: whose list it is.
        address: where they are now; empty if that is not known.
        unsaved: whether the last change is not on disk yet; the next one tries again, and so does `save`.
    """

    def __init__(self, person_id: str) -> None:
        """Load the list; ValueError for a bad id. A damaged file is put aside, and the list is then empty."""
        _store().path(person_id)
        self.person_id, self.address, self.unsaved = person_id, "", False
        self._known: dict[str, ListedJob] | None = None  # None until it could be read
        self._lock = RLock()  # two tabs may begin a job at once
        self._read()

    @property
    def readable(self) -> bool:
        """Whether the list could be read; if not, nothing new can be put on it."""
        return self._read() is not None

    def __iter__(self) -> Iterator[ListedJob]:
        """Go through the jobs, the newest first."""
        return reversed(list((self._read() or {}).values()))

    def __contains__(self, job_id: object) -> bool:
        """Whether the job is on the list."""
        return job_id in (self._read() or {})

    def __len__(self) -> int:
        """Count the jobs."""
        return len(self._read() or {})

    @property
    def runs(self) -> list[ListedJob]:
        """The runs, the newest first."""
        return [job for job in self if not job.is_map]

    @property
    def maps(self) -> list[ListedJob]:
        """The maps, the newest first."""
        return [job for job in self if job.is_map]

    @property
    def baseline(self) -> str:
        """The id of the run that the others are compared with; empty if there is none."""
        return next((job.job_id for job in self if job.baseline), "")

    def get(self, job_id: str) -> ListedJob | None:
        """Return what the list has of a job; None if it is not there."""
        return (self._read() or {}).get(job_id)

    def owns(self, job_id: str) -> bool:
        """Whether the person began this job. They may control exactly these jobs."""
        job = self.get(job_id)
        return job is not None and job.own

    # Changes raise JobRefused while the list cannot be read.

    def add(self, job_id: str, *, own: bool = True, name: str = "", is_map: bool = False) -> None:
        """Put a job on the list, unless it is there already."""
        if job_id not in self:
            job = ListedJob(job_id, time.time(), tidy(name), own, is_map=is_map)
            self._change(lambda jobs: [*jobs, job])

    def rename(self, job_ids: Collection[str], name: str) -> None:
        """Give jobs a name, or none if it is empty."""
        self._replace(lambda job: replace(job, name=tidy(name)) if job.job_id in job_ids else job)

    def pin(self, job_id: str) -> None:
        """Make a run the baseline, in place of any other; no run if the id is empty."""
        self._replace(lambda job: replace(job, baseline=job.job_id == job_id))

    def remove(self, job_ids: Collection[str]) -> None:
        """Take jobs off the list."""
        self._change(lambda jobs: [job for job in jobs if job.job_id not in job_ids])

    def restore(self, removed: Iterable[ListedJob]) -> None:
        """Put jobs that were removed back in their places."""
        taken = bool(self.baseline)
        back = [replace(job, baseline=job.baseline and not taken) for job in removed]
        self._change(lambda jobs: _in_order([*jobs, *back]))

    def take_over(self, other: "JobList") -> None:
        """Take over all jobs of another list, which is empty then; not before they are saved here."""
        if not other.readable:
            raise JobRefused(LIST_UNREADABLE)
        if theirs := list(other):
            self.restore(theirs)
            if not self.unsaved:
                other.remove([job.job_id for job in theirs])

    def touch(self) -> None:
        """Note that the person has come today."""
        _store().touch(self.person_id)

    def save(self) -> None:
        """Write the list; `unsaved` says whether it worked."""
        self._change(lambda jobs: jobs)

    def _replace(self, change: Callable[[ListedJob], ListedJob]) -> None:
        if any(change(job) != job for job in self):
            self._change(lambda jobs: list(map(change, jobs)))

    def _change(self, change: Callable[[list[ListedJob]], list[ListedJob]]) -> None:
        with self._lock:
            known = self._read()
            if known is None:
                raise JobRefused(LIST_UNREADABLE)
            self._known = {job.job_id: job for job in change(list(known.values()))}
            content = json.dumps([asdict(job) for job in self._known.values()]).encode()
            try:
                _store().put(self.person_id, lambda path: write_atomically(path, content))
                self.unsaved = False
            except OSError:
                _log.exception("A list of jobs cannot be written")
                self.unsaved = True

    def _read(self) -> dict[str, ListedJob] | None:
        with self._lock:
            if self._known is None:
                try:
                    self._known = _store().read(self.person_id, _load) or {}
                except FileUnreadable as error:
                    what = "is damaged and is put aside" if error.damaged else "cannot be read"
                    _log.exception("A list of jobs %s", what)
                    if error.damaged and _is_put_aside(self.person_id):
                        self._known = {}
            return self._known


def tidy(name: str, most: int = MAX_NAME) -> str:
    """Bring a name to one line of at most 80 characters, or so many, that can be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:most].strip()


def has_list(person_id: str) -> bool:
    """Whether a person has a list with any job on disk; ValueError for a bad id, OSError if unknown."""
    return (_store().size(person_id) or 0) > len("[]")


def delete_list(person_id: str) -> None:
    """Delete a person's list, if there is one; ValueError for a bad id, OSError if it stays."""
    _store().path(person_id).unlink(missing_ok=True)


def _in_order(jobs: list[ListedJob]) -> list[ListedJob]:
    """Sort jobs, the oldest first; one that two lists have is one's own if it is so on either."""
    merged: dict[str, ListedJob] = {}
    for job in sorted(jobs, key=lambda job: job.began):
        known = merged.setdefault(job.job_id, job)
        merged[job.job_id] = replace(known, own=known.own or job.own, name=known.name or job.name)
    return list(merged.values())


def _store() -> FileStore:
    return FileStore(home_folder() / "lists", ".json")


def _load(path: Path) -> dict[str, ListedJob]:
    content = path.read_bytes()
    if len(content) > MAX_BYTES:
        raise ValueError(f"expected at most {MAX_BYTES:,} bytes")
    return {job.job_id: job for job in (ListedJob(**written) for written in json.loads(content))}


def _is_put_aside(person_id: str) -> bool:
    try:
        _store().put_aside(person_id)
    except OSError:
        _log.exception("It cannot be put aside")
        return False
    return True
