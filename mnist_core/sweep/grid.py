"""Which settings a sweep tries, every learning rate with every batch size and input, and what it finds."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mnist_core.config import TrainingConfig, named
from mnist_core.data.dataset import Split
from mnist_core.evaluation.mcnemar import Score
from mnist_core.evaluation.metrics import Metrics
from mnist_core.model import CLASSES
from mnist_core.preprocessing.preprocess import Preprocessing

MAX_CELLS = 1_000  # a minute or two on two cores with batches of 100; a wrong range would take hours

# The loss of a model that gives each digit the same probability, as every model here does at the start.
LOSS_AT_THE_START = math.log(CLASSES)


@dataclass(frozen=True)
class Cell:
    """The settings that differ within a grid.

    Attributes:
        preprocessing: what is done to each image first.
        batch_size: digits per step.
        learning_rate: what the gradient is multiplied by.
        training_digits: how many are learned; None for all that are not held out.
        wrong_labels: the share of these that are learned as another digit.
    """

    preprocessing: Preprocessing
    batch_size: int
    learning_rate: float
    training_digits: int | None = None
    wrong_labels: float = 0.0


AXES = ("learning_rates", "batch_sizes", "preprocessings", "training_digits", "wrong_labels")  # of a grid


@dataclass(frozen=True)
class Grid:
    """Settings to try, checked when made; lists and arrays are accepted for the tuples, names for the inputs.

    Attributes:
        learning_rates: each above 0 and up to 1e38, none twice.
        batch_sizes: each at least 1, none twice.
        preprocessings: the inputs to try, none twice.
        epochs: how many times each model goes through the digits it learns from, at least 1.
        seed: determines the order of the digits, which all cells share; 0 to 2^63 - 1.
        validation: how many digits, the last of the training digits, are held out to choose by; at least 1.
        training_digits: how many of the others to learn, each at least 10, or None for all; none twice.
        wrong_labels: the shares of these that are learned as another digit, each 0 to 1, none twice.

    Raises:
        ValueError: a value out of its range, none or the same twice, or more than 1,000 cells.
    """

    learning_rates: tuple[float, ...]
    batch_sizes: tuple[int, ...]
    preprocessings: tuple[Preprocessing, ...] = (Preprocessing.DIRECTIONS,)
    epochs: int = 3
    seed: int = 0
    validation: int = 5_000
    training_digits: tuple[int | None, ...] = (None,)
    wrong_labels: tuple[float, ...] = (0.0,)

    if TYPE_CHECKING:

        def __init__(
            self,
            learning_rates: Sequence[float] | NDArray[Any],
            batch_sizes: Sequence[int] | NDArray[Any],
            preprocessings: Sequence[Preprocessing | str] = ...,
            epochs: int | np.integer = ...,
            seed: int | np.integer = ...,
            validation: int | np.integer = ...,
            training_digits: Sequence[int | None] | NDArray[Any] = ...,
            wrong_labels: Sequence[float] | NDArray[Any] = ...,
        ) -> None:
            """Take numpy's numbers and the names of the inputs too."""

    def __post_init__(self) -> None:
        """Refuse a grid that cannot be learned, before anything starts."""
        for name in AXES:
            object.__setattr__(self, name, _values(name, getattr(self, name)))
        counts = {name: len(getattr(self, name)) for name in AXES}
        if (count := math.prod(counts.values())) > MAX_CELLS:
            several = [f"{many:,} {name.replace('_', ' ')}" for name, many in counts.items() if many > 1]
            raise ValueError(
                f"expected a grid of at most {MAX_CELLS:,} cells, got {count:,}: {' x '.join(several)}"
            )
        configs = [self.config(cell) for cell in self.cells]  # checks each value
        if self.validation < 1:
            raise ValueError(
                f"validation must be at least 1, the digits to choose settings by, not {self.validation}"
            )
        converted: dict[str, Iterable[Any]] = {
            "preprocessings": map(Preprocessing, self.preprocessings),
            "learning_rates": map(float, self.learning_rates),
            "batch_sizes": map(int, self.batch_sizes),
            "training_digits": (None if n is None else int(n) for n in self.training_digits),
            "wrong_labels": map(float, self.wrong_labels),
        }
        for name in ("epochs", "seed", "validation"):
            object.__setattr__(self, name, getattr(configs[0], name))
        for name in AXES:
            object.__setattr__(self, name, tuple(converted[name]))
            _refuse_duplicates(name, getattr(self, name))

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every combination, each setting in the order given; the learning rate changes first."""
        combinations = product(
            self.preprocessings,
            self.training_digits,
            self.wrong_labels,
            self.batch_sizes,
            self.learning_rates,
        )
        return tuple(Cell(how, size, rate, n, wrong) for how, n, wrong, size, rate in combinations)

    def config(self, cell: Cell) -> TrainingConfig:
        """Return the settings of the run that a cell stands for, with digits held out for validation."""
        return TrainingConfig(
            **vars(cell),
            epochs=self.epochs,
            seed=self.seed,
            reports_per_epoch=1,
            validation=self.validation,
        )


def digits_to_hold_out(train: Split) -> int:
    """How many training digits to hold out by default: 5,000, or a quarter if that is fewer."""
    return min(Grid.validation, len(train) // 4)


@dataclass(frozen=True, eq=False)
class SweepResult:
    """How one cell has learned.

    Attributes:
        cell: its settings.
        curve: after each epoch its number, 1 to `Grid.epochs`, and the metrics over the V digits held out.
        right: (V,) bool, which of these digits the model reads correctly in the end.
        seconds: the time it took to learn and to validate; of cells that are learned side by side, each has
            an equal share.

    Raises:
        ValueError: no epoch, or `right` of another shape or dtype.
    """

    cell: Cell
    curve: tuple[tuple[int, Metrics], ...]
    right: Tensor = field(repr=False)
    seconds: float

    def __post_init__(self) -> None:
        """Check the curve and the shape."""
        if not self.curve:
            raise ValueError("expected a curve of at least one epoch, got none")
        if self.right.dtype != torch.bool or self.right.ndim != 1 or not len(self.right):
            raise ValueError(f"right: expected (V,) bool, got {tuple(self.right.shape)} {self.right.dtype}")

    @property
    def diverged(self) -> bool:
        """Whether the loss in the end is above ln 10, that of the untrained model, or is not finite.

        Such a model has learned worse than nothing by the measure that it minimizes, though it may still read
        many digits correctly.
        """
        return not self.metrics.loss <= LOSS_AT_THE_START  # also if it is nan

    @property
    def metrics(self) -> Metrics:
        """Loss and accuracy over the digits held out, in the end."""
        return self.curve[-1][1]

    @property
    def validation(self) -> Score:
        """How many of the digits held out are read correctly in the end, with the interval."""
        return Score(int(self.right.sum()), len(self.right))


def _values(name: str, values: Sequence[Any] | NDArray[Any]) -> tuple[Any, ...]:
    if isinstance(values, np.ndarray) and values.ndim == 1:
        values = values.tolist()
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise ValueError(f"{name}: expected a list of values, got {named(values)}")
    if not values:
        raise ValueError(f"{name}: expected at least one value, got none")
    return tuple(values)


def _refuse_duplicates(name: str, values: tuple[Any, ...]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{name}: expected each value once, got {value} {values.count(value)} times")
