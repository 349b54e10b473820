"""Give the memory of a session that has ended back to the system.

Python finds objects that refer to one another late, and the C library keeps what a thread has freed for the
threads to come. After a hundred drawings of 2,400 x 2,400 pixels that was 300 MB.
"""

import asyncio
import ctypes
import gc
from collections.abc import Sequence

import streamlit as st
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.server.session_limit import STREAM

SOON = 5.0  # seconds


class FreeMemory:
    """Middleware that gives memory back some seconds after the end of a session, and of its state.

    Sessions that end within these seconds share one call, which takes a fifth of a second.
    """

    def __init__(self, app: ASGIApp, *, delays: Sequence[float] | None = None) -> None:
        """Wrap the app that serves the page; `delays` in seconds, otherwise as above."""
        self.app = app
        self._delays = delays or (SOON, st.get_option("server.disconnectedSessionTTL") + SOON)
        self._planned = set[float]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a session."""
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "websocket" and scope["path"].endswith(STREAM):
                self._plan()

    def _plan(self) -> None:
        for delay in self._delays:
            if delay not in self._planned:
                self._planned.add(delay)
                asyncio.get_running_loop().call_later(delay, self._give_back, delay)

    def _give_back(self, delay: float) -> None:
        self._planned.remove(delay)
        give_back_memory()


def give_back_memory() -> bool:
    """Collect garbage and give the memory back; return False where the C library, not glibc, keeps it."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:
        return False
    trim(0)
    return True
