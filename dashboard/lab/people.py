"""The people who use this server, each known by the id in their browser's cookie."""

from threading import Lock
from weakref import WeakValueDictionary

from dashboard.lab.job_list import RunList
from dashboard.lab.kept_drawings import KeptDrawings
from dashboard.lab.sweep_list import SweepList


class Person:
    """One person: the drawings they keep and the runs they began, shared by all tabs that they have open.

    Attributes:
        id: 128 random bits in hexadecimal; whoever has it may see and change what belongs to the person.
        drawings: what they keep.
        runs: what they began.
        sweeps: the maps of settings that they began.
    """

    def __init__(self, person_id: str) -> None:
        """Load what belongs to the person; ValueError for a bad id."""
        self.id = person_id
        self.drawings = KeptDrawings(person_id)
        self.runs = RunList(person_id)
        self.sweeps = SweepList(person_id)

    @property
    def has_anything(self) -> bool:
        """Whether there is anything to come back for."""
        return bool(self.drawings.kept) or len(self.runs) > 0 or len(self.sweeps) > 0

    def take_over(self, other: "Person") -> None:
        """Take over all that belongs to another person, who has nothing then."""
        self.drawings.keep([kept.drawing for kept in other.drawings.kept])
        other.drawings.drop_all()
        self.runs.take_over(other.runs)
        self.sweeps.take_over(other.sweeps)


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
        """Find a person, who may have nothing yet; ValueError for a bad id or a damaged file."""
        with self._lock:
            person = self._people.get(person_id) or Person(person_id)
            self._people[person_id] = person
            return person
