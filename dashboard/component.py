"""Streamlit components of our own: their files, and clicks that reach Python exactly once."""

import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_FOLDER = Path(__file__).parent
_clicked = threading.local()  # .keys: the components whose callback ran on this thread, before the script


def component(name: str) -> ComponentRenderer:
    """Register the component made up of `name`.js, `name`.css and, where there is one, `name`.html."""
    html = _FOLDER / f"{name}.html"
    return st.components.v2.component(
        f"digit_lab_{name}",
        html=html.read_text(encoding="utf-8") if html.exists() else None,
        css=(_FOLDER / f"{name}.css").read_text(encoding="utf-8"),
        js=(_FOLDER / f"{name}.js").read_text(encoding="utf-8"),
        isolate_styles=False,  # plotly puts its styles into the page, and a shadow root does not see them
    )


def mount(renderer: ComponentRenderer, *, key: str, data: bytes, **layout: Any) -> Any:
    """Mount a component; return the value of its click, if a new one caused this run, else None.

    The page sets the state `click` to {value, stamp}, and Streamlit calls a state's callback once for each
    change. A trigger value, made for clicks, goes out twice where a fragment's tick comes between its
    setting and its sending (Streamlit 1.67, a busy machine: 40 clicks came as 51, and 60 presses of a button
    in a ticking fragment as 63). As bytes the data goes out untouched; a dict would be written as JSON twice.
    """
    result: Mapping[str, Any] = renderer(key=key, data=data, on_click_change=partial(_note, key), **layout)
    keys = _keys()
    if key not in keys:
        return None
    keys.discard(key)
    click = result.get("click")  # gone if the component was away for a run
    return click and click["value"]


def _note(key: str) -> None:
    _keys().add(key)


def _keys() -> set[str]:
    if not hasattr(_clicked, "keys"):
        _clicked.keys = set()
    keys: set[str] = _clicked.keys
    return keys
