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

# Training digits for `Progress.train`: read by the same model as the test digits, so that both compare, and
# few enough to cost a run of twenty reports no more than a tenth.
TRAIN_SAMPLE = 5_000

# Steps after which `early_reports` report: most of the learning happens in the first of them.
EARLY_STEPS = (1, 3, 10, 30, 100, 300)


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a run has come.

    Attributes:
        step: steps taken since the start of the run.
        epoch: epochs done since the start of the run; 2.5 is the middle of the third.
        train: over the first 5,000 training digits, or all if there are fewer, read by `model`.
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
        fewer steps. With `config.early_reports` also one before the first step, and after 1, 3, 10, 30, 100
        and 300 steps.

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
    sample = Split(split.images[:TRAIN_SAMPLE], split.labels[:TRAIN_SAMPLE])
    sgd = SGD(start.model if start else SoftmaxRegressor(config.preprocessing), config)
    step, seconds, done = (start.step, start.seconds, round(start.epoch * count)) if start else (0, 0.0, 0)
    goal = done + config.epochs * count  # digits

    def report(epoch: float) -> Progress:
        model = sgd.model()
        validation = _metrics(model, held_out) if held_out else None
        train, test = _metrics(model, sample), _metrics(model, digits.test)
        return Progress(step, epoch, train, test, seconds + time.perf_counter() - began, model, validation)

    if config.early_reports and start is None:
        began = time.perf_counter()
        yield (progress := report(0.0))
        seconds = progress.seconds
    for epoch in range(done // count, math.ceil(goal / count)):
        began = time.perf_counter()
        order = order_of_epoch(config.seed, epoch, count)
        place, end = max(0, done - epoch * count), min(count, goal - epoch * count)
        for report_place in _report_places(config, count, place, end, step):
            sgd.learn(split, order[place:report_place])
            step += math.ceil((report_place - place) / config.batch_size)
            place = report_place
            yield (progress := report(epoch + place / count))
            seconds, began = progress.seconds, time.perf_counter()


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


def _report_places(config: TrainingConfig, count: int, first: int, end: int, step: int) -> list[int]:
    """List after how many digits of an epoch to report, when learning goes from place `first` to `end`.

    That is after each batch that completes another `reports_per_epoch`-th of the epoch, at the end, and after
    the early steps; `step` is the number of steps taken before.
    """
    batch_ends = [first, *range(first + config.batch_size, end, config.batch_size), end]
    reports = config.reports_per_epoch
    return [
        place
        for taken, (previous, place) in enumerate(pairwise(batch_ends), start=step + 1)
        if place == end
        or place * reports // count > previous * reports // count
        or (config.early_reports and taken in EARLY_STEPS)
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
