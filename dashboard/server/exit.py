"""Ctrl-C and SIGTERM end the server in order: with exit code 0 and without a traceback."""

import signal
from collections.abc import Callable
from types import FrameType

import uvicorn


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


def _closing(server: uvicorn.Server) -> Callable[[int, FrameType | None], None]:
    def close(number: int, frame: FrameType | None) -> None:
        server.force_exit = server.should_exit  # for the second Ctrl-C
        server.should_exit = True

    return close
