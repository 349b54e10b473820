"""A sweep on Dask workers, processes on this machine: as on threads, and what is said when it fails."""

import gc
import logging
import shutil
import sys
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest

from mnist_core import Cell, Digits, Grid, Preprocessing, Split, SweepResult, load_digits, sweep
from mnist_core.__main__ import main
from mnist_core.sweep import dask_cluster
from mnist_core.sweep.dask_cluster import DaskExecutor
from mnist_core.sweep.search import ClusterError
from tests.support.cluster import LIMIT, Cluster, Forks, forks, kill
from tests.support.paths import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # distributed and tornado are not free of warnings
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork"),
]

GRID = Grid(
    (0.05, 0.5),
    (200, 50),
    (Preprocessing.RAW,),
    3,
    validation=1_000,
    training_digits=(2_500,),
    wrong_labels=(0, 0.2),
)
QUICK = Grid((0.1,), (100,), ("raw",), 1, validation=1_000)
COMMAND = "sweep --learning-rates 0.5 --preprocessing raw --epochs 1 --batch-sizes"

Bits = dict[Cell, tuple[object, bytes]]


@pytest.fixture(autouse=True)
def _sockets_of_dask() -> Iterator[None]:
    """Have a connection that Dask left open found here: its warning is an error, and of no other test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="module", name="forks")
def _forks() -> Iterator[Forks]:
    with forks() as started:
        yield started


@pytest.fixture(scope="module")
def cluster(forks: Forks) -> Iterator[Cluster]:
    """Two workers, for what leaves a cluster as it was."""
    cluster = Cluster(forks)
    cluster.scheduler()
    cluster.worker()
    cluster.worker()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def executor(cluster: Cluster) -> Iterator[DaskExecutor]:
    with cluster.connect(2) as executor:
        yield executor


@pytest.fixture
def own(forks: Forks) -> Iterator[Cluster]:
    """A cluster of the test's own, in which nothing runs yet."""
    cluster = Cluster(forks)
    yield cluster
    cluster.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "PATIENCE", 3.0)


@pytest.fixture
def on_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the command learn the sample, whatever there is."""
    monkeypatch.setattr("mnist_core.command_line.commands.load_digits", _load_sample)
    monkeypatch.delenv("MNIST_ROOT", raising=False)


def _load_sample(**options: object) -> Digits:
    return load_digits(download=False)


def _bits(results: list[SweepResult]) -> Bits:
    """All that must not differ; it fails if a cell comes twice."""
    table: Bits = {result.cell: (result.curve, result.right.numpy().tobytes()) for result in results}
    assert len(table) == len(results)
    return table


@pytest.fixture(scope="module")
def expected(sample: Digits) -> Bits:
    with ThreadPoolExecutor(1) as threads:
        return _bits(list(sweep(GRID, sample, executor=threads)))


def test_the_results_are_those_of_this_machine_bit_for_bit_also_after_a_cancel(
    sample: Digits, executor: DaskExecutor, expected: Bits
) -> None:
    assert _bits(list(sweep(GRID, sample, executor=executor))) == expected
    looks = iter([False] * 5)
    endless = replace(GRID, epochs=10**6)
    assert list(sweep(endless, sample, executor=executor, cancelled=lambda: next(looks, True))) == []
    # Each worker does one thing at a time, so this ends only if both have stopped.
    assert _bits(list(sweep(GRID, sample, executor=executor))) == expected


def test_an_error_in_a_worker_is_raised_here(executor: DaskExecutor) -> None:
    assert executor.submit(int, "ff", base=16).result() == 255
    with pytest.raises(ValueError, match="invalid literal"):
        executor.submit(int, "x").result()


@pytest.mark.usefixtures("on_the_sample")
def test_the_command_takes_the_address(
    cluster: Cluster,
    executor: DaskExecutor,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DIGIT_LAB_SCHEDULER", cluster.address)
    assert main([*COMMAND.split(), "500"]) == 0
    output, messages = capsys.readouterr()
    assert f"Workers of {cluster.address}: {executor.workers}\n" in messages
    assert "tested once" in output


def test_when_all_workers_are_killed_those_that_follow_lose_no_cell_and_give_none_twice(
    sample: Digits, own: Cluster, expected: Bits
) -> None:
    own.scheduler()
    killed = [own.worker(), own.worker()]
    with own.connect(2) as executor:
        # Those that take their places get the digits too. Without any, it waits for good.
        deadline = time.monotonic() + LIMIT
        results = sweep(GRID, sample, executor=executor, cancelled=lambda: time.monotonic() > deadline)
        found = [next(results)]
        for worker in killed:
            kill(worker)
        own.worker()
        found += results
        assert time.monotonic() <= deadline
    assert _bits(found) == expected


def test_a_result_that_is_lost_with_its_worker_is_waited_for_while_the_scheduler_answers(
    executor: DaskExecutor,
) -> None:
    class Late:
        status = "finished"
        answers: ClassVar[list[int | None]] = [None, 7]

        def result(self, timeout: float) -> int:
            answer = self.answers.pop(0)
            if answer is None:  # as Dask does while it tries to reach the worker
                raise TimeoutError
            return answer

    future: Future[int] = Future()
    late: Any = Late()
    executor._take(late, future)
    assert future.result(0) == 7


@pytest.mark.usefixtures("on_the_sample")
def test_when_the_scheduler_is_killed_the_command_prints_what_was_done_and_one_line(
    own: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def sweep_and_kill(grid: Grid, digits: Digits, executor: DaskExecutor) -> Iterator[SweepResult]:
        for result in sweep(grid, digits, executor=executor):
            yield result
            kill(scheduler)

    scheduler = own.scheduler()
    own.worker()
    own.connect(1).shutdown()
    monkeypatch.setattr("mnist_core.command_line.sweep_command.sweep", sweep_and_kill)
    monkeypatch.setattr(logging.getLogger("distributed"), "handlers", [caplog.handler])
    began = time.monotonic()
    assert main([*COMMAND.split(), "1000", *map(str, range(1, 40)), "--scheduler", own.address]) == 2
    assert time.monotonic() < began + 30
    output, errors = capsys.readouterr()
    assert "*" in output
    (error,) = [line for line in errors.splitlines() if not line.startswith(("Workers of", "Digits:"))]
    assert error.startswith(
        f"digit-lab: error: the sweep has ended early: the cluster at {own.address} has lost"
    )
    assert caplog.records == []


@pytest.mark.parametrize("fault", ["restarted", pytest.param("silent", marks=pytest.mark.thorough)])
def test_a_lost_scheduler_ends_a_sweep_that_keeps_what_was_done(
    fault: str, sample: Digits, own: Cluster, impatient: None
) -> None:
    scheduler = own.scheduler()
    own.worker()
    with own.connect(1) as executor:
        grid = replace(QUICK, epochs=3, batch_sizes=tuple(range(1, 40)))  # far more than is waited for
        results = sweep(grid, sample, executor=executor)
        found = [next(results)]
        began = time.monotonic()
        if fault == "silent":
            scheduler.suspend()
        else:
            kill(scheduler)
            own.scheduler()
        with pytest.raises(ClusterError, match=f"{own.address} has lost its scheduler: start it"):
            found += results
    assert time.monotonic() < began + 20
    assert found


def test_without_any_worker_it_is_said_how_to_start_one(
    sample: Digits, own: Cluster, impatient: None
) -> None:
    own.scheduler()
    with (
        own.connect(0) as executor,
        pytest.raises(ClusterError, match="has no worker: start one, dask worker tcp"),
    ):
        list(sweep(QUICK, sample, executor=executor))


@pytest.mark.parametrize("kind", ["none", "another"])
def test_a_worker_without_this_version_is_named(
    kind: str, sample: Digits, own: Cluster, impatient: None, tmp_path: Path
) -> None:
    own.scheduler()
    if kind == "none":
        own.bare_worker()
    else:
        shutil.copytree(ROOT / "mnist_core", tmp_path / "mnist_core")
        (tmp_path / "mnist_core" / "version.py").write_text('__version__ = "0.9.0"\n')
        own.worker(tmp_path)
    said = r"has Digit Lab 0\.9\.0" if kind == "another" else "cannot load Digit Lab .*No module"
    with own.connect(1) as executor:
        with pytest.raises(ClusterError, match=rf"tcp://127\.0\.0\.1:\d+ {said}.*Install Digit Lab"):
            list(sweep(QUICK, sample, executor=executor))
        call = executor.submit(divmod, 7, 2)  # as from a worker that came after the sweep had begun
        with pytest.raises(ClusterError):
            call.result(LIMIT)


@pytest.mark.thorough
@pytest.mark.parametrize("times", [8, 15], ids=["25 MB", "47 MB"])
def test_eight_sweeps_over_eight_sets_leave_no_digits_behind(
    times: int, sample: Digits, own: Cluster
) -> None:
    pair: list[psutil.Process] = [own.scheduler(), own.worker()]
    with own.connect(1) as executor:
        sizes = []
        for count in range(10):
            split = Split(
                sample.train.images.repeat(times, 1, 1)[count:],
                sample.train.labels.repeat(times)[count:],
            )
            results = list(sweep(QUICK, replace(sample, train=split), executor=executor))
            assert len(results) == 1
            time.sleep(1)  # the scheduler frees them after it has answered
            sizes.append([process.memory_info().rss for process in pair])
    # Of sets below 32 MB, glibc keeps one or two in store from the second sweep on, once for all.
    grown = [(last - second) / 1e6 for second, last in zip(sizes[1], sizes[-1], strict=True)]
    assert max(grown) < 20, sizes
