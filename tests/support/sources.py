"""A source of reports for runs in the background, which gives one only when the test lets it."""

import math
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from threading import Event
from types import SimpleNamespace

import pytest

from mnist_core import Metrics, Preprocessing, Progress, SoftmaxRegressor, TrainingWorker

PATIENCE = 30  # seconds until a test that waits for something fails
MOMENT = 0.05  # seconds in which something that is wrong would show itself

NOTHING = Metrics(math.log(10), 0.1)
MODEL = SoftmaxRegressor(Preprocessing.RAW)


def report(step: int) -> Progress:
    return Progress(step, step / 10, NOTHING, NOTHING, 0.0, MODEL)


class Source:
    """An iterator of reports 1, 2, 3 ... that says when it is asked and waits to be allowed to answer.

    When it is asked for report n, report n - 1 is in the history.
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
        answer = self._answers.get(timeout=PATIENCE)
        if answer is None:
            raise StopIteration
        if isinstance(answer, Exception):
            raise answer
        return answer

    def is_asked(self) -> int:
        """Wait until a report is asked for and tell which."""
        return self._asked.get(timeout=PATIENCE)

    def is_left_alone(self) -> bool:
        """Tell whether nothing is asked for a moment."""
        try:
            self._asked.get(timeout=MOMENT)
        except Empty:
            return True
        return False

    def give(self, steps: int = 1) -> None:
        """Answer so many times, and wait each time until the next is asked for."""
        for _ in range(steps):
            self.answer()
            self.is_asked()

    def answer(self) -> None:
        self._answers.put(report(self._step))

    def end(self, error: Exception | None = None) -> None:
        self._answers.put(error)


class Clock:
    """A clock that stands still until the test sets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr("mnist_core.training.worker.time", SimpleNamespace(monotonic=lambda: self.now))


def steps(run: TrainingWorker) -> list[int]:
    return [report.step for report in run.history]


def wait_for(condition: Callable[[], bool]) -> None:
    waiter = Event()
    for _ in range(round(PATIENCE / 0.001)):
        if condition():
            return
        waiter.wait(0.001)
    pytest.fail("it did not come about")
