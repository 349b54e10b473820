"""A training run as a generator: pull to learn, stop pulling to pause, drop it to stop."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mnist_core.config import TrainingConfig
from mnist_core.data import Digits
from mnist_core.descent import Descent
from mnist_core.evaluation import Metrics, metrics_of
from mnist_core.model import SoftmaxRegressor
from mnist_core.normalized import normalized_digits


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a run has come.

    Attributes:
        step: steps taken since the run's start.
        epoch: epochs done since the run's start; 2.5 is the middle of the third.
        train: over the digits learned since the report before, each as it was read just before its
            own step, so by somewhat older weights than `model`.
        test: over all test digits, by `model`.
        seconds: time spent learning and testing since the run's start, pauses left out.
        model: a copy of the model at this moment, which nothing changes any more.
    """

    step: int
    epoch: float
    train: Metrics
    test: Metrics
    seconds: float
    model: SoftmaxRegressor


def train(config: TrainingConfig, digits: Digits, *, start: Progress | None = None) -> Iterator[Progress]:
    """Learn digits, and report now and then.

    Nothing happens until the first report is asked for. The same config and digits give the same
    reports, bit for bit (`seconds` apart), on one machine and thread count.

    Args:
        config: the settings.
        digits: what to learn from and to test on, not yet normalized.
        start: a report to go on from, by `config.epochs` more epochs. With the config that it came
            from, the run goes on as if it had never stopped.

    Yields:
        `config.reports_per_epoch` reports an epoch, evenly spread, the last at its end; fewer where
        an epoch has fewer steps.

    Raises:
        ValueError: `start` has learned from digits normalized in another way than the config asks for.
    """
    if start is not None and start.model.normalization != config.normalization:
        raise ValueError(
            f"a run goes on with the normalization it began with, {start.model.normalization}, "
            f"but the settings ask for {config.normalization}: begin a new run for that"
        )
    return _reports(config, digits, start)


def _reports(config: TrainingConfig, digits: Digits, start: Progress | None) -> Iterator[Progress]:
    digits = normalized_digits(digits, config.normalization)
    count = len(digits.train)
    descent = Descent(start.model if start else SoftmaxRegressor(config.normalization), config)
    step, seconds, done = (start.step, start.seconds, round(start.epoch * count)) if start else (0, 0.0, 0)
    order, ordered_epoch = torch.empty(0), -1

    for epoch, first, last in _stretches(config, count, done, done + config.epochs * count):
        began = time.perf_counter()
        if epoch != ordered_epoch:
            order, ordered_epoch = order_of_epoch(config.seed, epoch, count), epoch
        learned = descent.learn(digits.train, order[first:last])
        model = descent.model()
        tested = metrics_of(model.logits(digits.test.images), digits.test.labels)
        seconds += time.perf_counter() - began
        step += math.ceil((last - first) / config.batch_size)
        yield Progress(step, epoch + last / count, learned, tested, seconds, model)


def _stretches(config: TrainingConfig, count: int, done: int, goal: int) -> Iterator[tuple[int, int, int]]:
    """Cut the way from `done` to `goal` digits into what is learned between two reports.

    A stretch is (epoch, first, last), the last two being places in the order of that epoch. It ends
    with the step that completes another `reports_per_epoch`-th of the epoch.
    """
    while done < goal:
        epoch, first = divmod(done, count)
        end = min(count, goal - epoch * count)
        for last in (*range(first + config.batch_size, end, config.batch_size), end):
            part, parts_done = (place * config.reports_per_epoch // count for place in (first, last))
            if parts_done > part or last == end:
                yield epoch, first, last
                first = last
        done = epoch * count + end


def order_of_epoch(seed: int, epoch: int, count: int) -> Tensor:
    """Draw the order in which an epoch goes through the digits.

    It follows from the seed and the number of the epoch alone, so that a run can go on from any
    epoch. numpy's SeedSequence mixes the two, so that neighbouring seeds share no order.

    Returns:
        (count,) int64, each of 0..count-1 once.
    """
    mixed = int(np.random.SeedSequence((seed, epoch)).generate_state(1, np.uint64)[0])
    return torch.randperm(count, generator=torch.Generator().manual_seed(mixed))
