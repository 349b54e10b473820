"""The processes that a sweep works with when it is given no executor."""

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class ProcessPool(Executor):
    """One process for each core, started by a command.

    Unlike those of `concurrent.futures.ProcessPoolExecutor`, they never import the program's main module,
    which in a Streamlit server is the page; they are safe to start while other threads run; and `shutdown`
    ends them at once. Their priority is lower than that of a server that answers people.
    """

    def __init__(self, processes: int | None = None) -> None:
        """Prepare so many processes, or one for each core; they start with the first call."""
        self.processes = processes or _cores()
        self._calls: queue.SimpleQueue[tuple[Future[Any], bytes] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._children: list[subprocess.Popen[bytes]] = []
        self._threads: list[threading.Thread] = []
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function in one of the processes; it must be importable there."""
        future: Future[T] = Future()
        call = pickle.dumps((fn, args, kwargs))
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool has been shut down")
            self._calls.put((future, call))
            if len(self._children) < self.processes:
                self._start_child()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes; calls that have not ended are cancelled or fail with BrokenExecutor.

        `wait` and `cancel_futures` change nothing: work that is not wanted any more is not waited for.
        """
        with self._lock:
            self._closed = True
            for child in self._children:
                child.kill()
            for _ in self._threads:
                self._calls.put(None)
        for thread in self._threads:
            thread.join()
        while True:
            try:
                call = self._calls.get_nowait()
            except queue.Empty:
                return
            if call:
                call[0].cancel()

    def _start_child(self) -> None:
        path = os.pathsep.join(filter(None, [str(Path.cwd()), *sys.path]))
        child = subprocess.Popen(
            [sys.executable, "-c", "from mnist_core.sweep.child import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for the program that started it
        )
        thread = threading.Thread(target=self._feed, args=(child,), name="sweep", daemon=True)
        self._children.append(child)
        self._threads.append(thread)
        thread.start()

    def _feed(self, child: subprocess.Popen[bytes]) -> None:
        """Hand call after call to one process, and its answers to the futures."""
        assert child.stdin is not None
        assert child.stdout is not None
        with contextlib.suppress(OSError), child:
            while (call := self._calls.get()) and not self._closed:
                future, message = call
                if not future.set_running_or_notify_cancel():
                    continue
                try:
                    child.stdin.write(message)
                    child.stdin.flush()
                    result, error = pickle.load(child.stdout)
                except (OSError, EOFError, pickle.UnpicklingError) as broken:
                    future.set_exception(BrokenExecutor(f"a process of the sweep has ended: {broken!r}"))
                    break
                if error is None:
                    future.set_result(result)
                else:
                    future.set_exception(error)


def _cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
