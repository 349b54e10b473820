"""How well a model reads by how many digits it has learned: the runs of several seeds side by side.

Runs that differ in their seed alone have batches of one size, so one product of K pairs of matrices serves
all of them: a call to torch then does K times the work, and two threads rarely wait for each other. Runs with
one seed and other wrong labels even have the same batches, which are gathered once for both.

The arithmetic is that of mnist_core/training/sgd.py, where the formulas stand. Sums are rounded differently
from those of a single run, which changes the weights in the seventh digit.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial

import torch
from torch import Tensor

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Digits, Split
from mnist_core.model import CHUNK, CLASSES, PIXELS, SCALE, likeliest_digits
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.training.digits import Learned, count_to_learn, digits_to_learn
from mnist_core.training.report import TRAIN_SAMPLE

LABELLED_AT_A_TIME = 2_000  # digits, whose labels become vectors of nine zeros and a one


@dataclass(frozen=True)
class Reading:
    """How well a run reads in the end.

    Attributes:
        config: its settings.
        train: the share of the digits learned, or of the first 5,000, that it reads as it was taught, 0 to 1.
        test: the share of the test digits that it reads correctly, 0 to 1.
    """

    config: TrainingConfig
    train: float
    test: float


def learn_by_digits(
    config: TrainingConfig,
    digits: Digits,
    counts: Sequence[int],
    *,
    seeds: Sequence[int] = range(5),
    wrong_labels: Sequence[float] = (0.0,),
    workers: int = 2,
) -> Iterator[Reading]:
    """Learn each number of training digits, from each seed, with each share of wrong labels.

    Args:
        config: the other settings.
        digits: to learn from and to test on, not yet preprocessed.
        counts: how many digits to learn.
        seeds: each chooses other digits, and goes through them in another order.
        wrong_labels: shares of the digits learned.
        workers: how many threads; the runs of one count share a thread.

    Yields:
        The end of each run: count by count, from each seed, with each share.

    Raises:
        ValueError: a value out of its range, see `TrainingConfig`, or more digits than there are.
    """
    groups = [
        [
            [replace(config, training_digits=count, seed=seed, wrong_labels=share) for share in wrong_labels]
            for seed in seeds
        ]
        for count in counts
    ]
    for group in groups:
        count_to_learn(group[0][0], len(digits.train))
    return _readings(groups, digits, workers)


def _readings(groups: list[list[list[TrainingConfig]]], digits: Digits, workers: int) -> Iterator[Reading]:
    ready = preprocessed_digits(digits, groups[0][0][0].preprocessing)
    largest_first = sorted(groups, key=lambda group: -(group[0][0].training_digits or 0))
    with ThreadPoolExecutor(workers, "few-digits") as threads:
        # The most digits take longest: begun first, they leave no thread alone with them at the end.
        begun = {id(group): threads.submit(_learn, group, ready) for group in largest_first}
        for group in groups:
            yield from begun[id(group)].result()


@torch.inference_mode()
def _learn(configs: list[list[TrainingConfig]], digits: Digits) -> list[Reading]:
    """Learn the runs of K seeds, each with S shares of wrong labels, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        learned = [[digits_to_learn(digits.train, config) for config in row] for row in configs]
        weights = _weights(configs, learned, digits.train)  # (K, S, 10, 785)
        return [
            Reading(config, _accuracy(model, known.first(TRAIN_SAMPLE)), _accuracy(model, digits.test))
            for row, knowns, models in zip(configs, learned, weights, strict=True)
            for config, known, model in zip(row, knowns, models, strict=True)
        ]
    finally:
        torch.set_num_threads(threads)


def _weights(configs: list[list[TrainingConfig]], learned: list[list[Learned]], train: Split) -> Tensor:
    """Learn the weights of all runs, (K, S, 10, 785), the bias last."""
    seeds, shares, first = len(configs), len(configs[0]), configs[0][0]
    images = train.images.flatten(start_dim=1)
    labels = [torch.stack([known.split.labels for known in row]) for row in learned]  # K times (S, N)
    weights = torch.zeros(seeds, shares * CLASSES, PIXELS + 1)
    buffers = cache(partial(_Buffers, seeds, shares))  # by batch size: one for all batches, one for the last
    for epoch in range(first.epochs):
        order = torch.stack(
            [row[0].order(config[0].seed, epoch) for row, config in zip(learned, configs, strict=True)]
        )
        for part in order.split(first.batch_size * -(-LABELLED_AT_A_TIME // first.batch_size), dim=1):
            known = torch.stack([known[:, places] for known, places in zip(labels, part, strict=True)])
            one_hot = torch.zeros(seeds, shares, CLASSES, part.size(1)).scatter_(2, known[:, :, None], 1)
            batches = zip(part.split(first.batch_size, 1), one_hot.split(first.batch_size, 3), strict=True)
            for batch, y in batches:
                size = batch.size(1)
                at = buffers(size)
                torch.index_select(images, 0, batch.flatten(), out=at.gathered)
                at.ink.copy_(at.gathered.view(at.ink.shape))
                torch.baddbmm(at.z, weights, at.x_transposed, beta=0, alpha=SCALE, out=at.z)  # Z = XWᵀ + b
                error = at.z.view(y.shape).softmax(dim=2).sub_(y).flatten(1, 2)  # P - Y
                weights.baddbmm_(error, at.x, alpha=-first.learning_rate * SCALE / size)
    return weights.view(seeds, shares, CLASSES, PIXELS + 1)


class _Buffers:
    """What a step writes to, for K seeds, S shares and B digits, with the views of it that a step needs."""

    def __init__(self, seeds: int, shares: int, rows: int) -> None:
        self.gathered = torch.empty(seeds * rows, PIXELS, dtype=torch.uint8)
        self.x = torch.full((seeds, rows, PIXELS + 1), 1 / SCALE)  # (K, B, 785); the last pixel stays full
        self.ink, self.x_transposed = self.x[:, :, :PIXELS], self.x.transpose(1, 2)
        self.z = torch.empty(seeds, shares * CLASSES, rows)  # (K, 10 S, B)


def _accuracy(weights: Tensor, split: Split) -> float:
    """Count how many digits are read as they are labelled, as a share, with weights (10, 785)."""
    right = 0
    for images, labels in zip(split.images.flatten(1).split(CHUNK), split.labels.split(CHUNK), strict=True):
        logits = torch.addmm(weights[:, PIXELS], images.float(), weights[:, :PIXELS].T, alpha=SCALE)
        right += int((likeliest_digits(logits) == labels).sum())
    return right / len(split)
