"""The pieces of work that a sweep is divided into, and the function that does one of them.

A task is a group of cells that differ in the learning rate alone. The division depends on the grid alone,
not on how many workers there are: the rounding of a product depends on its shape, so only equal groups give
results that are equal bit for bit.
"""

import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Protocol

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import SOURCES, Split
from mnist_core.evaluation.metrics import Metrics, metrics_from_logits
from mnist_core.model import CHUNK, SoftmaxRegressor, likeliest_digits
from mnist_core.one_thread import one_thread
from mnist_core.sweep.grid import Cell, Grid, SweepResult
from mnist_core.sweep.stacked_sgd import StackedSGD
from mnist_core.training.digits import digits_to_learn
from mnist_core.training.sgd import SGD

# Learning rates side by side: a product of 160 rows runs at full speed, and more would gain little.
GROUP = 16

# Digits between two looks at whether to stop: half a second with steps of a single digit.
DIGITS_PER_LOOK = 2_000


@dataclass(frozen=True)
class Task:
    """Cells that are learned side by side.

    Attributes:
        cells: at least one; they differ in the learning rate alone.
        config: the settings of the first, which the others share but for the learning rate.
    """

    cells: tuple[Cell, ...]
    config: TrainingConfig

    @property
    def cost(self) -> float:
        """About how long it takes, to sort by: microseconds for each digit of MNIST, as measured here."""
        size, count = self.config.batch_size, SOURCES["mnist"][0]
        share = (self.config.training_digits or count) / count
        return share * (20 / size + (0.6 if size <= CHUNK else 1.0) + 0.35 * len(self.cells))


def divide(grid: Grid, done: Collection[Cell] = ()) -> list[Task]:
    """Divide the cells that are not done into tasks, in the order in which to begin them.

    First comes a single cell, so that there is something to see soon; then, in turns, the cheapest task that
    is left, to show more results soon, and the most expensive, so that no core is left alone with it at the
    end.
    """
    groups = []
    for _, same in groupby(grid.cells, key=lambda cell: replace(cell, learning_rate=0.0)):
        cells = tuple(same)
        groups += [cells[start : start + GROUP] for start in range(0, len(cells), GROUP)]
    first = min(groups, key=lambda cells: _task(grid, cells).cost)
    groups.remove(first)
    groups = sorted(filter(None, (first[1:], *groups)), key=lambda cells: _task(grid, cells).cost)
    half = (len(groups) + 1) // 2
    ordered = [first[:1]]
    for place in range(half):
        ordered += (
            [groups[place]] if place == len(groups) - 1 - place else [groups[place], groups[-1 - place]]
        )
    done = set(done)
    left = (tuple(cell for cell in cells if cell not in done) for cells in ordered)
    return [_task(grid, cells) for cells in left if cells]


def _task(grid: Grid, cells: tuple[Cell, ...]) -> Task:
    return Task(cells, grid.config(cells[0]))


class TrainingDigits(Protocol):
    """Where a task finds the training digits; it is pickled along with each task, so it must be small."""

    def split(self, name: str) -> Split | None:
        """Return all training digits of one input, preprocessed; None once they are withdrawn."""

    def withdrawn(self) -> bool:
        """Tell whether the sweep has ended or was cancelled, so that its work can stop."""


def run_task(digits: TrainingDigits, task: Task) -> list[SweepResult]:
    """Do one task; return no results if the digits are withdrawn meanwhile."""
    split = digits.split(task.config.preprocessing)
    return learn_side_by_side(task, split, digits.withdrawn) if split else []


@one_thread()
def learn_side_by_side(task: Task, split: Split, stopped: Callable[[], bool]) -> list[SweepResult]:
    """Learn all cells of a task, on one thread: the other cores have tasks of their own.

    Args:
        task: the cells.
        split: all training digits, preprocessed.
        stopped: asked before each epoch, and within it about every 2,000 digits, whether to stop.

    Returns:
        A result for each cell, in their order; none if it was stopped.
    """
    began = time.perf_counter()
    learned = digits_to_learn(split, task.config)
    held_out = learned.held_out
    assert held_out is not None  # as a grid has at least one
    sgd, size = _begin(task), task.config.batch_size
    digits_per_look = size * math.ceil(DIGITS_PER_LOOK / size)  # whole batches, which stay what they are
    curves: list[list[tuple[int, Metrics]]] = [[] for _ in task.cells]
    for epoch in range(task.config.epochs):
        for part in learned.order(task.config.seed, epoch).split(digits_per_look):
            if stopped():
                return []
            sgd.learn(learned.split, part)
        if isinstance(sgd, SGD):
            logits = [sgd.model().logits(held_out.images)]
        else:
            logits = list(sgd.logits(held_out.images))
        for curve, z in zip(curves, logits, strict=True):
            curve.append((epoch + 1, metrics_from_logits(z, held_out.labels)))
    rights = [likeliest_digits(z) == held_out.labels for z in logits]
    seconds = (time.perf_counter() - began) / len(task.cells)
    return [
        SweepResult(cell, tuple(curve), right, seconds)
        for cell, curve, right in zip(task.cells, curves, rights, strict=True)
    ]


def _begin(task: Task) -> StackedSGD | SGD:
    """Begin to learn a stack of cells, or a single one as a run does, which is faster for ten columns."""
    if len(task.cells) == 1:
        return SGD(SoftmaxRegressor(task.config.preprocessing), task.config)
    return StackedSGD([cell.learning_rate for cell in task.cells], task.config.batch_size)
