"""What does the first step learn? Which of four pictures the weights resemble."""

import math
from collections.abc import Mapping

from dashboard.ui.numbers import percent

# The pictures to choose from, in the order in which they are shown.
PICTURES = {
    "noise": "random noise",
    "outline": "the outline of a {digit}",
    "contrast": "all {digit}s on average, minus all digits on average",
    "blank": "almost nothing",
}
LETTERS = "ABCD"
ALIKE = 0.9  # a correlation of this and more


def read_choice(guess: str) -> str | None:
    """Read which picture was chosen; None for anything else."""
    return guess if guess in PICTURES else None


def picture_name(choice: str, digit: int) -> str:
    """Name a picture by its letter and what it shows."""
    return f"{LETTERS[list(PICTURES).index(choice)]}, {PICTURES[choice].format(digit=digit)}"


def first_step_words(
    choice: str,
    correlations: Mapping[str, float],
    *,
    digit: int,
    count: tuple[int, int],
    largest: float,
    accuracy: float,
) -> list[str]:
    """Say how alike the pictures and the weights are, and why, in sentences.

    Args:
        choice: the picture that was chosen.
        correlations: of each picture with the weights, -1 to 1; nan if a picture is the same everywhere.
        digit: whose weights they are.
        count: how many of this digit the batch had about, and how many digits.
        largest: the largest weight, by its absolute value.
        accuracy: on the test digits after this one step, 0 to 1.
    """
    known = {name: value for name, value in correlations.items() if not math.isnan(value)}
    best = max(known, key=known.__getitem__)
    own = correlations[choice]
    chosen = f"You chose {picture_name(choice, digit)}."
    if math.isnan(own):
        chosen += f" The weights are not nothing: the largest of them is {largest:.2g}."
    else:
        chosen += f" Its correlation with the real weights is {own:.2f}; 1 would be the same picture."
    if choice != best:
        chosen += f" The most similar one is {picture_name(best, digit)}: {known[best]:.2f}."
    else:
        chosen += " No other picture comes as near."
    return [chosen, _reason(best, known[best], digit, count), _alone(accuracy)]


def _reason(best: str, correlation: float, digit: int, count: tuple[int, int]) -> str:
    own, batch = count
    rule = (
        f"Before the first step every digit gets a probability of 10 %. For each {digit} the error in its "
        f"probability is 0.9, for every other digit 0.1 the other way. So the step adds the {digit}s of the "
        f"batch, about {own:,} of {batch:,} digits, and subtracts a tenth of all its digits."
    )
    if best == "contrast" and correlation >= ALIKE:
        return f"{rule} That is picture C, up to a factor: the first step compares two averages."
    return rule


def _alone(accuracy: float) -> str:
    compared = "already reads" if accuracy > 0.2 else "reads"
    return f"The model with these ten pictures {compared} {percent(accuracy)} of the test digits correctly."
