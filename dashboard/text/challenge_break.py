"""Break the reader: how a drawing is misread, and where the evidence for that lies."""

from typing import NamedTuple

from torch import Tensor

from dashboard.ui.numbers import confidence, percent
from mnist_core import Kind, Verdict

WAYS = {
    "lean": "let it lean",
    "gap": "leave a gap",
    "stroke": "add a stroke",
    "shape": "give it an odd shape",
}
ROWS, COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")


class Goal(NamedTuple):
    """What somebody wants to do: which digit to draw, and how."""

    digit: int
    way: str  # a key of WAYS


def write_goal(goal: Goal) -> str:
    """Write a goal."""
    return f"{goal.digit}:{goal.way}"


def read_goal(guess: str) -> Goal | None:
    """Read a goal; None for anything else."""
    digit, _, way = guess.partition(":")
    return Goal(int(digit), way) if digit in set("0123456789") and way in WAYS else None


def is_misread(verdict: Verdict, digit: int) -> bool:
    """Whether a drawing is taken for another digit."""
    return verdict.kind in (Kind.CLEAR, Kind.CLOSE) and verdict.digit != digit


def reading_words(verdict: Verdict, digit: int, *, broken_before: bool) -> str:
    """Say how the drawing is read, and what to do next, in sentences."""
    sure = confidence(float(verdict.probabilities[verdict.digit]))
    if verdict.kind in (Kind.BLANK, Kind.DOT, Kind.SCRIBBLE, Kind.UNLIKE):
        return (
            "It does not take this for a digit at all. That is caution, and not a misreading: make it look "
            f"more like a {digit}."
        )
    if verdict.digit == digit:
        if broken_before:
            return f"Mended: it reads your {digit} again ({sure})."
        rival = verdict.runner_up
        return (
            f"It reads your {digit} correctly ({sure}). The nearest other digit is {rival} "
            f"({confidence(float(verdict.probabilities[rival]))}): change what tells the two apart."
        )
    return (
        f"You have broken it: it reads your {digit} as {verdict.digit} ({sure}). Only a person can say "
        "whether it still is one: ask somebody who has not seen you draw it."
    )


def evidence_place(evidence: Tensor) -> tuple[str, float]:
    """Find where most of the evidence for a wrong answer lies.

    Args:
        evidence: (28, 28) float32, what each pixel adds to the lead of the wrong answer.

    Returns:
        The place in words, one of nine, and its share of all that is positive, 0 to 1; "nowhere" and 0 if
        nothing is.
    """
    positive = evidence.clamp(min=0).double()
    total = float(positive.sum())
    if not total:
        return "nowhere", 0.0
    edges = (0, 8, 20, 28)  # the middle is three of the 7 places, the sides two: blocks of 4 stay whole
    sums = {
        (row, column): float(positive[edges[row] : edges[row + 1], edges[column] : edges[column + 1]].sum())
        for row in range(3)
        for column in range(3)
    }
    row, column = max(sums, key=sums.__getitem__)
    name = "middle" if row == column == 1 else f"{ROWS[row]} {COLUMNS[column]}"
    return name, sums[row, column] / total


def evidence_words(answer: int, digit: int, place: str, share: float, lead: float) -> str:
    """Say where the evidence for the wrong answer lies; `lead` is its logit minus that of the digit."""
    return (
        f"The logit of {answer} is {lead:.2f} higher than that of {digit}. Blue is evidence for {answer}, "
        f"orange for {digit}. The {place} of the picture holds more of the blue than any other part, "
        f"{percent(share, 0)}: the stroke there did the most."
    )
