"""The switch between directions as strokes and as the numbers that the model gets."""

import streamlit as st

from mnist_core import Preprocessing


def render_direction_switch(how: Preprocessing, *, key: str) -> bool:
    """Offer the switch if the input is DIRECTIONS; return whether to draw strokes."""
    if how is not Preprocessing.DIRECTIONS:
        return False
    numbers = st.toggle(
        "Show the 784 numbers",
        key=f"numbers-{key}",
        help="The input exactly as the model gets it: at each of 7 × 7 places a block of 4 × 4 numbers, one "
        "for each of 16 directions.",
    )
    return not numbers
