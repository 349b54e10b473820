"""Views that follow a run while it learns."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.run_actions import shown_run
from dashboard.server.sessions import open_sessions
from mnist_core.training.worker import State

LEARNING = 0.4  # seconds between two looks at a run

# A look costs the server about 20 ms: however many pages are open, they may take half a core for it.
SECONDS_PER_SESSION = 0.04
LONGEST = 2.0  # the least for a run that waits for its turn, or is paused: another page may resume it


def auto_refresh(view: Callable[..., None], *args: Any, visible: bool = True, interval: float = 0.0) -> None:
    """Render a view, and again while the run changes, at most every `interval` seconds."""
    seconds = _seconds() if visible else None
    refresh(view, *args, seconds=None if seconds is None else max(seconds, interval))


def refresh(view: Callable[..., None], *args: Any, seconds: float | None) -> None:
    """Render a view, and again at each click in it, and every so many seconds unless that is None."""
    st.fragment(view, run_every=seconds)(*args)


def fair_interval(least: float) -> float:
    """Return the seconds between two looks, longer if many pages are open."""
    return max(least, min(LONGEST, SECONDS_PER_SESSION * open_sessions()))


def _seconds() -> float | None:
    run = shown_run()
    if run is None or run.state.ended:
        return None
    fair = SECONDS_PER_SESSION * open_sessions()
    if run.waiting or run.state is State.PAUSED:
        return max(LONGEST, fair)
    return max(LEARNING, min(LONGEST, fair))
