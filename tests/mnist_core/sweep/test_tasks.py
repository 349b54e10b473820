"""How the cells are divided into tasks."""

from dataclasses import replace
from itertools import pairwise

import pytest

from mnist_core import Digits, Grid, Preprocessing
from mnist_core.sweep.tasks import GROUP, Task, divide, learn_side_by_side

RATES = tuple(0.001 * 1.5**n for n in range(20))
GRIDS = [
    Grid(RATES[:9], (10, 20, 50, 100, 200, 500, 1000)),
    Grid(RATES, (10, 100, 1000), (Preprocessing.RAW, Preprocessing.DIRECTIONS), epochs=2, seed=5),
    Grid(RATES[:1], (10, 100)),
    Grid(RATES[:1], (10,)),
    Grid(RATES, (10, 100), training_digits=(10, 1000, None), wrong_labels=(0, 0.2)),
]


@pytest.mark.parametrize("grid", GRIDS)
def test_every_cell_is_in_one_task(grid: Grid) -> None:
    cells = [cell for task in divide(grid) for cell in task.cells]
    assert len(cells) == len(set(cells)) == len(grid.cells)
    assert set(cells) == set(grid.cells)


@pytest.mark.parametrize("grid", GRIDS)
def test_the_cells_of_a_task_differ_in_the_learning_rate_alone(grid: Grid) -> None:
    for task in divide(grid):
        assert len({replace(grid.config(cell), learning_rate=1.0) for cell in task.cells}) == 1
        assert 1 <= len(task.cells) <= GROUP
        assert task.config == grid.config(task.cells[0])


@pytest.mark.parametrize("grid", GRIDS)
def test_a_single_cheap_cell_comes_first_then_the_cheapest_and_the_dearest_in_turns(grid: Grid) -> None:
    first, *others = divide(grid)
    assert len(first.cells) == 1
    assert all(first.cost <= other.cost for other in others)
    cheap, dear = others[::2], others[1::2]
    assert all(a.cost <= b.cost for a, b in pairwise(cheap))
    assert all(a.cost >= b.cost for a, b in pairwise(dear))
    assert all(a.cost <= b.cost for a in cheap for b in dear)


@pytest.mark.parametrize("grid", GRIDS)
def test_what_is_done_is_left_out_and_the_rest_keeps_its_groups(grid: Grid) -> None:
    done = set(grid.cells[::3])
    everything = [tuple(cell for cell in task.cells if cell not in done) for task in divide(grid)]
    assert [task.cells for task in divide(grid, done)] == [cells for cells in everything if cells]
    assert divide(grid, grid.cells) == []


@pytest.mark.parametrize("batch_size", [7, 3_000])
def test_a_task_can_be_stopped_within_an_epoch(sample: Digits, batch_size: int) -> None:
    grid = Grid((0.1, 0.2), (batch_size,), (Preprocessing.RAW,), epochs=1, validation=500)
    looks = iter([False, True])
    task = Task(grid.cells, grid.config(grid.cells[0]))
    assert learn_side_by_side(task, sample.train, lambda: next(looks)) == []
    assert next(looks, None) is None
    assert len(learn_side_by_side(task, sample.train, lambda: False)) == 2
