"""A button whose press counts although the next click stops the run of the script."""

from typing import Any

import streamlit as st

from dashboard import state


def render_button(label: str, *, key: str, disabled: bool = False, **options: Any) -> bool:
    """Render a button; return True once for each press.

    `st.button` returns it only to the run of the script that the press begins, and the next click can stop
    this run before it comes to the button: on a busy server, Train did nothing when a tab was opened right
    after it (Streamlit 1.67). So a press is noted before the script runs, and taken here. The note is made
    without a call of Streamlit, because each call can be where a run is stopped. A press is still lost if
    its run is stopped before that, or while its action begins.
    """
    presses = state.presses()
    st.button(label, key=key, disabled=disabled, on_click=presses.add, args=(key,), **options)
    pressed = key in presses
    presses.discard(key)
    return pressed and not disabled
