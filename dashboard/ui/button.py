"""A button whose press counts although other clicks come just before or after it."""

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

    What a press does with the other controls of the page is done after this returns, not in `on_click`: its
    arguments are those of the last time that the button was rendered. On a busy server, a guess was taken as
    its slider had stood one step before.
    """
    presses = state.presses()
    st.button(label, key=key, disabled=disabled, on_click=presses.add, args=(key,), **options)
    pressed = key in presses
    presses.discard(key)
    return pressed and not disabled
