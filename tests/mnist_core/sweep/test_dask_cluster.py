"""A sweep on two Dask workers, processes on this machine, against the same sweep on threads."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from mnist_core import Cell, Digits, Grid, Preprocessing, SweepResult, connect_scheduler, sweep
from mnist_core.__main__ import main
from mnist_core.sweep.dask_cluster import DaskExecutor

if TYPE_CHECKING:  # it takes a second, also where these tests are left out
    from distributed import LocalCluster

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # distributed and tornado are not free of warnings
]

LIMIT = 300  # seconds
GRID = Grid(
    (0.05, 0.5),
    (200, 50),
    (Preprocessing.RAW,),
    3,
    validation=1_000,
    training_digits=(2_500,),
    wrong_labels=(0, 0.2),
)


@pytest.fixture(scope="module")
def cluster() -> Iterator["LocalCluster"]:
    """Two workers with a nanny each, which starts another process when one dies."""
    from distributed import LocalCluster

    with pytest.MonkeyPatch.context() as patch:
        # A process that is spawned runs the file of the main module again, and Streamlit's AppTest leaves its
        # script there.
        patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        with LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=50,
        ) as cluster:
            yield cluster


@pytest.fixture(scope="module")
def executor(cluster: "LocalCluster") -> Iterator[DaskExecutor]:
    executor = connect_scheduler(cluster.scheduler_address)
    assert executor is not None
    with executor:
        yield executor


def _bits(results: list[SweepResult]) -> dict[Cell, tuple[object, bytes]]:
    """All that must not differ; it fails if a cell comes twice."""
    table: dict[Cell, tuple[object, bytes]] = {
        result.cell: (result.curve, result.right.numpy().tobytes()) for result in results
    }
    assert len(table) == len(results)
    return table


@pytest.fixture(scope="module")
def expected(sample: Digits) -> dict[Cell, tuple[object, bytes]]:
    with ThreadPoolExecutor(1) as threads:
        return _bits(list(sweep(GRID, sample, executor=threads)))


def test_the_results_are_those_of_this_machine_bit_for_bit(
    sample: Digits, executor: DaskExecutor, expected: dict[Cell, tuple[object, bytes]]
) -> None:
    assert executor.workers == 2
    assert _bits(list(sweep(GRID, sample, executor=executor))) == expected


def test_an_error_in_a_worker_is_raised_here(executor: DaskExecutor) -> None:
    assert executor.submit(int, "ff", base=16).result() == 255
    with pytest.raises(ValueError, match="invalid literal"):
        executor.submit(int, "x").result()


def test_a_cancel_frees_both_workers(
    sample: Digits, executor: DaskExecutor, expected: dict[Cell, tuple[object, bytes]]
) -> None:
    looks = iter([False] * 5)
    endless = replace(GRID, epochs=10**6)
    assert list(sweep(endless, sample, executor=executor, cancelled=lambda: next(looks, True))) == []
    # Each worker does one thing at a time, so this ends only if both have stopped.
    assert _bits(list(sweep(GRID, sample, executor=executor))) == expected


def test_the_command_takes_the_address(cluster: "LocalCluster", capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--learning-rates", "0.5", "--batch-sizes", "500", "--preprocessing", "raw", "--epochs", "1"]
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("MNIST_ROOT", raising=False)
        environment.setenv("DIGIT_LAB_SCHEDULER", cluster.scheduler_address)
        environment.setattr("mnist_core.command_line.commands.load_digits", _sample_digits)
        assert main(["sweep", *options]) == 0
    output, messages = capsys.readouterr()
    assert f"Workers of {cluster.scheduler_address}: 2\n" in messages
    assert "tested once" in output


def _sample_digits(**options: object) -> Digits:
    from mnist_core import load_digits

    return load_digits(download=False)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_when_all_workers_are_killed_those_that_follow_lose_no_cell_and_give_none_twice(
    sample: Digits,
    cluster: "LocalCluster",
    executor: DaskExecutor,
    expected: dict[Cell, tuple[object, bytes]],
) -> None:
    # The workers that take their places join later, and get the digits too. Without any, it waits for good.
    deadline = time.monotonic() + LIMIT
    results = sweep(GRID, sample, executor=executor, cancelled=lambda: time.monotonic() > deadline)
    found = [next(results)]
    for nanny in cluster.workers.values():
        os.kill(nanny.pid, signal.SIGKILL)
    cluster.scale(4)  # two more, beside those that the nannies start
    found += results
    assert time.monotonic() <= deadline, (executor.workers, cluster.scheduler)
    assert _bits(found) == expected
