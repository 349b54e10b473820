"""Schedulers and workers of Dask, each a process that can be killed, and that starts in a moment.

One process imports torch and Dask, which takes seconds; the others are forked from it.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil

from mnist_core import connect_scheduler
from mnist_core.sweep.dask_cluster import DaskExecutor
from tests.support.paths import ROOT

LIMIT = 60  # seconds


class Forks:
    """The process that others are forked from."""

    def __init__(self, ask: IO[str], answers: IO[str]) -> None:
        """Take the pipes to it and from it."""
        self._ask, self._answers = ask, answers

    def start(self, what: str, *options: str, package: Path | None = None) -> psutil.Process:
        """Start a scheduler or a worker, with the package of another folder if one is given."""
        print(json.dumps([what, str(package or ""), *options]), file=self._ask, flush=True)
        return psutil.Process(int(self._answers.readline()))


@contextmanager
def forks() -> Iterator[Forks]:
    """Start the process that others are forked from; they end with it."""
    program = [sys.executable, "-m", "tests.support.cluster"]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield Forks(process.stdin, process.stdout)
        process.stdin.close()


class Cluster:
    """A scheduler and workers, on a port of their own."""

    def __init__(self, forks: Forks) -> None:
        """Find a free port; nothing runs yet."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            self._port = server.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self._port}"
        self._forks = forks
        self._all: list[psutil.Process] = []

    def scheduler(self) -> psutil.Process:
        """Start a scheduler, which answers once `connect` has returned."""
        return self._start("scheduler", "--host", "127.0.0.1", "--port", str(self._port))

    def worker(self, package: Path | None = None) -> psutil.Process:
        """Start a worker, with the package of another folder if one is given."""
        return self._start("worker", self.address, "--nthreads", "1", "--no-nanny", package=package)

    def bare_worker(self) -> None:
        """Start a worker of an environment without the package."""
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard")
        program = [sys.executable, "-m", "distributed.cli.dask_worker", self.address, *options]
        # "/" has no mnist_core beside it, which `python -m` would find.
        environment = {**os.environ, "PYTHONPATH": ""}
        self._all.append(psutil.Popen(program, cwd="/", env=environment, stderr=subprocess.DEVNULL))

    def connect(self, workers: int) -> DaskExecutor:
        """Connect once the scheduler is there, and has so many workers."""
        deadline = time.monotonic() + LIMIT
        while True:
            try:
                executor = connect_scheduler(self.address)
                break
            except OSError:  # not yet
                if time.monotonic() > deadline:
                    raise
        assert executor is not None
        while executor.workers != workers and time.monotonic() < deadline:
            time.sleep(0.05)
        assert executor.workers == workers
        return executor

    def stop(self) -> None:
        """Kill what still runs."""
        for process in self._all:
            kill(process)

    def _start(self, what: str, *options: str, package: Path | None = None) -> psutil.Process:
        self._all.append(self._forks.start(what, *options, "--no-dashboard", package=package))
        return self._all[-1]


def kill(process: psutil.Process) -> None:
    """Kill a process, and wait until it is gone."""
    if process.is_running():
        process.kill()
        process.wait(LIMIT)


def _serve() -> None:
    """Fork what each line asks for, and answer with its process id."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries those that end
    for line in sys.stdin:
        what, package, *options = json.loads(line)
        child = os.fork()
        if not child:
            _become(what, package, options)
        print(child, flush=True)
    os.killpg(0, signal.SIGKILL)


def _become(what: str, package: str, options: list[str]) -> None:
    from distributed.cli import dask_scheduler, dask_worker

    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if package:
        for name in [name for name in sys.modules if name.partition(".")[0] in ("mnist_core", "tests")]:
            del sys.modules[name]
        sys.path.insert(0, package)
        import mnist_core  # noqa: F401 - the other one
    command = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}[what]
    command(options)


if __name__ == "__main__":
    os.setpgid(0, 0)
    import distributed.cli.dask_scheduler
    import distributed.cli.dask_worker  # noqa: F401

    _serve()
