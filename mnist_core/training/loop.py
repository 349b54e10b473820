"""A training run as a generator: pull to learn, stop pulling to pause, drop it to stop."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Digits, Split
from mnist_core.evaluation.metrics import Metrics, metrics_from_logits
from mnist_core.model import SoftmaxRegressor
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.training.sgd import SGD


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a run has come.

    Attributes:
        step: steps taken since the start of the run.
        epoch: epochs done since the start of the run; 2.5 is the middle of the third.
        train: over the digits learned since the previous report, each as it was read just before its own
            step, so by somewhat older weights than those of `model`.
        test: over all test digits, read by `model`.
        seconds: time spent learning and testing since the start of the run, without pauses.
        model: a copy of the model at this moment, which nothing changes any more.
        validation: over the digits held out, read by `model`; None if there are none.
    """

    step: int
    epoch: float
    train: Metrics
    test: Metrics
    seconds: float
    model: SoftmaxRegressor
    validation: Metrics | None = None


def train(config: TrainingConfig, digits: Digits, *, start: Progress | None = None) -> Iterator[Progress]:
    """Learn digits, and report the progress now and then.

    Nothing happens until the first report is asked for. The same config and digits give the same reports,
    bit for bit (except for `seconds`), on the same machine and thread count.

    Args:
        config: the settings.
        digits: to learn from and to test on, not yet preprocessed.
        start: a report to continue from, for `config.epochs` more epochs. If it comes from a run with the
            same settings, the run continues as if it had never stopped. Its run must have held out the same
            number of digits, or the model has already learned from some of those held out now.

    Yields:
        `config.reports_per_epoch` reports per epoch, evenly spaced, the last at its end; fewer if it has
        fewer steps.

    Raises:
        ValueError: no training digits are left beside those held out; the model in `start` was trained with
            another preprocessing than the config asks for; or only one of the two holds out digits.
    """
    hold_out(digits.train, config.validation)  # checks the number now, not when the first report is asked for
    if start is not None and start.model.preprocessing != config.preprocessing:
        raise ValueError(
            f"a run continues with the preprocessing it began with, {start.model.preprocessing}, but the "
            f"settings ask for {config.preprocessing}: begin a new run for that"
        )
    if start is not None and (start.validation is not None) != (config.validation > 0):
        held_out = "none" if start.validation is None else "some"
        raise ValueError(
            f"a run continues with the training digits it began with, {held_out} of them held out, but the "
            f"settings hold out {config.validation:,}: begin a new run for that"
        )
    return _reports(config, digits, start)


def _reports(config: TrainingConfig, digits: Digits, start: Progress | None) -> Iterator[Progress]:
    digits = preprocessed_digits(digits, config.preprocessing)
    split, held_out = hold_out(digits.train, config.validation)
    count = len(split)
    sgd = SGD(start.model if start else SoftmaxRegressor(config.preprocessing), config)
    step, seconds, done = (start.step, start.seconds, round(start.epoch * count)) if start else (0, 0.0, 0)
    goal = done + config.epochs * count  # digits

    for epoch in range(done // count, math.ceil(goal / count)):
        began = time.perf_counter()
        order = order_of_epoch(config.seed, epoch, count)
        place, end = max(0, done - epoch * count), min(count, goal - epoch * count)
        for report_place in _report_places(config, count, place, end):
            learned = sgd.learn(split, order[place:report_place])
            model = sgd.model()
            tested = _metrics(model, digits.test)
            validated = _metrics(model, held_out) if held_out else None
            step += math.ceil((report_place - place) / config.batch_size)
            place = report_place
            seconds += time.perf_counter() - began
            yield Progress(step, epoch + place / count, learned, tested, seconds, model, validated)
            began = time.perf_counter()


def _metrics(model: SoftmaxRegressor, preprocessed: Split) -> Metrics:
    return metrics_from_logits(model.logits(preprocessed.images), preprocessed.labels)


def hold_out(split: Split, count: int) -> tuple[Split, Split | None]:
    """Divide training digits into those to learn from and the last `count`, held out for validation.

    Returns:
        Both parts, which share memory with `split`; the second is None if `count` is 0.

    Raises:
        ValueError: no digits are left to learn from.
    """
    if count == 0:
        return split, None
    left = len(split) - count
    if left < 1:
        raise ValueError(
            f"validation: at most {len(split) - 1:,} of the {len(split):,} training digits can be held out, "
            f"not {count:,}"
        )
    return Split(split.images[:left], split.labels[:left]), Split(split.images[left:], split.labels[left:])


def _report_places(config: TrainingConfig, count: int, first: int, end: int) -> list[int]:
    """List after how many digits of an epoch to report, when learning goes from place `first` to `end`.

    That is after each batch that completes another `reports_per_epoch`-th of the epoch, and at the end.
    """
    batch_ends = [first, *range(first + config.batch_size, end, config.batch_size), end]
    return [
        place
        for previous, place in pairwise(batch_ends)
        if place == end
        or place * config.reports_per_epoch // count > previous * config.reports_per_epoch // count
    ]


def order_of_epoch(seed: int, epoch: int, count: int) -> Tensor:
    """Draw the order in which an epoch goes through the digits.

    It depends on the seed and the number of the epoch alone, so that a run can continue from any epoch.
    numpy's SeedSequence mixes the two, so that neighbouring seeds do not share an order.

    Returns:
        (count,) int64, a permutation of 0..count-1.
    """
    mixed = int(np.random.SeedSequence((seed, epoch)).generate_state(1, np.uint64)[0])
    return torch.randperm(count, generator=torch.Generator().manual_seed(mixed))
