"""Ctrl-C and SIGTERM end the server in order, and within five seconds whatever its processes do.

In order is with exit code 0, without a traceback, and with all runs saved.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from threading import Thread
from types import FrameType

import uvicorn

PATIENCE, LONGEST = 2.0, 4.0  # seconds


def starting_server() -> uvicorn.Server | None:
    """Find the server that is importing the app now, by its handler of signals; None in tests."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return server if isinstance(server, uvicorn.Server) else None


def exit_quietly(server: uvicorn.Server) -> None:
    """Have the server close down in order at a signal, also at one that came while it was starting.

    Its own handler raises the signal once more after closing: Ctrl-C would then end with "Aborted!" and an
    exit code of 1, and SIGTERM would kill the process before its threads are joined.
    """
    server._captured_signals.clear()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _closing(server))


def _insist() -> None:
    """End what hangs: first the processes, so that runs end with what they have, then the server."""
    time.sleep(PATIENCE)
    if worker_process := sys.modules.get("mnist_core.processes.worker_process"):
        worker_process.kill_all()
    time.sleep(LONGEST - PATIENCE)
    os._exit(0)


def _closing(server: uvicorn.Server) -> Callable[[int, FrameType | None], None]:
    def close(number: int, frame: FrameType | None) -> None:
        if not server.should_exit:
            Thread(target=_insist, name="exit", daemon=True).start()
        server.force_exit = server.should_exit  # for the second Ctrl-C
        server.should_exit = True

    return close
