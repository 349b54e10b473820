"""What the map of settings says."""

import pytest
import torch

from dashboard.compare.map_words import (
    describe_best,
    describe_cell,
    describe_duration,
    describe_pairing,
    describe_refusal,
    describe_region,
    describe_result,
    describe_size,
    describe_winner,
)
from mnist_core import Cell, Choice, Grid, Metrics, Preprocessing, Score, SweepResult

CELL = Cell(Preprocessing.RAW, 1_000, 0.5)
SPACE = "\N{NO-BREAK SPACE}"


def _result(loss: float = 0.25) -> SweepResult:
    return SweepResult(CELL, ((1, Metrics(loss, 0.9)),), torch.arange(1_000) >= 100, 0.5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (((), (10,)), "Learning rates: expected at least one value, got none."),
        (((0.1,), (10,), ()), "Inputs: expected at least one value, got none."),
        (((0.1,), tuple(range(1, 2_000))), "Expected a grid of at most 1,000 cells, got 1 learning rates"),
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
    assert describe_cell(CELL, with_input=True) == "batch 1,000 · rate 0.5 · raw"
    assert describe_result(_result()) == (
        f"validation accuracy 90.00{SPACE}% (95 % interval 87.98 to 91.71), loss 0.25."
    )
    assert "loss not finite. It has diverged" in describe_result(_result(float("nan")))


def test_the_best_and_how_many_cannot_be_told_from_it_are_said() -> None:
    best = _result()
    assert describe_region(None, 0, complete=False) == ""
    assert "All settings have diverged" in describe_region(None, 4, complete=True)
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
