"""What is said of five readers follows what they read, whatever was expected of them."""

import itertools

import pytest

from dashboard.learn.challenges.preparation import (
    READERS,
    Guess,
    Measures,
    Reading,
    describe_preparation,
    read_guess,
    reading_rows,
    write_guess,
)

MEASURES = Measures(off_centre=8.7, height=11, lean=25.4, lean_after=0.3)
SUBSETS = [names for count in range(6) for names in itertools.combinations(READERS, count)]


def _readings(right: tuple[str, ...]) -> dict[str, Reading]:
    return {name: Reading(7 if name in right else 2, 0.8, 0.92) for name in READERS}


@pytest.mark.parametrize("digit", [None, 0, 9])
def test_a_guess_is_read_as_it_was_written(digit: int | None) -> None:
    for right in SUBSETS:
        assert read_guess(write_guess(right, digit)) == Guess(right, digit)


@pytest.mark.parametrize(
    "guess", ["", "raw", "raw:", "raw:x", "raw.raw:3", "hog:3", "none.raw:3", ":3", "raw:10"]
)
def test_what_is_not_a_guess_is_none(guess: str) -> None:
    assert read_guess(guess) is None


@pytest.mark.parametrize("right", SUBSETS)
def test_who_is_right_and_how_good_the_guess_was_are_counted(right: tuple[str, ...]) -> None:
    for expected in ((), ("raw",), tuple(READERS)):
        _count_the_right(right, expected)


def _count_the_right(right: tuple[str, ...], expected: tuple[str, ...]) -> None:
    text = describe_preparation(expected, _readings(right), 7, MEASURES)
    agreed = len(READERS) - len(set(right) ^ set(expected))
    assert f"You expected {agreed} of the five answers rightly" in text[0]
    count = ("None", "One", "Two", "Three", "Four", "All")[len(right)]
    assert text[0].startswith(f"{count} of the five")
    alone = "this alone makes the answer right" in text[1]
    assert alone == ("raw" in right and "shrunk" not in right)
    assert ("is wrong with it" in text[1]) == ("shrunk" in right and "raw" not in right)
    assert ("that makes the answer right" in text[3]) == ("moments" in right and "deskew" not in right)
    rows = reading_rows(expected, _readings(right), 7)
    assert [row[2] for row in rows] == ["right" if name in right else "wrong" for name in READERS]
    assert [row[3].split()[0] for row in rows] == [
        "right" if name in expected else "wrong" for name in READERS
    ]
    assert [row[3].endswith("✓") for row in rows] == [row[3].startswith(row[2]) for row in rows]


@pytest.mark.parametrize(
    ("lean", "text"),
    [(25.4, "leans to the right by 25"), (-12.0, "left by 12"), (1.2, "by less than 3 degrees")],
)
def test_the_lean_is_told_with_its_side_if_there_is_one(lean: float, text: str) -> None:
    words = describe_preparation((), _readings(()), 7, MEASURES._replace(lean=lean))
    assert text in words[2]
