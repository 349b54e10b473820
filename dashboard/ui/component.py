"""Streamlit components of our own: their files, and how they are mounted."""

import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_FOLDER = Path(__file__).parent


def component(name: str, *before: str, modules: Sequence[str] = ()) -> ComponentRenderer:
    """Register the component made up of `name`.js and, where there are any, `name`.css and `name`.html.

    A large one has parts of the same kind: their scripts come `before` its own, in one module with it, and
    their styles after its own. Its scripts can also use `modules`, files of mnist_core/export: of reader.js
    they have `reader.softmax` and whatever else it exports.
    """
    scripts = [_module(module) for module in modules]
    return st.components.v2.component(
        f"digit_lab_{name}",
        html=_read(f"{name}.html") or None,
        css="\n".join(_read(f"{part}.css") for part in (name, *before)),
        js="\n".join(scripts + [_read(f"{part}.js") for part in (*before, name)]),
        isolate_styles=False,  # plotly puts its styles into the page, and a shadow root does not see them
    )


def _read(name: str) -> str:
    file = _FOLDER / name
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _module(name: str) -> str:
    """Return an ES module as one object: a component is a single script, which cannot import another."""
    source = files("mnist_core.export").joinpath(f"{name}.js").read_text(encoding="utf-8")
    exported = re.findall(r"^export (?:const|function) (\w+)", source, re.MULTILINE)
    inner = re.sub(r"^export ", "", source, flags=re.MULTILINE)
    return f"const {name} = (() => {{\n{inner}\nreturn {{ {', '.join(exported)} }};\n}})();"


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
