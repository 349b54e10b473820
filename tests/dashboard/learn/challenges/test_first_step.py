"""What is said of the pictures of the first step follows their correlations, whichever was chosen."""

import itertools
import math
import re

import pytest

from dashboard.learn.challenges.first_step import (
    PICTURES,
    describe_first_step,
    picture_name,
    read_choice,
)

USUAL = {"noise": 0.02, "outline": 0.4, "contrast": 0.99, "blank": math.nan}


def _words(choice: str, correlations: dict[str, float], accuracy: float = 0.65) -> str:
    return " ".join(
        describe_first_step(
            choice, correlations, digit=3, count=(1_022, 10_000), largest=0.012, accuracy=accuracy
        )
    )


def test_a_choice_is_one_of_the_pictures() -> None:
    assert [read_choice(name) for name in PICTURES] == list(PICTURES)
    assert read_choice("") is None
    assert read_choice("mean") is None


@pytest.mark.parametrize("choice", PICTURES)
def test_each_choice_is_told_its_own_correlation_and_the_best_picture(choice: str) -> None:
    text = _words(choice, USUAL)
    assert picture_name(choice, 3) in text
    assert picture_name("contrast", 3) in text
    if choice == "blank":
        assert "the largest of them is 0.012" in text
    else:
        assert f"{USUAL[choice]:.2f}" in text
    assert ("No other picture comes as near" in text) == (choice == "contrast")


@pytest.mark.parametrize(
    ("choice", "best"), list(itertools.product(PICTURES, ["noise", "outline", "contrast"]))
)
def test_the_best_picture_is_that_of_the_numbers(choice: str, best: str) -> None:
    text = _words(choice, USUAL | {"contrast": 0.5} | {best: 0.95})
    assert ("The most similar one is " + picture_name(best, 3) in text) == (choice != best)
    assert ("That is picture C" in text) == (best == "contrast")


def test_a_model_that_reads_no_more_than_by_guessing_is_not_praised() -> None:
    assert "already reads" in _words("noise", USUAL)
    assert "already" not in _words("noise", USUAL, accuracy=0.1)


def test_no_name_of_a_picture_gives_the_answer() -> None:
    assert not any(re.search("average|mean|minus", name) for name in PICTURES.values())
