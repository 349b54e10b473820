"""Wrong codes cost time, so that nobody can try out the codes of rooms."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

# A person mistypes a code now and then. Behind one address there may be a whole class.
OF_PERSON, OF_ADDRESS = (5, 10.0), (60, 5.0)  # wrong codes for nothing, and the seconds that each costs later
REMEMBERED = 10_000  # people and addresses


class CodeTries:
    """How many wrong codes came from whom, each of which is forgiven after some time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody; the clock tells seconds."""
        self._clock = clock
        self._spent: OrderedDict[str, float] = OrderedDict()  # who -> until when their wrong codes count
        self._lock = Lock()

    def wait(self, person_id: str, address: str) -> float:
        """Return the seconds until a person at an address may try a code again; 0 for at once."""
        with self._lock:
            return max(
                self._over(f"person {person_id}", *OF_PERSON), self._over(f"address {address}", *OF_ADDRESS)
            )

    def note_wrong(self, person_id: str, address: str) -> None:
        """Note that a code was wrong."""
        with self._lock:
            for who, (_, cost) in ((f"person {person_id}", OF_PERSON), (f"address {address}", OF_ADDRESS)):
                self._spent[who] = max(self._clock(), self._spent.get(who, 0.0)) + cost
                self._spent.move_to_end(who)
            while len(self._spent) > REMEMBERED:
                self._spent.popitem(last=False)

    def _over(self, who: str, free: int, cost: float) -> float:
        return max(0.0, self._spent.get(who, 0.0) - self._clock() - (free - 1) * cost)
