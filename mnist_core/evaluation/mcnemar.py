"""Is one model really better than another? Confidence intervals, and McNemar's test on the same digits.

Sources:
- The interval: Wilson, Probable inference, the law of succession, and statistical inference, Journal of the
  American Statistical Association 22, 1927. Newcombe, Two-sided confidence intervals for the single
  proportion: comparison of seven methods, Statistics in Medicine 17, 1998, recommends it.
- The test: McNemar, Note on the sampling error of the difference between correlated proportions or
  percentages, Psychometrika 12, 1947; here with the exact binomial distribution.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mnist_core.arrays import Array, describe, tensor_of
from mnist_core.evaluation.predictions import Predictions


@dataclass(frozen=True)
class Score:
    """How many of some digits were read correctly.

    Attributes:
        right: the number read correctly, 0 to `count`.
        count: the number of digits, at least 1.

    Raises:
        ValueError: a number out of its range.
    """

    right: int
    count: int

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0 <= self.right <= self.count or self.count < 1:
            raise ValueError(f"expected 0 to N of N digits, N at least 1, got {self.right} of {self.count}")

    @property
    def accuracy(self) -> float:
        """The share read correctly, 0 to 1."""
        return self.right / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy, 0 to 1."""
        return wilson_interval(self.right, self.count)


@dataclass(frozen=True)
class McNemar:
    """McNemar's test of two models on the same digits.

    Attributes:
        only_a: how many digits only the first model reads correctly.
        only_b: how many digits only the second one reads correctly.
        p_value: how likely chance alone is to make a difference at least as large, if both models are
            equally good, 0 to 1.
    """

    only_a: int
    only_b: int
    p_value: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two models, a and b, on the same N digits.

    Attributes:
        a: how well the first model reads them.
        b: how well the second one does.
        test: McNemar's test.
        only_a: (M,) int64, the indices of the digits that only the first one reads correctly, ascending.
        only_b: the same for the second one.
    """

    a: Score
    b: Score
    test: McNemar
    only_a: Tensor = field(repr=False)
    only_b: Tensor = field(repr=False)


def wilson_interval(right: int, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Compute the Wilson score interval of an accuracy that was measured on a sample of digits.

    With p = right / count and z the normal quantile (1.96 for 95 %), its ends are the solutions x of
    |p - x| = z √(x (1 - x) / count): the accuracies that the measured one does not contradict.

    Args:
        right: how many digits were read correctly, 0 to `count`.
        count: how many there are, at least 1.
        confidence: the share of such intervals that contain the true accuracy, between 0 and 1.

    Returns:
        The lower and the upper end, 0 to 1.

    Raises:
        ValueError: a number out of its range.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, such as 0.95, not {confidence}")
    right, count = int(right), int(count)  # numpy's would make the ends numpy's too
    share = Score(right, count).accuracy
    z = statistics.NormalDist().inv_cdf((1 + confidence) / 2)
    centre = share + z * z / (2 * count)
    reach = z * math.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    scale = 1 + z * z / count
    low = 0.0 if right == 0 else (centre - reach) / scale  # rounding would miss the exact 0 and 1
    high = 1.0 if right == count else (centre + reach) / scale
    return low, high


def mcnemar(a_right: Array, b_right: Array) -> McNemar:
    """Test whether two models read the same digits equally well: McNemar's exact test, two-sided.

    Only the n digits that exactly one of them reads correctly tell them apart. If both are equally good, each
    of these goes to either model as if by the toss of a coin. So the p-value is twice the probability of at
    most k heads in n tosses, k being the smaller of the two numbers; at most 1.

    Args:
        a_right: (N,) bool, which digits the first model reads correctly.
        b_right: (N,) bool, the same for the second one.

    Raises:
        ValueError: another shape or dtype, or two lengths.
    """
    a_right, b_right = tensor_of("a_right", a_right), tensor_of("b_right", b_right)
    for right in (a_right, b_right):
        if right.dtype != torch.bool or right.shape != a_right.shape or right.ndim != 1:
            raise ValueError(
                "expected two vectors (N,) bool of one length, got "
                f"{describe(a_right)} and {describe(b_right)}"
            )
    only_a, only_b = int((a_right & ~b_right).sum()), int((b_right & ~a_right).sum())
    return McNemar(only_a, only_b, _both_tails(min(only_a, only_b), only_a + only_b))


def _both_tails(heads: int, tosses: int) -> float:
    """Return twice the probability of at most so many heads, at most 1; exact, as the sum is of integers."""
    term = total = 1  # tosses choose 0
    for i in range(heads):
        term = term * (tosses - i) // (i + 1)
        total += term
    probability: float = total / 2**tosses
    return min(1.0, 2 * probability)


def compare(a: Predictions, b: Predictions) -> Comparison:
    """Compare two models on the same digits; ValueError if the labels of the predictions differ."""
    if not torch.equal(a.labels, b.labels):
        raise ValueError(
            f"expected predictions for the same digits, got {len(a):,} and {len(b):,} with different labels"
        )
    a_right, b_right = a.predicted == a.labels, b.predicted == b.labels
    return Comparison(
        a=Score(int(a_right.sum()), len(a)),
        b=Score(int(b_right.sum()), len(b)),
        test=mcnemar(a_right, b_right),
        only_a=(a_right & ~b_right).nonzero().flatten(),
        only_b=(b_right & ~a_right).nonzero().flatten(),
    )


def seed_spread(accuracies: Sequence[float]) -> tuple[float, float]:
    """Compute the mean of runs that differ in their seed alone, and how far single runs lie from it.

    The second is the sample standard deviation, with N - 1: the spread of single runs, not the uncertainty of
    their mean, which is smaller by √N. For the difference of two settings, give the differences of the pairs
    of runs with the same seed.

    Raises:
        ValueError: fewer than two runs, which have no spread.
    """
    if len(accuracies) < 2:
        raise ValueError(f"expected at least two runs, got {len(accuracies)}: one run has no spread")
    return statistics.fmean(accuracies), statistics.stdev(accuracies)


# For p-values below each bound: how often chance alone makes such a difference, and what that shows.
EVIDENCE = {
    0.001: ("almost never", "which is strong evidence that {better} reads such digits better"),
    0.05: ("rarely", "which is evidence that {better} reads such digits better"),
    0.2: ("now and then", "so this does not show that {better} reads such digits better"),
    math.inf: ("often", "so this does not show that {better} reads such digits better"),
}


def describe_comparison(comparison: Comparison, a: str = "A", b: str = "B") -> str:
    """Say which model reads which digits better, and whether chance alone may be the reason.

    The better model comes first. Below p = 0.05, the usual threshold, the difference counts as evidence.

    Args:
        comparison: of two models.
        a: the name of the first model.
        b: the name of the second one.
    """
    test = comparison.test
    if test.only_a == test.only_b == 0:
        return f"{a} and {b} read the same digits correctly, so these digits cannot tell which is better."
    if test.only_a == test.only_b:
        misreads = f"{_digits(test.only_a)} that the other misreads"
        return f"{a} and {b} each read {misreads}, so neither is better on these digits."
    (most, better), (least, other) = sorted(((test.only_a, a), (test.only_b, b)), reverse=True)
    how_often, shown = next(text for bound, text in EVIDENCE.items() if test.p_value < bound)
    p_value = "p < 0.001" if test.p_value < 0.001 else f"p = {test.p_value:.2g}"
    return (
        f"{better} reads {_digits(most)} that {other} misreads, and {other} reads "
        f"{least or 'none'} that {better} misreads. "
        f"Chance alone {how_often} makes such a difference ({p_value}), {shown.format(better=better)}."
    )


def _digits(count: int) -> str:
    return f"{count:,} digit{'' if count == 1 else 's'}"
