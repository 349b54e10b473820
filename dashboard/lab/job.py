"""A job: a run or a map of settings, as pages can show it while it is computed and after its end."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from dashboard.lab.job_queue import Waiting
from dashboard.lab.map_file import MapResults
from mnist_core import Run
from mnist_core.storage.file_store import FileUnreadable
from mnist_core.training.worker import State

WATCH_TIMEOUT = 120.0  # seconds after which a job that no page shows stops by itself
UNWATCHED = f"It was stopped because no page had shown it for {WATCH_TIMEOUT:.0f} seconds."


class JobUnreadable(FileUnreadable):
    """A job is on disk, but its file is damaged or could not be read just now; `damaged` says which."""


def describe_unreadable(error: JobUnreadable) -> str:
    """Say what a person is to know of it."""
    if error.damaged:
        return "This run or map is damaged and cannot be shown."
    return "It cannot be read from the disk just now. Nothing is lost: reload the page to try again."


class JobRefused(ValueError):  # noqa: N818 - an answer, not a fault
    """Something that was asked for is not done, for the reason in this sentence, which the page can show."""


@dataclass(eq=False)
class Job(ABC):
    """What runs and maps have in common.

    Attributes:
        id: 128 random bits in hexadecimal; everybody who has it may see the job.
        unsaved: why it could not be saved, or nothing.
        reserved: bytes that its file will have about, while it is not saved.
        address: from where it was begun; empty if that is not known.
    """

    id: str
    unsaved: list[str] = field(default_factory=list, kw_only=True)
    reserved: int = field(default=0, kw_only=True)
    address: str = field(default="", kw_only=True)

    @property
    @abstractmethod
    def state(self) -> State:
        """What is being done; read it before the results."""

    @property
    @abstractmethod
    def begun(self) -> bool:
        """Whether it is more than a wish: anything of it has been computed, or is."""

    @property
    @abstractmethod
    def is_abandoned(self) -> bool:
        """Whether it waits to begin, and its owner has gone."""

    @property
    @abstractmethod
    def waiting(self) -> Waiting | None:
        """What is computed before it; None if it need not wait."""

    @property
    @abstractmethod
    def why_stopped(self) -> str:
        """Why it ended early, as a sentence, if that was not its owner's wish; else empty."""

    @abstractmethod
    def content(self) -> Run | MapResults:
        """Return what is to be saved of it now; ValueError if there is nothing yet."""

    @abstractmethod
    def watch(self) -> None:
        """Say that a page shows it, which keeps it from stopping by itself."""

    @abstractmethod
    def stop(self, reason: str = "") -> None:
        """End it and keep what is done; the reason is a sentence for those who watch it."""

    @abstractmethod
    def join(self, timeout: float | None = None) -> bool:
        """Wait at most so many seconds for the end, after which it is saved; return whether it has ended."""
