"""The grid: its cells, and what it refuses before anything starts."""

from itertools import product
from typing import Any

import pytest

from mnist_core import Cell, Grid, Preprocessing, TrainingConfig


def test_the_cells_are_all_combinations_in_the_order_given() -> None:
    grid = Grid((0.5, 0.1), (100, 10, 50), (Preprocessing.RAW, Preprocessing.DESKEW))
    order = product(("raw", "deskew"), (100, 10, 50), (0.5, 0.1))
    assert [(cell.preprocessing, cell.batch_size, cell.learning_rate) for cell in grid.cells] == list(order)


def test_a_cell_stands_for_a_run_with_digits_held_out() -> None:
    grid = Grid((0.5,), (20,), (Preprocessing.MOMENTS,), epochs=7, seed=3, validation=600)
    assert grid.config(grid.cells[0]) == TrainingConfig(
        batch_size=20,
        learning_rate=0.5,
        epochs=7,
        seed=3,
        preprocessing=Preprocessing.MOMENTS,
        reports_per_epoch=1,
        validation=600,
    )


def test_lists_and_names_are_accepted_and_equal_grids_are_equal() -> None:
    values: dict[str, Any] = {"learning_rates": [1], "batch_sizes": [5], "preprocessings": ["raw"]}
    grid = Grid(**values)
    assert grid == Grid((1.0,), (5,), (Preprocessing.RAW,))
    assert grid.cells == (Cell(Preprocessing.RAW, 5, 1.0),)
    assert isinstance(grid.cells[0].preprocessing, Preprocessing)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"learning_rates": ()}, "learning_rates: expected at least one value, got none"),
        ({"batch_sizes": []}, "batch_sizes: expected at least one value, got none"),
        ({"preprocessings": ()}, "preprocessings: expected at least one value, got none"),
        ({"learning_rates": (0.1, -0.5)}, r"learning_rate must be a number above 0.*not -0\.5"),
        ({"learning_rates": (float("nan"),)}, "learning_rate must be a number above 0.*not nan"),
        ({"learning_rates": ("a",)}, r"learning_rate must be a number, .*not 'a' \(str\)"),
        ({"learning_rates": 0.1}, r"learning_rates: expected a list of values, got 0\.1"),
        ({"preprocessings": "raw"}, "preprocessings: expected a list of values, got 'raw'"),
        ({"batch_sizes": (10, 0)}, "batch_size must be a whole number from 1 .*not 0"),
        ({"batch_sizes": (10.5,)}, r"batch_size must be a whole number from 1 .*not 10\.5"),
        ({"preprocessings": ("upright",)}, "preprocessing must be one of raw, .*not 'upright'"),
        ({"epochs": 0}, "epochs must be a whole number from 1 .*not 0"),
        ({"seed": -1}, "seed must be a whole number from 0 .*not -1"),
        ({"validation": 0}, "validation must be at least 1, .*not 0"),
        ({"training_digits": (None, 9)}, "training_digits must be a whole number from 10 .*not 9"),
        ({"wrong_labels": (0, 1.5)}, r"wrong_labels must be a share from 0 to 1, .*not 1\.5"),
        ({"wrong_labels": (0, 0.0)}, r"wrong_labels: expected each value once, got 0\.0 2 times"),
        ({"validation": True}, r"validation must be a whole number .*not True \(bool\)"),
        ({"learning_rates": (0.1, 0.5, 0.1)}, r"learning_rates: expected each value once, got 0\.1 2 times"),
        ({"learning_rates": (1, 1.0)}, r"learning_rates: expected each value once, got 1\.0 2 times"),
        ({"preprocessings": ("raw", Preprocessing.RAW)}, "preprocessings: expected each value once, got raw"),
        (
            {"learning_rates": [0.001 * n for n in range(1, 101)], "batch_sizes": range(1, 101)},
            r"expected a grid of at most 1,000 cells, got 10,000: 100 learning rates x 100 batch sizes",
        ),
    ],
)
def test_an_impossible_grid_is_refused_with_the_reason(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Grid(**{"learning_rates": (0.1,), "batch_sizes": (100,), **values})
