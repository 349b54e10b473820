"""The drawing board: streamlit-drawable-canvas with buttons a keyboard and a finger can use."""

from collections.abc import Callable

import streamlit as st
from torch import Tensor

from dashboard.ui import large_pictures
from dashboard.ui.component import component
from mnist_core.preprocessing.drawing import ink_of
from mnist_core.storage.image_file import CANVAS, read_image

_buttons = component("board")
_BUTTONS_HEIGHT = 44  # pixels: what a finger hits without looking


def ink_of_canvas(content: bytes) -> Tensor | None:
    """Return the ink, (H, W) uint8, of the PNG file that a canvas sends; None for what no canvas sends."""
    with large_pictures.drawings:
        try:
            return ink_of(read_image(content, CANVAS))
        except ValueError:
            return None


def render_board(
    *,
    key: str,
    stroke_width: int = 18,
    size: int = 280,
    read: Callable[[bytes], Tensor | None] = ink_of_canvas,
) -> Tensor | None:
    """Show a square board to draw on, `size` px wide; return the ink, None before the first stroke.

    The ink is (size, size) uint8, 0..255, and all 0 after the board was cleared. The board is white paper in
    the dark theme too, where only its looks are inverted. Each stroke, undo, redo and clear runs the script
    again. A new `stroke_width` is for the next stroke and leaves the drawing as it is; a new `key` is a new
    board. `read` is `ink_of_canvas`, or a function that does the same.

    What stands before it on the page must stay the same number of containers: Streamlit mounts anew what
    moves, and the canvas then starts empty.
    """
    if not 1 <= stroke_width <= size:
        raise ValueError(f"stroke_width must be from 1 to {size} px, got {stroke_width}; 18 is a felt pen")
    # The buttons share a container with the canvas: what moves one of them to another place moves both. The
    # heights are fixed, so they are there before the canvas's code is, and nothing below jumps when it comes.
    with st.container(key=f"{key}-board", width=size):
        with st.container(key=f"{key}-paper", height=size, border=False):
            content = _content(key=key, size=size, stroke_width=stroke_width)
        ink = None if content is None else read(content)
        drawn = ink is not None and bool(ink.any())
        _buttons(key=f"{key}-buttons", data={"canvas": key, "drawn": drawn}, height=_BUTTONS_HEIGHT)
    return ink


def _content(*, key: str, size: int, stroke_width: int) -> bytes | None:
    """Show the canvas; return the file that it sent, None for what no canvas sends.

    Anybody can send a state in the canvas's name. The package would open an image of any format and size from
    it, so its image is not asked for, only the bytes.
    """
    # Raises where no app runs, so it cannot stand at the top of a module that tests import.
    from streamlit_drawable_canvas import st_canvas

    try:
        content: bytes | None = st_canvas(
            key=key,
            width=size,
            height=size,
            stroke_width=stroke_width,
            stroke_color="#000000",
            background_color="#ffffff",
            return_image_data=True,
        ).image_bytes
        return content
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
