"""What is said of a drawing that should be misread follows how it is read."""

import itertools

import pytest
import torch

from dashboard.learn.challenges.break_reader import (
    WAYS,
    Goal,
    describe_evidence,
    describe_reading,
    evidence_place,
    is_misread,
    read_goal,
    write_goal,
)
from mnist_core import Kind, Verdict


def _verdict(kind: Kind, digit: int) -> Verdict:
    probabilities = torch.full((10,), 0.02)
    probabilities[digit] = 0.7
    probabilities[(digit + 1) % 10] = 0.14
    return Verdict(kind, probabilities)


def test_a_goal_is_read_as_it_was_written() -> None:
    for digit, way in itertools.product(range(10), WAYS):
        assert read_goal(write_goal(Goal(digit, way))) == Goal(digit, way)
    for guess in ("", "7", "7:", "10:gap", "7:magic", "x:gap", "77:gap"):
        assert read_goal(guess) is None


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("read_as", [7, 1])
@pytest.mark.parametrize("before", [False, True])
def test_it_is_broken_only_if_it_takes_the_drawing_for_another_digit(
    kind: Kind, read_as: int, before: bool
) -> None:
    verdict = _verdict(kind, read_as)
    text = describe_reading(verdict, 7, broken_before=before)
    is_digit = kind in (Kind.CLEAR, Kind.CLOSE)
    assert is_misread(verdict, 7) == ("You have broken it" in text) == (is_digit and read_as == 1)
    assert ("Mended" in text) == (is_digit and read_as == 7 and before)
    assert ("reads your 7 correctly" in text) == (is_digit and read_as == 7 and not before)
    reads_nothing = kind in (Kind.UNTRAINED, Kind.DIVERGED)
    assert ("knows nothing" in text) == reads_nothing
    assert ("not take this for a digit" in text) == (not is_digit and not reads_nothing)


@pytest.mark.parametrize(
    ("row", "column", "name"),
    [(2, 3, "upper left"), (14, 14, "middle"), (27, 14, "lower centre"), (10, 25, "middle right")],
)
def test_the_place_with_the_most_evidence_is_named(row: int, column: int, name: str) -> None:
    evidence = torch.full((28, 28), -1.0)
    evidence[row, column] = 3.0
    evidence[0, 27] = 1.0
    assert evidence_place(evidence) == (name, 0.75)
    assert f"The {name} of the picture" in describe_evidence(1, 7, name, 0.75, 2.5)


def test_without_evidence_there_is_no_place() -> None:
    assert evidence_place(torch.full((28, 28), -1.0)) == ("nowhere", 0.0)
