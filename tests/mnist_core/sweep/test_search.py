"""A sweep against separate runs, with several executors; how it stops; and what it does not read."""

import threading
from collections.abc import Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import pytest
import torch

from mnist_core import (
    Cell,
    Digits,
    Grid,
    Metrics,
    Preprocessing,
    Split,
    SweepResult,
    indistinguishable,
    sweep,
    train,
)
from mnist_core.processes.process_pool import ProcessPool

RAW = Preprocessing.RAW
SMALL = Grid((0.05, 0.5), (200, 100), (RAW,), epochs=2, validation=500)
ENDLESS = replace(SMALL, epochs=10**6)


class Poison:
    """Stands for the test digits where nobody may look at them."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"the test digits were read: {name}")


def _by_cell(results: Iterable[SweepResult]) -> dict[Cell, tuple[tuple[tuple[int, Metrics], ...], bytes]]:
    """All that must not differ between two sweeps, bit for bit; it fails if a cell comes twice."""
    table: dict[Cell, tuple[tuple[tuple[int, Metrics], ...], bytes]] = {}
    for result in results:
        assert result.cell not in table
        table[result.cell] = result.curve, result.right.numpy().tobytes()
    return table


def _on_threads(grid: Grid, digits: Digits, **options: Any) -> list[SweepResult]:
    with ThreadPoolExecutor(2) as executor:
        return list(sweep(grid, digits, executor=executor, **options))


def test_each_cell_is_the_run_with_its_settings(sample: Digits) -> None:
    grid = replace(SMALL, preprocessings=(RAW, Preprocessing.DESKEW))
    results = {result.cell: result for result in _on_threads(grid, sample)}
    assert set(results) == set(grid.cells)
    for cell, result in results.items():
        reports = list(train(grid.config(cell), sample))
        assert [epoch for epoch, _ in result.curve] == [report.epoch for report in reports] == [1, 2]
        for (_, metrics), report in zip(result.curve, reports, strict=True):
            assert report.validation is not None
            assert metrics.accuracy == pytest.approx(report.validation.accuracy, abs=1 / 500)
            assert metrics.loss == pytest.approx(report.validation.loss, abs=1e-4)
        assert result.validation.accuracy == pytest.approx(result.metrics.accuracy)
        assert result.seconds > 0


@pytest.mark.slow
def test_processes_and_threads_give_the_same_results_bit_for_bit(sample: Digits) -> None:
    threads = torch.get_num_threads()
    expected = _by_cell(_on_threads(SMALL, sample))
    with ProcessPool(1) as pool:
        for _ in range(2):  # a pool can serve several sweeps
            assert _by_cell(sweep(SMALL, sample, executor=pool)) == expected
    assert torch.get_num_threads() == threads


def test_with_no_executor_the_first_cell_is_computed_here_to_the_same_bits(sample: Digits) -> None:
    (cell,) = (grid := replace(SMALL, learning_rates=(0.5,), batch_sizes=(200,))).cells
    (result,) = sweep(grid, sample)
    assert result.cell == cell
    assert _by_cell([result]) == _by_cell(_on_threads(grid, sample))


def test_the_test_digits_are_not_read(sample: Digits) -> None:
    poisoned = replace(sample, test=cast(Split, Poison()))
    with pytest.raises(AssertionError, match="the test digits were read"):
        list(train(SMALL.config(SMALL.cells[0]), poisoned))
    results = _on_threads(SMALL, poisoned)
    assert _by_cell(results) == _by_cell(_on_threads(SMALL, sample))
    assert indistinguishable(results) is not None


def test_other_test_digits_change_nothing(sample: Digits) -> None:
    grid = Grid((0.5,), (200,), (Preprocessing.DESKEW,), epochs=1, validation=500)
    draw = torch.Generator().manual_seed(3)
    noise = torch.randint(0, 256, (50, 28, 28), dtype=torch.uint8, generator=draw)
    other = replace(sample, test=Split(noise, torch.zeros(50, dtype=torch.int64)))
    assert _by_cell(_on_threads(grid, other)) == _by_cell(_on_threads(grid, sample))


def test_cells_that_are_done_are_not_learned_again(sample: Digits) -> None:
    done = SMALL.cells[1:3]
    results = _by_cell(_on_threads(SMALL, sample, done=done))
    assert set(results) == set(SMALL.cells) - set(done)
    assert list(sweep(SMALL, sample, done=SMALL.cells)) == []


class Inline(Executor):
    """Does the work at once, and counts it."""

    calls = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        with ThreadPoolExecutor(1) as executor:
            return executor.submit(fn, *args, **kwargs)


def test_nothing_happens_until_the_first_result_is_asked_for(sample: Digits) -> None:
    executor = Inline()
    results = sweep(SMALL, sample, executor=executor)
    assert executor.calls == 0
    next(results)
    assert executor.calls == 3


def test_what_is_computed_is_still_given_after_a_cancel(sample: Digits) -> None:
    cancelled = threading.Event()
    results = sweep(SMALL, sample, executor=Inline(), cancelled=cancelled)
    first = next(results)
    cancelled.set()
    assert {first.cell, *(result.cell for result in results)} == set(SMALL.cells)


def test_a_cancel_stops_work_that_has_begun_and_work_that_has_not(sample: Digits) -> None:
    looks = iter([False, False, True])
    with ThreadPoolExecutor(1) as executor:  # leaving it waits for the thread, which would take days
        assert list(sweep(ENDLESS, sample, executor=executor, cancelled=lambda: next(looks, True))) == []


def test_a_cancel_ends_the_processes_and_the_first_cell_computed_here(sample: Digits) -> None:
    looks = iter([False, False, True])
    assert list(sweep(ENDLESS, sample, cancelled=lambda: next(looks, True))) == []


def test_closing_the_generator_stops_work_that_has_begun(sample: Digits) -> None:
    begun = threading.Event()

    class Begins(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            if args[1].cells[0].batch_size == 100:
                args = args[0], replace(args[1], config=replace(args[1].config, epochs=10**6))
            future = super().submit(fn, *args, **kwargs)
            begun.set()
            return future

    with Begins(2) as executor:
        results = sweep(SMALL, sample, executor=executor)
        next(results)
        results.close()  # type: ignore[attr-defined]
    assert begun.is_set()


def test_more_digits_held_out_than_there_are_is_an_error_before_anything_starts(sample: Digits) -> None:
    with pytest.raises(ValueError, match="at most 3,999 of the 4,000 training digits can be held out"):
        sweep(replace(SMALL, validation=4_000), sample)


def test_an_error_in_a_worker_is_raised_here(sample: Digits) -> None:
    class Fails(Inline):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            return super().submit(int, "x")

    with pytest.raises(ValueError, match="invalid literal"):
        list(sweep(SMALL, sample, executor=Fails()))
