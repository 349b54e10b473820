"""Which digit is taken for which."""

from dataclasses import dataclass

from torch import Tensor

from mnist_core.model import CLASSES
from mnist_core.reading import check_digits


@dataclass(frozen=True, eq=False)
class DigitScores:
    """How well each digit is read; all three are (10,), one number a digit.

    Attributes:
        precision: of the answers that name the digit, the share that is right, float64, 0 to 1; nan for
            a digit that is never answered, because a share of nothing has no value.
        recall: of the digits that are it, the share that is read right, float64, 0 to 1; nan for a
            digit that does not occur.
        count: how often the digit occurs, int64.
    """

    precision: Tensor
    recall: Tensor
    count: Tensor


def confusion_matrix(labels: Tensor, answers: Tensor) -> Tensor:
    """Count each answer to each digit.

    Args:
        labels: (N,) int64, what the digits are, 0 to 9.
        answers: (N,) int64, what they were read as, 0 to 9.

    Returns:
        (10, 10) int64: in row i and column j how many digits i were read as j.

    Raises:
        ValueError: different lengths, another dtype, or something that is no digit.
    """
    if labels.shape != answers.shape:
        raise ValueError(
            f"expected an answer to each label, got {tuple(labels.shape)} labels and "
            f"{tuple(answers.shape)} answers"
        )
    check_digits(labels)
    check_digits(answers)
    return (labels * CLASSES + answers).bincount(minlength=CLASSES**2).view(CLASSES, CLASSES)


def digit_scores(matrix: Tensor) -> DigitScores:
    """Sum up a confusion matrix, (10, 10) int64, digit by digit; ValueError for another shape."""
    if matrix.shape != (CLASSES, CLASSES):
        raise ValueError(f"expected a confusion matrix (10, 10), got {tuple(matrix.shape)}")
    right = matrix.diagonal().double()
    answered, count = matrix.sum(dim=0), matrix.sum(dim=1)
    return DigitScores(precision=right / answered, recall=right / count, count=count)  # 0 / 0 is nan
