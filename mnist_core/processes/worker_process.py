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
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class WorkerProcess:
    """A process of this machine that computes what it is asked to.

    It ends when this program does, however that ends, in the middle of its work too.
    """

    def __init__(self, *, niceness: int = 0, folder: Path | None = None) -> None:
        """Start the process.

        Args:
            niceness: how much lower than that of this process its priority is. Windows has no niceness.
            folder: what the process removes if this program is killed.

        Raises:
            OSError: no process can be started.
        """
        arguments = [str(niceness), *([str(folder)] if folder else [])]
        path = os.pathsep.join(filter(None, [str(Path.cwd()), *sys.path]))
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, *arguments],  # -P: its folder is no place to import from
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for the program that started it
        )

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
        try:
            pickle.dump(call, self._process.stdin)
            self._process.stdin.flush()
            answer = pickle.load(self._process.stdout)
        except BaseException as error:  # Ctrl-C, too: the answer would be taken for that of the next call
            self.kill()
            if isinstance(error, Exception):
                raise BrokenExecutor(f"a process has ended: {error!r}") from error
            raise
        result, raised = pickle.loads(answer)
        if raised is not None:
            raise raised
        return result

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        with contextlib.suppress(OSError), self._process:  # closes the pipes: something may be unwritten
            pass


def _serve() -> None:
    """Answer, in the process, the calls on the standard input on what was the standard output."""
    niceness, *folders = sys.argv[1:]
    if hasattr(os, "nice"):
        os.nice(int(niceness))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what is printed must not get among the answers
    calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(calls, folders), daemon=True).start()
    while True:
        try:
            function, args, kwargs = pickle.loads(calls.get())
            answer = pickle.dumps((function(*args, **kwargs), None))
        except Exception as error:
            answer = pickle.dumps((None, error))
        pickle.dump(answer, answers)
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
