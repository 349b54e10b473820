"""What is said of several seeds, and of a choice among many runs."""

import numpy as np
import pytest

from dashboard.compare.words import describe_seeds, describe_selection, selection_gain
from mnist_core import Score

SPACE = "\N{NO-BREAK SPACE}"


def test_several_seeds_are_compared_in_pairs() -> None:
    a, b = {0: 0.980, 1: 0.982, 2: 0.984}, {0: 0.985, 1: 0.986, 2: 0.990}
    assert describe_seeds(a, b) == (
        f"Over 3 seeds, B reads 0.50{SPACE}points more of the test digits than A on average. From seed to "
        f"seed, this difference varies by 0.10{SPACE}points (standard deviation); B is better with each of "
        "them."
    )


def test_the_better_one_comes_first_and_it_is_said_how_often_it_is() -> None:
    a, b = {0: 0.99, 1: 0.98, 2: 0.97}, {0: 0.98, 1: 0.985, 2: 0.96}
    words = describe_seeds(a, b, "left", "right")
    assert words.startswith("Over 3 seeds, left reads 0.50")
    assert words.endswith("left is better with 2 of them.")


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ({0: 0.98, 1: 0.97}, {0: 0.98, 1: 0.97}, "read equally many of the test digits, with each of them."),
        (
            {0: 0.98, 1: 0.97},
            {0: 0.97, 1: 0.98},
            "equally many of the test digits on average. From seed",
        ),
        ({0: 0.98}, {0: 0.98}, "On average, A and B read equally many digits. Of A there is only one seed"),
    ],
)
def test_equal_results_are_called_equal(a: dict[int, float], b: dict[int, float], equal: str) -> None:
    text = describe_seeds(a, b)
    assert equal in text
    assert "more" not in text
    assert "better" not in text


def test_only_seeds_that_both_have_make_pairs() -> None:
    a, b = {0: 0.90, 1: 0.92, 7: 0.1}, {0: 0.91, 1: 0.93, 9: 0.2}
    assert describe_seeds(a, b).startswith(f"Over 2 seeds, B reads 1.00{SPACE}points more")


def test_one_seed_against_several_says_how_far_the_several_vary_and_what_is_missing() -> None:
    words = describe_seeds({0: 0.95}, {0: 0.98, 1: 0.99})
    assert words == (
        f"On average, B reads 3.50{SPACE}points more than A. Of A there is only one seed: train it with five "
        f"to see how much a seed changes. The 2 seeds of B vary by 0.71{SPACE}points (standard deviation)."
    )


@pytest.mark.parametrize("runs", [2, 5, 20, 100])
def test_the_luck_of_the_best_is_that_of_as_many_equal_runs_drawn_at_random(runs: int) -> None:
    score = Score(9_850, 10_000)
    drawn = np.random.default_rng(0).binomial(10_000, 0.985, size=(20_000, runs)) / 10_000
    expected = drawn.max(axis=1).mean() - 0.985
    assert selection_gain(runs, score) == pytest.approx(expected, rel=0.06)


def test_the_warning_counts_the_runs_and_says_what_choosing_does() -> None:
    words = describe_selection(12, Score(985, 1_000), validated=False)
    assert words.startswith("**12 runs** are compared on the same 1,000 test digits.")
    assert f"up to {100 * selection_gain(12, Score(985, 1_000)):.1f}{SPACE}points better than it is" in words
    assert "hold out digits under **More**" in words


def test_with_digits_held_out_the_warning_points_to_their_accuracy() -> None:
    words = describe_selection(2, Score(10_000, 10_000), validated=True)
    assert f"up to 0.1{SPACE}points" in words
    assert "Choose by the validation accuracy instead" in words
