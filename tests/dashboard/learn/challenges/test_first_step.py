"""What is said of the pictures of the first step follows their correlations, whichever was chosen."""

import itertools
import math

import pytest

from dashboard.learn.challenges.first_step import (
    PICTURES,
    first_step_words,
    picture_name,
    read_choice,
)

USUAL = {"noise": 0.02, "outline": 0.4, "contrast": 0.99, "blank": math.nan}


def _words(choice: str, correlations: dict[str, float], accuracy: float = 0.65) -> str:
    return " ".join(
        first_step_words(
            choice, correlations, digit=3, count=(1_022, 10_000), largest=0.012, accuracy=accuracy
        )
    )


def test_a_choice_is_one_of_the_pictures() -> None:
    assert [read_choice(name) for name in PICTURES] == list(PICTURES)
    assert read_choice("") is None
    assert read_choice("mean") is None


@pytest.mark.parametrize("choice", PICTURES)
def test_each_choice_is_told_its_own_correlation_and_the_best_picture(choice: str) -> None:
    told = _words(choice, USUAL)
    assert picture_name(choice, 3) in told
    assert picture_name("contrast", 3) in told
    if choice == "blank":
        assert "the largest of them is 0.012" in told
    else:
        assert f"{USUAL[choice]:.2f}" in told
    assert ("No other picture comes as near" in told) == (choice == "contrast")


@pytest.mark.parametrize(
    ("choice", "best"), list(itertools.product(PICTURES, ["noise", "outline", "contrast"]))
)
def test_the_best_picture_is_that_of_the_numbers(choice: str, best: str) -> None:
    told = _words(choice, USUAL | {"contrast": 0.5} | {best: 0.95})
    assert ("The most similar one is " + picture_name(best, 3) in told) == (choice != best)
    assert ("That is picture C" in told) == (best == "contrast")


def test_a_model_that_reads_no_more_than_by_guessing_is_not_praised() -> None:
    assert "already reads" in _words("noise", USUAL)
    assert "already" not in _words("noise", USUAL, accuracy=0.1)
