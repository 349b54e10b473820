"""Ctrl-C and SIGTERM end the server in order: with exit code 0 and without a traceback."""

import signal
from collections.abc import Callable
from types import FrameType

import uvicorn


def exit_quietly() -> None:
    """Have uvicorn, which is importing the app now, close down in order at a signal, also at an earlier one.

    Its own handler raises the signal once more after closing: Ctrl-C would then end with "Aborted!" and an
    exit code of 1, and SIGTERM would kill the process before its threads are joined.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        server = getattr(signal.getsignal(number), "__self__", None)
        if isinstance(server, uvicorn.Server):
            server._captured_signals.clear()
            signal.signal(number, _closing(server))


def _closing(server: uvicorn.Server) -> Callable[[int, FrameType | None], None]:
    def close(number: int, frame: FrameType | None) -> None:
        server.force_exit = server.should_exit  # for the second Ctrl-C
        server.should_exit = True

    return close
