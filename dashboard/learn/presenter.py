"""The keys of a presenter: from part to part of a page."""

from pathlib import Path

import streamlit as st

_keys = st.components.v2.component(
    "digit_lab_presenter", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def render_presenter_keys(*, within: str, active: bool) -> None:
    """Let the arrow keys and the page keys go from heading to heading in the container with this key."""
    _keys(key=f"presenter-{within}", data={"within": within, "active": active}, height=1)
