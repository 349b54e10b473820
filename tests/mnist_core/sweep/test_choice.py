"""The best cell and its equals, and the model that is trained with its settings."""

import math
from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from mnist_core import (
    Cell,
    Digits,
    Grid,
    Metrics,
    Preprocessing,
    SweepResult,
    indistinguishable,
    train,
    train_best,
    wilson_interval,
)

COUNT = 1_000


def _result(rate: float, wrong: range, loss: float = 0.1) -> SweepResult:
    """A cell that misreads these of a thousand digits."""
    right = torch.ones(COUNT, dtype=torch.bool)
    right[list(wrong)] = False
    cell = Cell(Preprocessing.RAW, 100, rate)
    return SweepResult(
        cell, ((1, Metrics(2.0, 0.5)), (2, Metrics(loss, float(right.float().mean())))), right, 1
    )


def _binomial(only_a: int, only_b: int) -> float:
    """Compute McNemar's p-value from its definition."""
    n = only_a + only_b
    heads = sum(math.comb(n, k) for k in range(min(only_a, only_b) + 1))
    return min(1.0, 2 * heads / 2.0**n)


def test_equals_are_those_whose_difference_chance_alone_would_make() -> None:
    best = _result(0.5, range(20))
    others = [_result(1.0 + extra, range(20, 40 + extra)) for extra in range(1, 30, 2)]
    choice = indistinguishable([*others, best])
    assert choice is not None
    assert choice.best is best
    expected = [
        other
        for extra, other in zip(range(1, 30, 2), others, strict=True)
        if _binomial(20, 20 + extra) >= 0.05
    ]
    assert list(choice.equals) == expected
    assert 0 < len(expected) < len(others)
    assert choice.cells == {best.cell, *(other.cell for other in expected)}


def test_of_two_with_the_same_accuracy_the_one_with_the_lower_loss_is_best() -> None:
    first, second = _result(0.1, range(10), loss=0.2), _result(0.2, range(5, 15), loss=0.15)
    for results in ([first, second], [second, first]):
        choice = indistinguishable(results)
        assert choice is not None
        assert choice.best is second
        assert choice.equals == (first,)


@pytest.mark.parametrize("loss", [math.nan, math.inf, 2.31])
def test_a_cell_whose_loss_ends_above_that_of_the_start_has_diverged_and_is_not_chosen(loss: float) -> None:
    diverged, sound = _result(9.0, range(0), loss=loss), _result(0.1, range(100), loss=2.3)
    assert diverged.diverged
    assert not sound.diverged
    choice = indistinguishable([diverged, sound])
    assert choice is not None
    assert choice.best is sound
    assert choice.equals == ()
    assert indistinguishable([diverged]) is None
    assert indistinguishable([]) is None


def test_a_result_has_the_score_and_interval_of_its_last_epoch() -> None:
    result = _result(0.1, range(30))
    assert (result.validation.right, result.validation.count) == (970, 1_000)
    assert result.validation.interval == wilson_interval(970, 1_000)
    assert result.metrics is result.curve[-1][1]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"curve": ()}, "expected a curve of at least one epoch, got none"),
        ({"right": torch.ones(5)}, r"right: expected \(V,\) bool, got \(5,\) torch\.float32"),
        ({"right": torch.ones(0, dtype=torch.bool)}, r"right: expected \(V,\) bool, got \(0,\)"),
        ({"right": torch.ones(2, 2, dtype=torch.bool)}, r"right: expected \(V,\) bool, got \(2, 2\)"),
    ],
)
def test_an_impossible_result_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(_result(0.1, range(3)), **values)


@pytest.mark.parametrize("how", [Preprocessing.RAW, Preprocessing.DIRECTIONS])
def test_the_best_is_trained_on_all_training_digits_and_tested_in_the_end(
    sample: Digits, how: Preprocessing
) -> None:
    grid = Grid((0.5,), (70,), (how,), epochs=2, seed=4, validation=1_000)
    report = train_best(grid, grid.cells[0], sample)
    *_, expected = train(replace(grid.config(grid.cells[0]), validation=0), sample)
    assert report.model.linear.weight.equal(expected.model.linear.weight)
    assert (report.step, report.epoch) == (expected.step, expected.epoch) == (116, 2)
    assert (report.train, report.test, report.validation) == (expected.train, expected.test, None)


def test_the_test_digits_are_read_once(sample: Digits, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []

    class Watched:
        labels = sample.test.labels

        @property
        def images(self) -> Tensor:
            reads.append(1)
            return sample.test.images

    grid = Grid((0.5,), (100,), (Preprocessing.RAW,), epochs=3, validation=1_000)
    train_best(grid, grid.cells[0], replace(sample, test=cast(Any, Watched())))
    assert len(reads) == 1
