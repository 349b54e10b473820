"""A text that the browser keeps for the next visit, and that the server does not."""

from pathlib import Path

import streamlit as st

from dashboard.ui.component import rerun_only

_store = st.components.v2.component(
    "digit_lab_browser_store", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def render_browser_store(content: str | None, *, name: str) -> object:
    """Have the browser keep a text under a name; return what it kept before, as long as `content` is None.

    An empty text removes what was kept. What is returned may be anything: people can change what their
    browser keeps.
    """
    result = _store(
        key=f"store-{name}",
        data={"name": name, "content": content},
        on_content_change=rerun_only,
        height=1,
    )
    return result.get("content") if content is None else None
