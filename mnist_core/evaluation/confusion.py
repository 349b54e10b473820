"""Which digit is mistaken for which."""

from dataclasses import dataclass

from torch import Tensor

from mnist_core.arrays import Array, labels_of, tensor_of
from mnist_core.evaluation.predictions import check_labels
from mnist_core.model import CLASSES


@dataclass(frozen=True, eq=False)
class DigitScores:
    """How well each digit is read; each field is (10,), one number per digit.

    Attributes:
        precision: the share of the predictions of this digit that are right, float64, 0 to 1; nan for a
            digit that is never predicted.
        recall: the share of the images of this digit that are read correctly, float64, 0 to 1; nan for a
            digit that does not occur.
        count: how often the digit occurs, int64.
    """

    precision: Tensor
    recall: Tensor
    count: Tensor


def confusion_matrix(labels: Array, predicted: Array) -> Tensor:
    """Count each pair of label and predicted digit.

    Args:
        labels: (N,) whole numbers, what the digits are, 0 to 9.
        predicted: (N,) whole numbers, what they were read as, 0 to 9.

    Returns:
        (10, 10) int64: row i, column j holds how many digits i were read as j.

    Raises:
        ValueError: different lengths, another dtype, or a value that is not a digit.
    """
    labels, predicted = labels_of(labels), labels_of(predicted)
    if labels.shape != predicted.shape:
        raise ValueError(
            f"expected a prediction for each label, got {tuple(labels.shape)} labels and "
            f"{tuple(predicted.shape)} predictions"
        )
    check_labels(labels)
    check_labels(predicted)
    return (labels * CLASSES + predicted).bincount(minlength=CLASSES**2).view(CLASSES, CLASSES)


def digit_scores(matrix: Array) -> DigitScores:
    """Compute precision and recall from a confusion matrix, (10, 10) int64; ValueError for another shape."""
    matrix = tensor_of("matrix", matrix)
    if matrix.shape != (CLASSES, CLASSES):
        raise ValueError(f"expected a confusion matrix (10, 10), got {tuple(matrix.shape)}")
    right = matrix.diagonal().double()
    predicted, count = matrix.sum(dim=0), matrix.sum(dim=1)
    return DigitScores(precision=right / predicted, recall=right / count, count=count)  # 0 / 0 is nan
