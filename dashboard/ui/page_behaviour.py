"""What the page does in the browser alone: the space key, the sidebar as a drawer on a phone, and history."""

from collections.abc import Collection
from pathlib import Path

import streamlit as st

_behaviour = st.components.v2.component(
    "digit_lab_page_behaviour", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def render_page_behaviour(*, settings: Collection[str]) -> None:
    """Let space pause and resume, and close the drawer once training begins so that the curves are seen.

    `settings` are the parts of the address that are not steps of the browser's history.
    """
    _behaviour(key="page-behaviour", data={"settings": sorted(settings)}, height=1)
