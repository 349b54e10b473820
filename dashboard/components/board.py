"""The drawing board: streamlit-drawable-canvas with buttons a keyboard and a finger can use."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components.component import component
from mnist_core.storage.image_file import CANVAS, read_image

_buttons = component("board")
_BUTTONS_HEIGHT = 44  # pixels: what a finger hits without looking


def render_board(*, key: str, stroke_width: int = 18, size: int = 280) -> NDArray[np.uint8] | None:
    """Show a square board to draw on, `size` px wide; return the drawing, None before the first stroke.

    The drawing is (size, size, 4) uint8, RGBA, black ink on opaque white paper in the dark theme too (there
    only its looks are inverted), and all white after it was cleared. Each stroke, undo, redo and clear runs
    the script again. A new `stroke_width` is for the next stroke and leaves the drawing as it is; a new `key`
    is a new board.

    What stands before it on the page must stay the same number of containers: Streamlit mounts anew what
    moves, and the canvas then starts empty.
    """
    if not 1 <= stroke_width <= size:
        raise ValueError(f"stroke_width must be from 1 to {size} px, got {stroke_width}; 18 is a felt pen")
    # The buttons share a container with the canvas: what moves one of them to another place moves both. The
    # heights are fixed, so they are there before the canvas's code is, and nothing below jumps when it comes.
    with st.container(key=f"{key}-board", width=size):
        with st.container(key=f"{key}-paper", height=size, border=False):
            drawing = _drawing(key=key, size=size, stroke_width=stroke_width)
        drawn = drawing is not None and bool(drawing[..., 0].min() < 255)
        _buttons(key=f"{key}-buttons", data={"canvas": key, "drawn": drawn}, height=_BUTTONS_HEIGHT)
    return drawing


def _drawing(*, key: str, size: int, stroke_width: int) -> NDArray[np.uint8] | None:
    """Show the canvas; return what it sent, None for what no canvas sends.

    Anybody can send a state in the canvas's name. The package would open an image of any format and size from
    it, so its image is not asked for, only the bytes.
    """
    # Raises where no app runs, so it cannot stand at the top of a module that tests import.
    from streamlit_drawable_canvas import st_canvas

    try:
        content = st_canvas(
            key=key,
            width=size,
            height=size,
            stroke_width=stroke_width,
            stroke_color="#000000",
            background_color="#ffffff",
            return_image_data=True,
        ).image_bytes
        return None if content is None else read_image(content, CANVAS)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
