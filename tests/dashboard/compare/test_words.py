"""What is said of several seeds, and of a choice among many runs."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dashboard.compare.words import (
    describe_best,
    describe_cell,
    describe_duration,
    describe_pairing,
    describe_refusal,
    describe_region,
    describe_result,
    describe_seeds,
    describe_selection,
    describe_size,
    describe_winner,
    selection_gain,
)
from mnist_core import Cell, Choice, Grid, Metrics, Preprocessing, SweepResult
from mnist_core.evaluation.mcnemar import Score

SPACE = "\N{NO-BREAK SPACE}"


def test_several_seeds_are_compared_in_pairs() -> None:
    a, b = {0: 0.980, 1: 0.982, 2: 0.984}, {0: 0.985, 1: 0.986, 2: 0.990}
    assert describe_seeds(a, b) == (
        f"Over 3 seeds, B's accuracy is 0.50{SPACE}points higher than A's on average. From seed to seed, "
        f"this difference varies by 0.10{SPACE}points (standard deviation); B is better with each of them."
    )


def test_the_better_one_comes_first_and_it_is_said_how_often_it_is() -> None:
    a, b = {0: 0.99, 1: 0.98, 2: 0.97}, {0: 0.98, 1: 0.985, 2: 0.96}
    words = describe_seeds(a, b, "left", "right")
    assert words.startswith("Over 3 seeds, left's accuracy is 0.50")
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
    assert describe_seeds(a, b).startswith(f"Over 2 seeds, B's accuracy is 1.00{SPACE}points higher")


def test_one_seed_against_several_says_how_far_the_several_vary_and_what_is_missing() -> None:
    words = describe_seeds({0: 0.95}, {0: 0.98, 1: 0.99})
    assert words == (
        f"On average, B's accuracy is 3.50{SPACE}points higher than A's. Of A there is only one seed: train "
        f"it with five to see how much a seed changes. The 2 seeds of B vary by 0.71{SPACE}points (standard "
        "deviation)."
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


CELL = Cell(Preprocessing.RAW, 1_000, 0.5)
SPACE = "\N{NO-BREAK SPACE}"


def _result(loss: float = 0.25) -> SweepResult:
    return SweepResult(CELL, ((1, Metrics(loss, 0.9)),), torch.arange(1_000) >= 100, 0.5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (((), (10,)), "Learning rates: expected at least one value, got none."),
        (((0.1,), (10,), ()), "Inputs: expected at least one value, got none."),
        (
            ((0.1,), tuple(range(1, 2_000))),
            "Expected a grid of at most 1,000 cells, got 1,999: 1,999 batch sizes",
        ),
    ],
)
def test_a_refused_grid_is_said_in_the_words_of_the_page(arguments: tuple[object, ...], words: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - its words are what is tested
        Grid(*arguments)  # type: ignore[arg-type]
    assert describe_refusal(refused.value).startswith(words)


def test_a_map_says_how_large_it_is_and_how_long_it_takes() -> None:
    assert describe_size(Grid((0.1, 0.2), (10, 20)), 12.4) == "4 cells, 3 epochs each: about 12 s."
    assert describe_size(Grid((0.1,), (10,), epochs=1), 0.2) == "1 cell, 1 epoch each: about 1 s."
    assert describe_duration(150) == "2 minutes"


def test_a_cell_is_named_and_its_result_said_with_the_interval() -> None:
    assert describe_cell(CELL) == "batch 1,000 · rate 0.5"
    few = replace(CELL, training_digits=100, wrong_labels=0.2)
    assert describe_cell(few) == "batch 1,000 · rate 0.5 · 100 training digits · 20 % wrong labels"
    assert describe_cell(CELL, with_input=True) == "batch 1,000 · rate 0.5 · raw"
    assert describe_result(_result()) == (
        f"validation accuracy 90.00{SPACE}% (95 % interval 87.98 to 91.71), loss 0.25."
    )
    assert "loss not finite. It has diverged" in describe_result(_result(float("nan")))


def test_the_best_and_how_many_cannot_be_told_from_it_are_said() -> None:
    best = _result()
    assert describe_region(None, 0, complete=False) == ""
    assert "All settings have diverged" in describe_region(None, 4, complete=True)
    assert "fewer" not in describe_region(Choice(best, ()), 1, complete=False)
    assert describe_region(Choice(best, ()), 4, complete=True) == (
        "The best cell is batch 1,000 · rate 0.5 · raw. "
        "Every other cell reads fewer digits, by more than chance."
    )
    words = describe_region(Choice(best, (_result(), _result())), 4, complete=False)
    assert words.startswith("The best cell so far is")
    assert "the 2 other cells inside the line" in words
    assert "the other cell inside" in describe_region(Choice(best, (_result(),)), 4, complete=True)


def test_each_input_says_its_best() -> None:
    results = [_result(), _result(float("nan"))]
    assert describe_best(results, Preprocessing.RAW) == f", at best 90.00{SPACE}%"
    assert describe_best(results[1:], Preprocessing.RAW) == ""
    assert describe_best(results, Preprocessing.DESKEW) == ""


def test_the_winner_is_said_with_its_interval_and_that_the_test_digits_were_read_once() -> None:
    words = describe_winner(CELL, Score(9_900, 10_000))
    assert f"test accuracy **99.00{SPACE}% (95 % interval 98.79 to 99.18)**" in words
    assert words.endswith("The test digits were read only for this, once.")


def test_what_the_cells_share_is_said_with_the_number_of_digits_held_out() -> None:
    assert "the last 5,000 training digits, which none of them learns from" in describe_pairing(
        Grid((1.0,), (10,))
    )
