"""Give the memory of a session that has ended back to the system.

Python finds objects that refer to one another late, the C library keeps what was freed for later, and
Streamlit holds the sessions that ended last until another one ends. After a hundred drawings of 2,400 x 2,400
pixels that was 300 MB.
"""

import asyncio
import ctypes
import gc
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import streamlit as st
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime import Runtime

from dashboard.server.sessions import STREAM, open_sessions

MARGIN = 5.0  # seconds: sessions that end within them share one call
LARGE = 8 * 2**20  # bytes
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # glibc's malloc.h


class FreeMemory:
    """Middleware that gives memory back soon after a session has ended and Streamlit has dropped its state.

    When nobody has the page open any more, ended runs are forgotten and the processes in which runs learn are
    ended, too. The work is done in a thread, so that other sessions need not wait.
    """

    def __init__(self, app: ASGIApp, *, kept: float | None = None, margin: float = MARGIN) -> None:
        """Wrap the app that serves the page.

        Args:
            app: the app.
            kept: seconds that the state outlives the session; as Streamlit is configured, if not given.
            margin: seconds to wait beyond that.
        """
        self.app = app
        self._kept = float(st.get_option("server.disconnectedSessionTTL")) if kept is None else kept
        self._margin = margin
        self._planned = False
        self._last_end = 0.0  # by the loop's clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a session."""
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "websocket" and scope["path"].endswith(STREAM):
                self._last_end = asyncio.get_running_loop().time()
                if not self._planned:
                    self._plan()

    def _plan(self) -> None:
        self._planned = True
        moment = self._last_end + self._kept + self._margin
        asyncio.get_running_loop().call_at(moment, self._give_back, moment)

    def _give_back(self, moment: float) -> None:
        self._planned = False
        _drop_ended_sessions()
        work = give_back_memory if open_sessions() else _release_all
        asyncio.get_running_loop().run_in_executor(None, work)
        if self._last_end + self._kept > moment:  # another session ended meanwhile
            self._plan()


def _drop_ended_sessions() -> None:
    """Have Streamlit drop the sessions whose time is over; by itself it does so when the next one ends.

    They are shut down here, on the loop. Otherwise the thread that collects them does it, perhaps while it
    holds one of the locks that this takes.
    """
    if Runtime.exists():
        runtime: Any = Runtime.instance()
        for _, ended in runtime._session_mgr._session_storage._cache.expire():
            ended.session.shutdown()


def _release_all() -> None:
    from dashboard.lab import shared  # here, because it imports torch, which takes seconds

    shared.release_idle()
    give_back_memory()


def give_back_memory() -> bool:
    """Collect garbage and give the memory back; return False where the C library, not glibc, keeps it."""
    gc.collect()
    return trim_memory()


def trim_memory() -> bool:
    """Give back what was freed; return False where the C library, not glibc, keeps it."""
    trim = _glibc("malloc_trim")
    if trim is not None:
        trim(0)
    return trim is not None


def freeze_modules() -> None:
    """Import the largest modules of the page, and leave what they consist of out of all later collections.

    During a collection no other thread can run Python. The 260,000 objects of torch, pandas and Streamlit
    stay for as long as the server runs. With them each collection took 0.13 to 0.2 s of a core; without them
    it takes 2 ms, and 13 to 27 while ten people have the page open.
    """
    for name in ("torch", "pandas"):
        import_module(name)
    gc.collect()
    gc.freeze()


def keep_memory_small() -> bool:
    """Have the C library keep little of what was freed.

    Blocks of 8 MB and more go back to the system at once, for good. The library begins so, at 128 kB, but
    each large block that is freed raises the limit, to 32 MB at most. From 8 MB on it costs training nothing;
    from 1 MB on, training took twice as long.

    All threads take memory from one place. Otherwise those that run at the same time get one each, up to
    eight for each core, and do not use what others have freed: with 30 sessions that was 45 MB.

    Returns:
        False where the C library, not glibc, has no such options.
    """
    set_option = _glibc("mallopt")
    if set_option is None:
        return False
    for option, value in ((M_MMAP_THRESHOLD, LARGE), (M_TRIM_THRESHOLD, 2 * LARGE), (M_ARENA_MAX, 1)):
        set_option(option, value)
    return True


def _glibc(name: str) -> Callable[..., int] | None:
    """Find a function that only glibc has, the C library of most Linux systems."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
