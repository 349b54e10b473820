"""A source of reports for a TrainingWorker, which gives one only when the test allows it."""

import math
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from threading import Event
from types import SimpleNamespace

import pytest

from mnist_core import Metrics, Preprocessing, Progress, SoftmaxRegressor
from mnist_core.training.worker import TrainingWorker

TIMEOUT = 30  # seconds after which a test that waits for something fails
MOMENT = 0.05  # seconds in which a mistake would become visible

UNTRAINED = Metrics(math.log(10), 0.1)
MODEL = SoftmaxRegressor(Preprocessing.RAW)


def report(step: int) -> Progress:
    return Progress(step, step / 10, UNTRAINED, UNTRAINED, 0.0, MODEL)


class Source:
    """An iterator of reports 1, 2, 3 ... that waits until the test lets it answer.

    When report n is asked for, report n - 1 is in the history.
    """

    def __init__(self) -> None:
        self._asked: Queue[int] = Queue()
        self._answers: Queue[Progress | Exception | None] = Queue()
        self._step = 0

    def __iter__(self) -> Iterator[Progress]:
        return self

    def __next__(self) -> Progress:
        self._step += 1
        self._asked.put(self._step)
        answer = self._answers.get(timeout=TIMEOUT)
        if answer is None:
            raise StopIteration
        if isinstance(answer, Exception):
            raise answer
        return answer

    def wait_until_asked(self) -> int:
        """Wait until a report is asked for and return its number."""
        return self._asked.get(timeout=TIMEOUT)

    def is_left_alone(self) -> bool:
        """Return whether no report is asked for during a moment."""
        try:
            self._asked.get(timeout=MOMENT)
        except Empty:
            return True
        return False

    def give(self, steps: int = 1) -> None:
        """Give this many reports, and each time wait until the next is asked for."""
        for _ in range(steps):
            self.answer()
            self.wait_until_asked()

    def answer(self) -> None:
        self._answers.put(report(self._step))

    def end(self, error: Exception | None = None) -> None:
        self._answers.put(error)


class Clock:
    """A clock that only the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr("mnist_core.training.worker.time", SimpleNamespace(monotonic=lambda: self.now))


def steps(worker: TrainingWorker) -> list[int]:
    return [report.step for report in worker.history]


def wait_for(condition: Callable[[], bool]) -> None:
    waiter = Event()
    for _ in range(round(TIMEOUT / 0.001)):
        if condition():
            return
        waiter.wait(0.001)
    pytest.fail(f"not true within {TIMEOUT} s")
