"""All test digits read at once: what confusion, mistakes and calibration follow from."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from mnist_core.data import Digits
from mnist_core.model import CLASSES, SoftmaxRegressor
from mnist_core.normalized import normalized_digits


@dataclass(frozen=True, eq=False)
class Reading:
    """What a model made of digits whose labels are known.

    Attributes:
        probabilities: (N, 10) float32, as `predict` gives them; each row sums to 1.
        labels: (N,) int64, 0 to 9.

    Raises:
        ValueError: the shapes do not agree, or something is no probability or no label.
    """

    probabilities: Tensor = field(repr=False)
    labels: Tensor

    def __post_init__(self) -> None:
        """Check shapes and ranges."""
        probabilities, labels = self.probabilities, self.labels
        if labels.ndim != 1 or not len(labels) or probabilities.shape != (len(labels), CLASSES):
            raise ValueError(
                f"expected probabilities (N, {CLASSES}) with labels (N,), N at least 1, "
                f"got {tuple(probabilities.shape)} with {tuple(labels.shape)}"
            )
        sums = probabilities.sum(dim=1)
        if probabilities.min() < 0 or not torch.allclose(sums, torch.ones_like(sums), atol=1e-4):
            raise ValueError("expected rows of probabilities that sum to 1: take the softmax of the logits")
        check_digits(labels)

    @property
    def answers(self) -> Tensor:
        """The likeliest digit of each row, (N,) int64."""
        return self.probabilities.max(dim=1).indices

    @property
    def confidences(self) -> Tensor:
        """The probability given to each answer, (N,) float32, 0.1 to 1."""
        return self.probabilities.amax(dim=1)

    def __len__(self) -> int:
        """Count the digits."""
        return len(self.labels)


def read(model: SoftmaxRegressor, digits: Digits) -> Reading:
    """Read every test digit, normalized as the model learned them; they are normalized only the first time.

    For other digits make a `Reading` of what `predict` says of them.
    """
    test = normalized_digits(digits, model.normalization).test
    return Reading(model.logits(test.images).softmax(dim=1), test.labels)


def check_digits(digits: Tensor) -> None:
    """Raise ValueError unless each of them, (N,) int64, is one of 0 to 9."""
    if digits.dtype != torch.int64 or digits.ndim != 1:
        raise ValueError(f"expected digits (N,) int64, got {tuple(digits.shape)} {digits.dtype}")
    if len(digits) and not 0 <= int(digits.min()) <= int(digits.max()) < CLASSES:
        raise ValueError(
            f"expected digits from 0 to {CLASSES - 1}, got {int(digits.min())} to {int(digits.max())}"
        )
