"""The browser says that it has a new address; what it sent before that can then be told from Back."""

from pathlib import Path

import streamlit as st

from dashboard.components.component import rerun_only

_confirmation = st.components.v2.component(
    "digit_lab_address_confirmation",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def render_address_confirmation(unconfirmed: int, *, key: str) -> None:
    """Have the browser send a request with its address, if this number is new and not 0."""
    _confirmation(key=key, data={"unconfirmed": unconfirmed}, on_confirmed_change=rerun_only, height=1)
