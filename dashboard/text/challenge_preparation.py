"""What does preparation do? Which readers read one drawing, and why, from what was measured."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from dashboard.ui.numbers import confidence, percent

READERS = {
    "shrunk": "raw pixels, just shrunk",
    "raw": "raw",
    "deskew": "deskew",
    "moments": "moments",
    "directions": "directions",
}
EXAMPLE = "example"
NONE = "none"
COUNTS = ("None", "One", "Two", "Three", "Four", "All")
UPRIGHT = 3  # degrees: a smaller lean is hardly seen


class Guess(NamedTuple):
    """Which readers are expected to be right; the digit that was drawn, None for the example."""

    right: tuple[str, ...]
    digit: int | None


class Reading(NamedTuple):
    """What one reader answers, and how sure it is, 0 to 1; and its accuracy on the test digits."""

    digit: int
    sure: float
    accuracy: float


class Measures(NamedTuple):
    """Of the drawing: pixels off the centre and high if just shrunk; degrees of lean before and after."""

    off_centre: float
    height: int
    lean: float
    lean_after: float


def write_guess(right: Collection[str], digit: int | None) -> str:
    """Write a guess."""
    readers = ".".join(name for name in READERS if name in right) or NONE
    return f"{readers}:{EXAMPLE if digit is None else digit}"


def read_guess(guess: str) -> Guess | None:
    """Read a guess; None for anything else."""
    readers, _, digit = guess.partition(":")
    names = () if readers == NONE else tuple(readers.split("."))
    if not set(names) <= READERS.keys() or len(set(names)) < len(names):
        return None
    if digit == EXAMPLE:
        return Guess(names, None)
    return Guess(names, int(digit)) if digit in set("0123456789") else None


def preparation_words(
    expected: Collection[str], readings: Mapping[str, Reading], digit: int, measures: Measures
) -> list[str]:
    """Say who reads the drawing correctly, how good the guess was, and what preparation changes."""
    return [
        _result(expected, readings, digit),
        _placement(readings, digit, measures),
        _lean(measures),
        _accuracies(readings),
    ]


def reading_rows(
    expected: Collection[str], readings: Mapping[str, Reading], digit: int
) -> list[Sequence[str]]:
    """List for each reader its name, its answer, whether that is right, and what was expected."""
    return [
        (
            READERS[name],
            f"{reading.digit} ({confidence(reading.sure)})",
            "right" if reading.digit == digit else "wrong",
            "right" if name in expected else "wrong",
            "–" if name == "shrunk" else percent(reading.accuracy),
        )
        for name, reading in readings.items()
    ]


def _result(expected: Collection[str], readings: Mapping[str, Reading], digit: int) -> str:
    right = [name for name, reading in readings.items() if reading.digit == digit]
    agreed = sum((name in expected) == (name in right) for name in readings)
    who = ", ".join(READERS[name] for name in right)
    count = COUNTS[len(right)]
    told = f"{count} of the five {'reads' if len(right) == 1 else 'read'} it as {digit}"
    told += f": {who}." if 0 < len(right) < len(readings) else "."
    return f"{told} You were right about {agreed} of them."


def _placement(readings: Mapping[str, Reading], digit: int, measures: Measures) -> str:
    told = (
        f"Just shrunk, the digit is {measures.height} pixels high, and its centre of mass is "
        f"{measures.off_centre:.1f} pixels from the middle. The digits of MNIST were all fitted into 20 × 20 "
        "pixels and centred, and each weight belongs to one pixel."
    )
    shrunk, raw = (readings[name].digit == digit for name in ("shrunk", "raw"))
    if raw and not shrunk:
        return f"{told} Done to your digit, this alone makes the answer right."
    if shrunk and not raw:
        return f"{told} For this digit, the answer was right without that, and is wrong with it."
    return f"{told} For this digit, that does not decide whether the answer is right."


def _lean(measures: Measures) -> str:
    side = "right" if measures.lean > 0 else "left"
    if abs(measures.lean) < UPRIGHT:
        return f"It leans by less than {UPRIGHT} degrees, so there is little for **deskew** to undo."
    after = f"after **deskew**, by {abs(measures.lean_after):.0f}"
    return f"It leans to the {side} by {abs(measures.lean):.0f} degrees; {after}."


def _accuracies(readings: Mapping[str, Reading]) -> str:
    prepared = [(READERS[name], reading) for name, reading in readings.items() if name != "shrunk"]
    listed = ", ".join(f"{name} {percent(reading.accuracy)}" for name, reading in prepared)
    return f"One digit shows little. Over all test digits: {listed}."
