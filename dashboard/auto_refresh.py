"""Views that follow a run while it learns."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard import session
from mnist_core import State

LIVELY, IDLE = 0.4, 10.0  # seconds between two looks at a run: while it learns, while it is paused


def auto_refresh(view: Callable[..., None], *args: Any, visible: bool = True, pause: float = 0.0) -> None:
    """Show a view, and show it anew while there is something new to see, at most every `pause` seconds."""
    interval = _tick() if visible else None
    st.fragment(view, run_every=None if interval is None else max(interval, pause))(*args)


def _tick() -> float | None:
    run = session.run()
    if run is None or run.state.ended:
        return None
    if run.state is State.PAUSED:
        return IDLE  # a look now and then says that somebody is still there
    return LIVELY
