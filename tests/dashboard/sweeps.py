"""Maps of settings on the server of a test, computed cell by cell as the test asks for it."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from mnist_core import Grid, Preprocessing

GRID = Grid((0.001, 0.2, 0.5), (100, 500), (Preprocessing.RAW,), epochs=1, validation=500)


class Stepwise(Executor):
    """An executor that does its work when it is told to, in the thread that tells it.

    Attributes:
        workers: as many as a cluster would have.
        futures: of all calls so far.
    """

    workers = 7

    def __init__(self) -> None:
        """Begin without work."""
        self.futures: list[Future[Any]] = []
        self._calls: list[Callable[[], Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Take note of a call."""
        future: Future[Any] = Future()
        self._calls.append(lambda: fn(*args, **kwargs))
        self.futures.append(future)
        return future

    def work(self, number: int = 1_000) -> None:
        """Do the next calls, as many as there are up to this number."""
        for call, future in list(zip(self._calls, self.futures, strict=True)):
            if number and not future.done() and future.set_running_or_notify_cancel():
                number -= 1
                future.set_result(call())


class AtOnce(Stepwise):
    """One that does each call at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do a call."""
        future = super().submit(fn, *args, **kwargs)
        self.work()
        return future
