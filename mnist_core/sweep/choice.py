"""The settings that a sweep recommends, and the model that is trained with them."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from mnist_core.data.dataset import Digits
from mnist_core.evaluation.mcnemar import mcnemar
from mnist_core.model import SoftmaxRegressor
from mnist_core.one_thread import one_thread
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.sweep.grid import Cell, Grid, SweepResult
from mnist_core.training.digits import digits_to_learn
from mnist_core.training.report import Progress, measure
from mnist_core.training.sgd import SGD

LEVEL = 0.05  # of the test: below it, two cells are told apart


@dataclass(frozen=True, eq=False)
class Choice:
    """The best cell of a sweep, and its equals.

    Attributes:
        best: the result with the highest validation accuracy; of several, the one with the lowest loss.
        equals: the others that McNemar's test cannot tell from it, in the order in which they were given.
    """

    best: SweepResult
    equals: tuple[SweepResult, ...]

    @property
    def cells(self) -> frozenset[Cell]:
        """The cells of the best and of its equals: those that carry a mark in a table."""
        return frozenset(result.cell for result in (self.best, *self.equals))


def indistinguishable(results: Iterable[SweepResult]) -> Choice | None:
    """Find the best cell and those that cannot be told apart from it: exact McNemar test, p at least 0.05.

    The test goes over the digits held out, and does not correct for there being many cells. Cells that have
    diverged are not considered; None if there are no others.
    """
    sound = [result for result in results if not result.diverged]
    if not sound:
        return None
    best = max(sound, key=lambda result: (result.validation.right, -result.metrics.loss))
    equals = (
        result
        for result in sound
        if result is not best and mcnemar(best.right, result.right).p_value >= LEVEL
    )
    return Choice(best, tuple(equals))


@one_thread()
def train_best(grid: Grid, cell: Cell, digits: Digits) -> Progress:
    """Train with the settings of a cell and no digits held out, and test once, in the end.

    Returns:
        The report at the end of the run: `model` is the model, `test` its metrics over the test digits.
    """
    config = replace(grid.config(cell), validation=0)
    preprocessed = preprocessed_digits(digits, config.preprocessing)
    learned = digits_to_learn(preprocessed.train, config)
    began = time.perf_counter()
    sgd = SGD(SoftmaxRegressor(config.preprocessing), config)
    for epoch in range(config.epochs):
        sgd.learn(learned.split, learned.order(config.seed, epoch))
    steps = config.epochs * -(-len(learned) // config.batch_size)
    seconds = time.perf_counter() - began
    return measure(sgd.model(), preprocessed, config, step=steps, epoch=float(config.epochs), seconds=seconds)
