"""What ails a cluster is said in one sentence, and soon: with schedulers and workers of their own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from mnist_core import Digits, Grid, Split, SweepResult, connect_scheduler, sweep
from mnist_core.sweep import dask_cluster
from mnist_core.sweep.dask_cluster import DaskExecutor
from mnist_core.sweep.search import ClusterError
from tests.support.paths import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # distributed and tornado are not free of warnings
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL and SIGSTOP"),
]

LIMIT = 60  # seconds
QUICK = Grid((0.1,), (100,), ("raw",), 1, validation=1_000)
ENDLESS = replace(QUICK, learning_rates=(0.1, 0.2), batch_sizes=(100, 200), epochs=10**6)


class Processes:
    """A scheduler and workers, each a process that can be killed."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self._all: list[subprocess.Popen[bytes]] = []

    def scheduler(self) -> subprocess.Popen[bytes]:
        return self._start("scheduler", "--host", "127.0.0.1", "--port", str(self.port))

    def worker(self, package: Path | None = ROOT) -> subprocess.Popen[bytes]:
        return self._start("worker", self.address, "--nthreads", "1", "--no-nanny", package=package)

    def _start(self, what: str, *options: str, package: Path | None = ROOT) -> subprocess.Popen[bytes]:
        preload = ("--preload", "mnist_core") if package else ()
        program = [sys.executable, "-m", f"distributed.cli.dask_{what}", *options, "--no-dashboard", *preload]
        environment = {**os.environ, "PYTHONPATH": str(package or "")}
        # "/" has no mnist_core beside it, which `python -m` would find.
        started = subprocess.Popen(program, cwd="/", env=environment, stderr=subprocess.DEVNULL)
        self._all.append(started)
        return started

    def stop(self) -> None:
        for process in self._all:
            process.kill()
            process.wait(LIMIT)

    def connect(self, workers: int) -> DaskExecutor:
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            try:
                executor = connect_scheduler(self.address)
            except OSError:  # not yet
                continue
            assert executor is not None
            while executor.workers < workers and time.monotonic() < deadline:
                time.sleep(0.05)
            assert executor.workers == workers
            return executor
        raise TimeoutError(self.address)


@pytest.fixture
def processes() -> Iterator[Processes]:
    processes = Processes()
    yield processes
    processes.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "PATIENCE", 6.0)


@pytest.mark.parametrize("fault", ["killed", "restarted", pytest.param("silent", marks=pytest.mark.thorough)])
def test_a_lost_scheduler_ends_a_sweep_that_keeps_what_was_done(
    fault: str, sample: Digits, processes: Processes, impatient: None
) -> None:
    scheduler = processes.scheduler()
    processes.worker()
    with processes.connect(1) as executor:
        grid = replace(ENDLESS, epochs=3, batch_sizes=tuple(range(1, 40)))  # far more than is waited for
        results = sweep(grid, sample, executor=executor)
        found = [next(results)]
        os.kill(scheduler.pid, signal.SIGSTOP if fault == "silent" else signal.SIGKILL)
        began = time.monotonic()
        if fault == "restarted":
            scheduler.wait(LIMIT)
            processes.scheduler()
        with pytest.raises(ClusterError, match=f"{processes.address} has lost its scheduler: start it"):
            found += results
    assert time.monotonic() < began + 20
    assert found


@pytest.mark.slow
def test_the_command_prints_what_was_done_and_one_line(processes: Processes) -> None:
    scheduler = processes.scheduler()
    processes.worker()
    processes.connect(1).shutdown()
    options = ["--preprocessing", "raw", "--batch-sizes", "1000", "1", "--epochs", "50", "--csv"]
    program = [sys.executable, "-m", "mnist_core", "sweep", *options, "--scheduler", processes.address]
    with subprocess.Popen(
        program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as command:
        assert command.stderr is not None
        while "Digits:" not in command.stderr.readline():
            pass
        time.sleep(3)
        scheduler.kill()
        output, errors = command.communicate(timeout=30)
    assert command.returncode == 2
    assert output.startswith("preprocessing,")
    assert errors.startswith("digit-lab: error: the sweep has ended early: the cluster at tcp://")
    assert len(errors.splitlines()) == 1


@pytest.mark.slow
def test_without_any_worker_it_is_said_how_to_start_one(
    sample: Digits, processes: Processes, impatient: None
) -> None:
    processes.scheduler()
    with (
        processes.connect(0) as executor,
        pytest.raises(ClusterError, match="has no worker: start one, dask worker tcp"),
    ):
        list(sweep(QUICK, sample, executor=executor))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["none", "another"])
def test_a_worker_without_this_version_is_named(
    kind: str, sample: Digits, processes: Processes, tmp_path: Path
) -> None:
    processes.scheduler()
    if kind == "another":
        shutil.copytree(ROOT / "mnist_core", tmp_path / "mnist_core")
        version = tmp_path / "mnist_core" / "version.py"
        version.write_text('__version__ = "0.9.0"\n')
    processes.worker(tmp_path if kind == "another" else None)
    said = r"has Digit Lab 0\.9\.0" if kind == "another" else "cannot load Digit Lab .*No module"
    with processes.connect(1) as executor:
        with pytest.raises(ClusterError, match=rf"tcp://127\.0\.0\.1:\d+ {said}.*Install Digit Lab"):
            list(sweep(QUICK, sample, executor=executor))
        call = executor.submit(divmod, 7, 2)  # as from a worker that came after the sweep had begun
        with pytest.raises(ClusterError):
            call.result(LIMIT)


@pytest.mark.thorough
def test_eight_sweeps_over_eight_sets_leave_no_digits_behind(sample: Digits, processes: Processes) -> None:
    pair = psutil.Process(processes.scheduler().pid), psutil.Process(processes.worker().pid)
    with processes.connect(1) as executor:
        sizes = []
        for count in range(9):
            split = Split(
                sample.train.images.repeat(15, 1, 1)[count:],  # 47 MB
                sample.train.labels.repeat(15)[count:],
            )
            results: list[SweepResult] = list(sweep(QUICK, replace(sample, train=split), executor=executor))
            assert len(results) == 1
            time.sleep(1)  # the scheduler frees them after it has answered
            sizes.append([process.memory_info().rss for process in pair])
    grown = [(last - first) / 1e6 for first, last in zip(sizes[0], sizes[-1], strict=True)]
    assert max(grown) < 20, sizes
