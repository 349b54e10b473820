"""What is computed from the digits once for everybody, in a thread, when it is first asked for."""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from mnist_core import (
    Digits,
    Grid,
    Preprocessing,
    Progress,
    SoftmaxRegressor,
    SweepResult,
    TrainingConfig,
    sweep,
    train,
)
from mnist_core.sweep.learning_curve import Reading, learn_by_digits

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


EPOCHS, RATE = 3, 0.5  # a second or two each, and near the best that each input can do


@dataclass(frozen=True, eq=False)
class Reader:
    """A trained model, and its test accuracy, 0 to 1."""

    model: SoftmaxRegressor
    accuracy: float


Readers = Mapping[Preprocessing, Reader]


def _train(digits: Digits) -> Readers:
    return dict(_readers(digits))


def _readers(digits: Digits) -> Iterator[tuple[Preprocessing, Reader]]:
    for how in Preprocessing:
        config = TrainingConfig(100, RATE, EPOCHS, preprocessing=how, reports_per_epoch=1)
        *_, last = train(config, digits)
        yield how, Reader(last.model, last.test.accuracy)


input_readers = ForDigits("input-readers", _train)


def _learn_raw(digits: Digits) -> Progress:
    *_, last = train(TrainingConfig(preprocessing=Preprocessing.RAW, reports_per_epoch=1), digits)
    return last


# The end of a run with raw pixels, for pages whose own run has another input.
lesson_report = ForDigits("lesson", _learn_raw)


RATES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
BATCH_SIZES = (10, 50, 200, 1_000, 5_000)
HOLD_OUT_SHARE = 1 / 12  # of the training digits: 5,000 of MNIST's

Results = tuple[SweepResult, ...]


def _compute(digits: Digits) -> Results:
    validation = int(len(digits.train) * HOLD_OUT_SHARE)
    grid = Grid(RATES, BATCH_SIZES, (Preprocessing.RAW,), epochs=1, validation=validation)
    # In this thread alone: a pool of processes would take both cores from the runs that people watch.
    with ThreadPoolExecutor(1, "settings-map-cells") as executor:
        return tuple(sweep(grid, digits, executor=executor))


map_of_settings = ForDigits("settings-map", _compute)


# With 100 digits a run learns them by heart, and with all of them it reads as well as raw pixels allow.
FEW_DIGITS = TrainingConfig(50, 0.2, 10, preprocessing=Preprocessing.RAW)
COUNTS = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)  # and all, if there are more
SEEDS, WRONG = 5, 0.2

Readings = tuple[Reading, ...]


def _learn_few(digits: Digits) -> Readings:
    counts = [*(count for count in COUNTS if count < len(digits.train)), len(digits.train)]
    shares = (0.0, WRONG)
    return tuple(learn_by_digits(FEW_DIGITS, digits, counts, seeds=range(SEEDS), wrong_labels=shares))


# How well runs read by how many digits they have learned, with right and with wrong labels.
readings_by_digits = ForDigits("few-digits", _learn_few)
