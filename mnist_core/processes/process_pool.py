"""A pool of processes for calls that run at the same time."""

import pickle
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from mnist_core.cores import cores
from mnist_core.processes.worker_process import WorkerProcess

P = ParamSpec("P")
T = TypeVar("T")


class ProcessPool(Executor):
    """One process for each core.

    Unlike the processes of `concurrent.futures.ProcessPoolExecutor`, they never import the program's main
    module; they are safe to start while other threads run; one that dies fails its own call and no other; and
    `shutdown` ends them at once. benchmarks/README.md has the same about loky's.
    """

    def __init__(self, workers: int | None = None, *, niceness: int = 5, folder: Path | None = None) -> None:
        """Prepare processes; one more starts with each call until there are `workers`.

        Args:
            workers: at most so many processes; if None, one for each core.
            niceness: how much lower than that of this process their priority is.
            folder: what the processes remove if this program is killed.
        """
        self.workers = workers or cores()
        self._niceness, self._folder = niceness, folder
        self._calls: queue.SimpleQueue[tuple[Future[Any], bytes] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []  # each has a process
        self._processes: list[WorkerProcess] = []
        self._closed = False

    @property
    def is_cold(self) -> bool:
        """Whether no process has been started yet."""
        return not self._threads

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function in one of the processes; it must be importable there."""
        future: Future[T] = Future()
        call = pickle.dumps((fn, args, kwargs))
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool has been shut down")
            self._calls.put((future, call))
            if len(self._threads) < self.workers:
                # Those of concurrent.futures are no daemons: the end of the program would wait for them.
                self._threads.append(threading.Thread(target=self._work, name="process", daemon=True))
                self._threads[-1].start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes; calls that wait are cancelled, and those that run fail with BrokenExecutor.

        The arguments change nothing: work that is not wanted any more is not waited for.
        """
        with self._lock:
            self._closed = True
            for process in self._processes:
                process.kill()
            for _ in self._threads:
                self._calls.put(None)
        # A Ctrl-C during concurrent.futures.wait can leave a future locked, on which a thread then waits for
        # good. Its process is dead, and the thread is a daemon.
        for thread in self._threads:
            thread.join(timeout=5)

    def _work(self) -> None:
        """Hand call after call to a process, and its answers to the futures."""
        process: WorkerProcess | None = None
        while call := self._calls.get():
            future, message = call
            if self._closed:
                future.cancel()
            elif future.set_running_or_notify_cancel():
                try:
                    if process is None or process.ended:
                        process = self._start()
                    future.set_result(process.call_pickled(message))
                except Exception as error:
                    future.set_exception(error)

    def _start(self) -> WorkerProcess:
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool has been shut down")
            self._processes = [process for process in self._processes if not process.ended]
            self._processes.append(WorkerProcess(niceness=self._niceness, folder=self._folder))
            return self._processes[-1]
