"""What a comparison of two models says, in sentences for a student."""

import math

from mnist_core.evaluation.comparison import Comparison

# For p-values below each bound: how often chance alone makes such a difference, and what that shows.
WORDS = {
    0.001: ("almost never", "which is strong evidence that {better} reads such digits better"),
    0.05: ("rarely", "which is evidence that {better} reads such digits better"),
    0.2: ("now and then", "so this does not show that {better} reads such digits better"),
    math.inf: ("often", "so this does not show that {better} reads such digits better"),
}


def comparison_words(comparison: Comparison, a: str = "A", b: str = "B") -> str:
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
    how_often, shown = next(words for bound, words in WORDS.items() if test.p_value < bound)
    p_value = "p < 0.001" if test.p_value < 0.001 else f"p = {test.p_value:.2g}"
    return (
        f"{better} reads {_digits(most)} that {other} misreads, and {other} reads "
        f"{least or 'none'} that {better} misreads. "
        f"Chance alone {how_often} makes such a difference ({p_value}), {shown.format(better=better)}."
    )


def _digits(count: int) -> str:
    return f"{count:,} digit{'' if count == 1 else 's'}"
