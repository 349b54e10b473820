"""A process that calls are sent to, one after the other: both ends of its pipes.

The process is started by a command that runs this file, so it imports only what the calls need, and never the
program's main module, which in a Streamlit server is the page. Each message is bytes, pickled: what cannot be
unpickled then spoils no other message.
"""

import contextlib
import os
import pickle
import queue
import shutil
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any, BinaryIO, ParamSpec, TypeVar

SIGN_EVERY, SILENCE = 4.0, 20.0  # seconds

P = ParamSpec("P")
T = TypeVar("T")


class WorkerProcess:
    """A process of this machine that computes what it is asked to.

    It ends when this program does, however that ends, in the middle of its work too. While it computes it
    gives a sign every few seconds; if it does not, it is killed, and the call fails.
    """

    def __init__(self, *, niceness: int = 0, folder: Path | None = None) -> None:
        """Start the process.

        Args:
            niceness: how much lower than that of this process its priority is. Windows has no niceness.
            folder: what the process removes if this program is killed.

        Raises:
            OSError: no process can be started.
        """
        arguments = [str(niceness), str(SIGN_EVERY), *([str(folder)] if folder else [])]
        path = os.pathsep.join(filter(None, [str(Path.cwd()), *sys.path]))
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, *arguments],  # -P: its folder is no place to import from
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for the program that started it
        )
        self._last_sign: float | None = None  # while something is computed
        _watch(self)

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function, which must be importable in the process; return or raise what it does.

        Raises:
            BrokenExecutor: the process has ended.
        """
        result: T = self.call_pickled(pickle.dumps((function, args, kwargs)))
        return result

    def call_pickled(self, call: bytes) -> Any:
        """Make a call that is already pickled: the function, its args and its kwargs."""
        assert self._process.stdin
        assert self._process.stdout
        self._last_sign = time.monotonic()
        try:
            pickle.dump(call, self._process.stdin)
            self._process.stdin.flush()
            while (answer := pickle.load(self._process.stdout)) is None:
                self._last_sign = time.monotonic()
        except BaseException as error:  # Ctrl-C, too: the answer would be taken for that of the next call
            self.kill()
            if isinstance(error, Exception):
                raise BrokenExecutor(f"a process has ended: {error!r}") from error
            raise
        finally:
            self._last_sign = None
        result, raised = pickle.loads(answer)
        if raised is not None:
            raise raised
        return result

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        with contextlib.suppress(OSError), self._process:  # closes the pipes: something may be unwritten
            pass

    def kill_if_silent(self) -> None:
        """Kill the process if it has given no sign for long; whoever waits for its answer is told."""
        if self._last_sign is not None and time.monotonic() > self._last_sign + SILENCE:
            self._process.kill()


_started: "weakref.WeakSet[WorkerProcess]" = weakref.WeakSet()
_watching = threading.Lock()


def _watch(process: WorkerProcess) -> None:
    """Have a thread look whether the process gives signs."""
    if _watching.acquire(blocking=False):  # once
        threading.Thread(target=_look, name="watching processes", daemon=True).start()
    _started.add(process)


def _look() -> None:
    while True:
        time.sleep(SIGN_EVERY)
        _kill_silent()


def _kill_silent() -> None:
    for process in list(_started):
        process.kill_if_silent()


def kill_all() -> None:
    """Kill all processes of this program at once: it is about to end, whatever they compute."""
    for process in list(_started):
        process._process.kill()


def _serve() -> None:
    """Answer, in the process, the calls on the standard input on what was the standard output."""
    niceness, sign_every, *folders = sys.argv[1:]
    if hasattr(os, "nice"):
        os.nice(int(niceness))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what is printed must not get among the answers
    calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    answering, computing = threading.Lock(), threading.Event()
    threading.Thread(target=_read, args=(calls, folders), daemon=True).start()
    signs = (float(sign_every), answers, answering, computing)
    threading.Thread(target=_give_signs, args=signs, daemon=True).start()
    while True:
        call = calls.get()
        computing.set()
        try:
            function, args, kwargs = pickle.loads(call)
            answer = pickle.dumps((function(*args, **kwargs), None))
        except Exception as error:
            answer = pickle.dumps((None, error))
        with answering:
            computing.clear()
            pickle.dump(answer, answers)
            answers.flush()


def _give_signs(
    every: float, answers: BinaryIO, answering: threading.Lock, computing: threading.Event
) -> None:
    """Send None every so many seconds while something is computed."""
    while computing.wait():
        time.sleep(every)
        with answering, contextlib.suppress(OSError):  # the program may be gone
            if computing.is_set():
                pickle.dump(None, answers)
                answers.flush()


def _read(calls: "queue.SimpleQueue[bytes]", folders: list[str]) -> None:
    """Read calls until the program that asks is gone; then end, in the middle of a call too."""
    try:
        while True:
            calls.put(pickle.load(sys.stdin.buffer))
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)


if __name__ == "__main__":
    _serve()
