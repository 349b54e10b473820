"""What the page does in the browser alone: the space key, and the sidebar as a drawer on a phone."""

from pathlib import Path

import streamlit as st

_behaviour = st.components.v2.component(
    "digit_lab_page_behaviour", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def render_page_behaviour() -> None:
    """Let space pause and resume, and close the drawer once training begins so that the curves are seen."""
    _behaviour(key="page-behaviour", height=1)
