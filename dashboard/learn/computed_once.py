"""What is computed from the digits once for everybody, in a thread, when it is first asked for."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from mnist_core import Digits

T = TypeVar("T")


class ForDigits(Generic[T]):
    """A result for the digits that were asked for last."""

    def __init__(self, name: str, compute: Callable[[Digits], T]) -> None:
        """Compute nothing yet; the thread that does will have this name."""
        self._name, self._compute = name, compute
        self._lock = threading.Lock()
        self._known: dict[Digits, Future[T]] = {}

    def get(self, digits: Digits) -> Future[T]:
        """Return the result; its computation starts when it is first asked for."""
        with self._lock:
            if digits not in self._known:
                self._known.clear()
                executor = ThreadPoolExecutor(1, self._name)
                self._known[digits] = executor.submit(self._compute, digits)
                executor.shutdown(wait=False)
            return self._known[digits]

    def if_asked_for(self, digits: Digits | None) -> Future[T] | None:
        """Return the result if anybody has asked for it already."""
        with self._lock:
            return None if digits is None else self._known.get(digits)

    def forget(self) -> None:
        """Forget the result, for tests."""
        with self._lock:
            self._known.clear()
