"""The people who use this server, each known by the id in their browser's cookie."""

from contextlib import suppress
from threading import Lock
from weakref import WeakValueDictionary

from dashboard.lab.job_files import touch_job
from dashboard.lab.job_list import JobList, has_list
from dashboard.lab.kept_drawings import KeptDrawings
from dashboard.lab.personalized_runs import touch_personalization
from mnist_core.storage.drawings_zip import drawing_store
from mnist_core.storage.files import home_folder
from mnist_core.storage.visited_days import note_visit


def has_kept(person_id: str) -> bool:
    """Whether a person has anything on disk; False for what is no id."""
    try:
        return bool(drawing_store().size(person_id)) or has_list(person_id)
    except ValueError:
        return False
    except OSError:  # it is there, but cannot be looked at
        return True


class Person:
    """One person: the drawings they keep and the runs they began, shared by all tabs that they have open.

    Attributes:
        id: 128 random bits in hexadecimal; who has it may see and change what belongs to the person.
        drawings: what they keep.
        jobs: the runs and maps that they began or added.
        is_over: whether their browser is somebody else's now: they are joined with nobody.
    """

    def __init__(self, person_id: str) -> None:
        """Load what belongs to the person; ValueError for a bad id."""
        self.id, self.is_over = person_id, False
        self.drawings = KeptDrawings(person_id)
        self.jobs = JobList(person_id)

    @property
    def has_anything(self) -> bool:
        """Whether there is anything to come back for."""
        unknown = self.drawings.unreadable or not self.jobs.readable
        return unknown or bool(self.drawings.kept) or len(self.jobs) > 0

    def take_over(self, other: "Person") -> None:
        """Take over all that belongs to another person, who has nothing then.

        Whatever fails, nothing is lost and it can be tried again.

        Raises:
            ValueError: the drawings would be too many, or a list of jobs cannot be read just now.
            FileUnreadable: some drawings cannot be read.
            OSError: something cannot be written.
        """
        copied = self.drawings.copy_from(other.drawings)
        self.jobs.take_over(other.jobs)
        if self.jobs.unsaved:
            raise OSError("the list of jobs cannot be written")
        other.drawings.drop(*copied)

    def note_visit(self) -> None:
        """Note that the person has come today, so that what is theirs is not among what nobody visits."""
        with suppress(OSError):  # the next visit notes it
            note_visit(home_folder())
        self.jobs.touch()
        for job in self.jobs:
            if job.own:
                touch_job(job.job_id)
                touch_personalization(job.job_id)


class People:
    """Everybody who has the page open, by id; whoever has closed it is only on disk."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._people: WeakValueDictionary[str, Person] = WeakValueDictionary()
        self._lock = Lock()

    def __len__(self) -> int:
        """Count the people who have the page open."""
        return len(self._people)

    def find(self, person_id: str) -> Person:
        """Find a person, who may have nothing yet; ValueError for a bad id."""
        with self._lock:
            person = self._people.get(person_id) or Person(person_id)
            self._people[person_id] = person
            return person
