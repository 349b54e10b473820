"""Which settings a sweep tries: every learning rate with every batch size and every input."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Split
from mnist_core.preprocessing.preprocess import Preprocessing

MAX_CELLS = 1_000  # a minute or two on two cores with batches of 100; a wrong range would take hours


@dataclass(frozen=True)
class Cell:
    """The settings that differ within a grid.

    Attributes:
        preprocessing: what is done to each image first.
        batch_size: digits per step.
        learning_rate: what the gradient is multiplied by.
    """

    preprocessing: Preprocessing
    batch_size: int
    learning_rate: float


@dataclass(frozen=True)
class Grid:
    """Settings to try, checked when made; lists are accepted for the tuples, names for the inputs.

    Attributes:
        learning_rates: each above 0 and up to 1e38, none twice.
        batch_sizes: each at least 1, none twice.
        preprocessings: the inputs to try, none twice.
        epochs: how many times each model goes through the digits it learns from, at least 1.
        seed: determines the order of the digits, which all cells share; 0 to 2^63 - 1.
        validation: how many digits, the last of the training digits, are held out to choose by; at least 1.

    Raises:
        ValueError: a value out of its range, none or the same twice, or more than 1,000 cells.
    """

    learning_rates: tuple[float, ...]
    batch_sizes: tuple[int, ...]
    preprocessings: tuple[Preprocessing, ...] = (Preprocessing.DIRECTIONS,)
    epochs: int = 3
    seed: int = 0
    validation: int = 5_000

    def __post_init__(self) -> None:
        """Refuse a grid that cannot be learned, before anything starts."""
        for name in ("learning_rates", "batch_sizes", "preprocessings"):
            object.__setattr__(self, name, _values(name, getattr(self, name)))
        count = len(self.learning_rates) * len(self.batch_sizes) * len(self.preprocessings)
        if count > MAX_CELLS:
            raise ValueError(
                f"expected a grid of at most {MAX_CELLS:,} cells, got {len(self.learning_rates):,} learning "
                f"rates x {len(self.batch_sizes):,} batch sizes x {len(self.preprocessings):,} inputs = "
                f"{count:,}"
            )
        if not isinstance(self.validation, int) or isinstance(self.validation, bool) or self.validation < 1:
            raise ValueError(
                f"validation must be at least 1, the digits to choose settings by, not {self.validation!r}"
            )
        for cell in self.cells:
            self.config(cell)  # checks each value
        object.__setattr__(self, "preprocessings", tuple(map(Preprocessing, self.preprocessings)))
        object.__setattr__(self, "learning_rates", tuple(map(float, self.learning_rates)))
        for name in ("learning_rates", "batch_sizes", "preprocessings"):
            _refuse_duplicates(name, getattr(self, name))

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every combination: input by input, batch size by batch size, in the order they were given."""
        return tuple(
            Cell(*settings)
            for settings in product(self.preprocessings, self.batch_sizes, self.learning_rates)
        )

    def config(self, cell: Cell) -> TrainingConfig:
        """Return the settings of the run that a cell stands for, with digits held out for validation."""
        return TrainingConfig(
            batch_size=cell.batch_size,
            learning_rate=cell.learning_rate,
            epochs=self.epochs,
            seed=self.seed,
            preprocessing=cell.preprocessing,
            reports_per_epoch=1,
            validation=self.validation,
        )


def digits_to_hold_out(train: Split) -> int:
    """How many training digits to hold out if nobody says: 5,000, or a quarter if that is fewer."""
    return min(Grid.validation, len(train) // 4)


def _values(name: str, values: Sequence[Any]) -> tuple[Any, ...]:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise ValueError(f"{name}: expected a list of values, got {values!r}")
    if not values:
        raise ValueError(f"{name}: expected at least one value, got none")
    return tuple(values)


def _refuse_duplicates(name: str, values: tuple[Any, ...]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{name}: expected each value once, got {value} {values.count(value)} times")
