"""Processes of this machine that calls are sent to."""

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

CHILD = Path(__file__).with_name("worker_process.py")

P = ParamSpec("P")
T = TypeVar("T")


class ProcessPool(Executor):
    """One process for each core, started by a command.

    Unlike those of `concurrent.futures.ProcessPoolExecutor`, they never import the program's main module,
    which in a Streamlit server is the page; they are safe to start while other threads run; and `shutdown`
    ends them at once.
    """

    def __init__(
        self, processes: int | None = None, *, niceness: int = 5, folder: Path | None = None
    ) -> None:
        """Prepare processes; each starts when a call comes and all others are busy.

        Args:
            processes: at most so many; if None, one for each core.
            niceness: how much lower than that of this process their priority is, so that a server still
                answers people at once. Windows has no niceness.
            folder: what the processes remove if this one is killed.
        """
        self.processes = processes or _cores()
        self._arguments = [str(niceness), *([str(folder)] if folder else [])]
        self._idle = threading.Semaphore(0)  # counts the processes that wait for a call
        self._calls: queue.SimpleQueue[tuple[Future[Any], bytes] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []  # each has a process
        self._children: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    @property
    def workers(self) -> int:
        """How many processes there are, or will be."""
        return self.processes

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function in one of the processes; it must be importable there."""
        future: Future[T] = Future()
        call = pickle.dumps((fn, args, kwargs))
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool has been shut down")
            self._calls.put((future, call))
            if not self._idle.acquire(blocking=False) and len(self._threads) < self.processes:
                self._threads.append(threading.Thread(target=self._work, name="process", daemon=True))
                self._threads[-1].start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes; calls that wait are cancelled, and those that run fail with BrokenExecutor.

        The arguments change nothing: work that is not wanted any more is not waited for.
        """
        with self._lock:
            self._closed = True
            for child in self._children:
                child.kill()
            for _ in self._threads:
                self._calls.put(None)
        # A Ctrl-C during concurrent.futures.wait can leave a future locked, on which a thread then waits for
        # good. Its process is dead, and the thread is a daemon.
        for thread in self._threads:
            thread.join(timeout=5)

    def _work(self) -> None:
        """Hand call after call to a process, and its answers to the futures."""
        child = None
        while call := self._calls.get():
            future, message = call
            if self._closed:
                future.cancel()
            elif future.set_running_or_notify_cancel():
                try:
                    child = child or self._start()
                    result, error = _answer(child, message)
                except (OSError, EOFError, pickle.UnpicklingError) as broken:
                    self._end(child)
                    child = None
                    self._note_end()
                    future.set_exception(BrokenExecutor(f"a process has ended: {broken!r}"))
                else:
                    self._note_end()
                    future.set_exception(error) if error else future.set_result(result)
        self._end(child)

    def _note_end(self) -> None:
        """Count a process as idle, unless a call waits, before its answer is given."""
        with self._lock:
            if self._calls.empty():
                self._idle.release()

    def _start(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(filter(None, [str(Path.cwd()), *sys.path]))
        with self._lock:
            if self._closed:
                raise EOFError("the pool has been shut down")
            child = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    str(CHILD),
                    *self._arguments,
                ],  # -P: its folder is no place to import from
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,  # Ctrl-C is for the program that started it
            )
            self._children.add(child)
        return child

    def _end(self, child: subprocess.Popen[bytes] | None) -> None:
        if child:
            child.kill()
            with contextlib.suppress(OSError), child:  # closes the pipes, to which something may be unwritten
                pass
            with self._lock:
                self._children.discard(child)


def _answer(child: subprocess.Popen[bytes], message: bytes) -> tuple[Any, BaseException | None]:
    """Send a pickled call; return the result and the error, one of which is None."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(message)
    child.stdin.flush()
    answer: tuple[Any, BaseException | None] = pickle.load(child.stdout)
    return answer


def _cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
