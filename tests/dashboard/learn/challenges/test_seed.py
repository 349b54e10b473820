"""What is said of runs that differ in their seed follows the comparison, whatever was guessed."""

import itertools
import random

import pytest
import torch

from dashboard.learn.challenges.seed import (
    ANSWERS,
    describe_two_seeds,
    offered_counts,
    read_guess,
    share_of_unsure,
    write_guess,
)
from mnist_core import Comparison, Predictions, mcnemar
from mnist_core.evaluation.mcnemar import Score


def _comparison(only_a: int, only_b: int, both: int = 800, count: int = 1_000) -> Comparison:
    a = torch.arange(count) < both + only_a
    b = (torch.arange(count) < both) | (
        (torch.arange(count) >= both + only_a) & (torch.arange(count) < both + only_a + only_b)
    )
    return Comparison(
        Score(int(a.sum()), count),
        Score(int(b.sum()), count),
        mcnemar(a, b),
        (a & ~b).nonzero().flatten(),
        (b & ~a).nonzero().flatten(),
    )


def _words(guess: tuple[int, str], comparison: Comparison, p_values: list[float] | None = None) -> str:
    accuracies = [comparison.a.accuracy, comparison.b.accuracy, 0.81]
    p_values = p_values or [0.5, 0.5, 0.5]
    return " ".join(describe_two_seeds(guess, comparison, p_values, accuracies, unsure=0.66))


def test_a_guess_is_read_as_it_was_written() -> None:
    for count, answer in itertools.product(offered_counts(1_000), ANSWERS):
        assert read_guess(write_guess(count, answer), 1_000) == (count, answer)
    for guess in ("", "5", "5:", "5:maybe", "1000:yes", "-1:no", "05:no"):
        assert read_guess(guess, 1_000) is None


@pytest.mark.parametrize("only", [(0, 0), (19, 14), (14, 19), (7, 0), (1, 0), (40, 10), (10, 10), (0, 80)])
@pytest.mark.parametrize("answer", ANSWERS)
def test_the_verdict_follows_the_p_value_and_not_the_guess(only: tuple[int, int], answer: str) -> None:
    comparison = _comparison(*only)
    text = _words((20, answer), comparison)
    is_better = comparison.test.p_value < 0.05
    assert ("by the usual rule it reads such digits better" in text) == is_better
    assert ("not as you said" in text) == ((answer == "yes") != is_better)
    difference = abs(only[0] - only[1])
    if difference == 0:
        assert "neither is ahead" in text
    else:
        assert f"seed {0 if only[0] > only[1] else 1} reads {difference} digit" in text


def test_overlapping_intervals_are_reconciled_with_the_p_value_by_what_chance_does_to_each() -> None:
    """The two numbers are standard deviations of a difference: of separate tests, and of the same one."""
    text = _words((5, "no"), _comparison(70, 30))
    assert "digits for both, by about 10." in text
    assert "A line, the 95 % *interval*" in text


@pytest.mark.parametrize("guess", offered_counts(1_000))
@pytest.mark.parametrize("count", [0, 1, 20, 33, 150])
def test_the_count_is_told_and_close_is_said_only_of_what_is_close(guess: int, count: int) -> None:
    text = _words((guess, "no"), _comparison(count, 0))
    assert f"For {count} digit" in text
    assert ("exactly as you expected" in text) == (guess == count)
    close = guess != count and min(guess, count) > 0 and max(guess, count) <= 1.5 * min(guess, count)
    assert ("which is close" in text) == close


def test_the_digits_whose_answer_is_least_sure_are_counted_among_those_that_differ() -> None:
    lead = torch.linspace(0.005, 0.8, 100)  # of the first digit over the second
    probabilities = torch.zeros(100, 10)
    probabilities[:, 3], probabilities[:, 5] = (1 + lead) / 2, (1 - lead) / 2
    predictions = Predictions(probabilities, torch.full((100,), 3))
    assert share_of_unsure(predictions, torch.tensor([0, 3, 9, 50])) == 0.75
    assert "66\N{NO-BREAK SPACE}% of the digits on which exactly one" in _words((5, "no"), _comparison(7, 3))
    assert "most nearly equally likely" not in _words((5, "no"), _comparison(0, 0))


@pytest.mark.parametrize("seed", range(20))
def test_the_spread_and_the_small_p_values_are_counted(seed: int) -> None:
    chance = random.Random(seed)
    p_values = [chance.choice([0.01, 0.049, 0.05, 0.7]) for _ in range(10)]
    text = _words((0, "no"), _comparison(3, 4), p_values)
    below = sum(value < 0.05 for value in p_values)
    assert (f"{below} of their 10 pairs" if below else "none of their 10 pairs") in text
    assert "between 80.30\N{NO-BREAK SPACE}% and 81.00\N{NO-BREAK SPACE}%" in text
