"""Streamlit components of our own: their files, and how they are mounted."""

from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_FOLDER = Path(__file__).parent


def component(name: str, *before: str) -> ComponentRenderer:
    """Register the component made up of `name`.js, `name`.css and, where there is one, `name`.html.

    A large one has parts of the same kind: their scripts come `before` its own, in one module with it, and
    their styles after its own.
    """
    html = _FOLDER / f"{name}.html"
    return st.components.v2.component(
        f"digit_lab_{name}",
        html=html.read_text(encoding="utf-8") if html.exists() else None,
        css="\n".join((_FOLDER / f"{part}.css").read_text(encoding="utf-8") for part in (name, *before)),
        js="\n".join((_FOLDER / f"{part}.js").read_text(encoding="utf-8") for part in (*before, name)),
        isolate_styles=False,  # plotly puts its styles into the page, and a shadow root does not see them
    )


def mount(renderer: ComponentRenderer, *, key: str, data: bytes, **layout: Any) -> None:
    """Mount a component; `session.consume_click` tells of a click, which the page sets as {value, stamp}.

    A trigger value, made for clicks, goes out twice where a fragment's tick comes between its setting and its
    sending (Streamlit 1.67, a busy machine: 40 clicks came as 51, and 60 presses of a button in a ticking
    fragment as 63); a stamp tells the second from a new click. As bytes the data goes out untouched; a dict
    would be written as JSON twice.
    """
    renderer(key=key, data=data, on_click_change=rerun_only, **layout)


def rerun_only() -> None:
    """A state reaches Python only where a callback is named for it."""
