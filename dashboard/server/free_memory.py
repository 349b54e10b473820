"""Give the memory of a session that has ended back to the system.

Python finds objects that refer to one another late, and the C library keeps what a thread has freed for the
threads to come. After a hundred drawings of 2,400 x 2,400 pixels that was 300 MB.
"""

import asyncio
import ctypes
import gc
import sys

import streamlit as st
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.server.session_limit import STREAM

MARGIN = 5.0  # seconds


class FreeMemory:
    """Middleware that gives memory back some seconds after the end of a session, when its state is gone too.

    Sessions that end within this time share one call, which takes a fifth of a second.
    """

    def __init__(self, app: ASGIApp, *, delay: float | None = None) -> None:
        """Wrap the app that serves the page; `delay` in seconds, else until Streamlit drops the state."""
        self.app = app
        kept = float(st.get_option("server.disconnectedSessionTTL"))
        self._delay = kept + MARGIN if delay is None else delay
        self._planned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a session."""
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "websocket" and scope["path"].endswith(STREAM) and not self._planned:
                self._planned = True
                asyncio.get_running_loop().call_later(self._delay, self._give_back)

    def _give_back(self) -> None:
        self._planned = False
        give_back_memory()


def give_back_memory() -> bool:
    """Collect garbage and give the memory back; return False where the C library, not glibc, keeps it."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is None:
        return False
    trim(0)
    return True
