"""What a model predicts: the base of confusion, mistakes and calibration."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from mnist_core.arrays import Array, describe, labels_of, tensor_of
from mnist_core.data.dataset import Digits
from mnist_core.model import CLASSES, SoftmaxRegressor, likeliest_digits
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.preprocessing.preprocess import preprocess


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model predicts for digits whose labels are known.

    Attributes:
        probabilities: (N, 10) float32, as `predict_proba` returns them; each row sums to 1.
        labels: (N,) int64, 0 to 9.

    Raises:
        ValueError: the shapes do not match, or something is not a probability or not a label.
    """

    probabilities: Tensor = field(repr=False)
    labels: Tensor

    def __init__(self, probabilities: Array, labels: Array) -> None:
        """Check shapes and ranges."""
        probabilities, labels = tensor_of("probabilities", probabilities), labels_of(labels)
        if labels.ndim != 1 or not len(labels) or probabilities.shape != (len(labels), CLASSES):
            raise ValueError(
                f"expected probabilities (N, {CLASSES}) with labels (N,), N at least 1, "
                f"got {tuple(probabilities.shape)} with {tuple(labels.shape)}"
            )
        sums = probabilities.sum(dim=1)
        if probabilities.min() < 0 or not torch.allclose(sums, torch.ones_like(sums), atol=1e-4):
            raise ValueError("expected rows of probabilities that sum to 1: take the softmax of the logits")
        check_labels(labels)
        object.__setattr__(self, "probabilities", probabilities)
        object.__setattr__(self, "labels", labels)

    @property
    def predicted(self) -> Tensor:
        """The likeliest digit of each row, (N,) int64."""
        return likeliest_digits(self.probabilities)

    @property
    def confidences(self) -> Tensor:
        """The probability of the predicted digit, (N,) float32, 0.1 to 1."""
        return self.probabilities.amax(dim=1)

    def __len__(self) -> int:
        """Count the digits."""
        return len(self.labels)


def predict_proba(model: SoftmaxRegressor, images: Array) -> Tensor:
    """Predict the probability of each digit.

    Args:
        model: any model; the images are preprocessed as its training digits were.
        images: (N, 28, 28) uint8, ink 0..255, not yet preprocessed.

    Returns:
        (N, 10) float32; each row sums to 1.

    Raises:
        ValueError: another shape or dtype.
    """
    return model.logits(preprocess(images, model.preprocessing)).softmax(dim=1)


def predict_test(model: SoftmaxRegressor, digits: Digits) -> Predictions:
    """Predict every test digit, preprocessed as the model expects; the preprocessed digits are cached.

    For other digits, make `Predictions` from what `predict_proba` returns.
    """
    test = preprocessed_digits(digits, model.preprocessing).test
    return Predictions(model.logits(test.images).softmax(dim=1), test.labels)


@dataclass(frozen=True, eq=False)
class RankedPredictions:
    """Some of the predictions, the most confident first; each field is (M,), one entry per digit.

    Attributes:
        indices: the digit's place among all, int64.
        labels: what the digit is, int64.
        predicted: what it was read as, int64.
        probabilities: of the predicted digit, float32, in descending order.
    """

    indices: Tensor
    labels: Tensor
    predicted: Tensor
    probabilities: Tensor

    def __len__(self) -> int:
        """Count the predictions."""
        return len(self.indices)

    def where(self, *, label: int | None = None, predicted: int | None = None) -> "RankedPredictions":
        """Keep those with this label and this predicted digit; None accepts any."""
        mask = torch.ones_like(self.labels, dtype=torch.bool)
        if label is not None:
            mask &= self.labels == label
        if predicted is not None:
            mask &= self.predicted == predicted
        return self[mask]

    def __getitem__(self, part: slice | Tensor) -> "RankedPredictions":
        """Return a part: a slice such as `[:20]`, or the entries where a mask, (M,) bool, is true."""
        columns = (self.indices, self.labels, self.predicted, self.probabilities)
        return RankedPredictions(*(column[part] for column in columns))


def most_confident_first(predictions: Predictions) -> RankedPredictions:
    """Sort all predictions by confidence; equally confident ones keep their order."""
    order = predictions.confidences.argsort(descending=True, stable=True)
    columns = (predictions.labels, predictions.predicted, predictions.confidences)
    return RankedPredictions(order, *(column[order] for column in columns))


def mistakes(predictions: Predictions) -> RankedPredictions:
    """List the digits that were read wrongly, the most confident first: these are the most instructive."""
    ranked = most_confident_first(predictions)
    return ranked[ranked.labels != ranked.predicted]


def check_labels(labels: Tensor) -> None:
    """Raise ValueError unless the labels are (N,) int64, each from 0 to 9."""
    if labels.dtype != torch.int64 or labels.ndim != 1:
        raise ValueError(f"expected digits (N,), whole numbers, got {describe(labels)}")
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < CLASSES:
        raise ValueError(
            f"expected digits from 0 to {CLASSES - 1}, got {int(labels.min())} to {int(labels.max())}"
        )
