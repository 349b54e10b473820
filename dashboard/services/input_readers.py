"""Four small models that differ in their input alone, trained once for everybody, in a thread."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

from dashboard.learn.computed_once import ForDigits
from mnist_core import Digits, Preprocessing, SoftmaxRegressor, TrainingConfig, train
from mnist_core.preprocessing.preprocess import OFFERED

EPOCHS, RATE = 3, 0.5  # a second or two each, and near the best that each input can do


@dataclass(frozen=True, eq=False)
class Reader:
    """A trained model, and its test accuracy, 0 to 1."""

    model: SoftmaxRegressor
    accuracy: float


Readers = Mapping[Preprocessing, Reader]


def input_readers(digits: Digits) -> Future[Readers]:
    """Return the readers; their training starts when they are first asked for."""
    return trained.get(digits)


def readers_if_asked_for(digits: Digits | None) -> Future[Readers] | None:
    """Return the readers if anybody has asked for them already."""
    return trained.if_asked_for(digits)


def _train(digits: Digits) -> Readers:
    return dict(_readers(digits))


def _readers(digits: Digits) -> Iterator[tuple[Preprocessing, Reader]]:
    for how in OFFERED:
        config = TrainingConfig(100, RATE, EPOCHS, preprocessing=how, reports_per_epoch=1)
        *_, last = train(config, digits)
        yield how, Reader(last.model, last.test.accuracy)


trained = ForDigits("input-readers", _train)
