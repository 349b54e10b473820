"""What a sweep finds out about one cell of its grid."""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mnist_core.evaluation.mcnemar import Score
from mnist_core.evaluation.metrics import Metrics
from mnist_core.model import CLASSES
from mnist_core.sweep.grid import Cell

# The loss of a model that gives each digit the same probability, as every model here does at the start.
LOSS_AT_THE_START = math.log(CLASSES)


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
