"""Weights and attributions as rows of pictures, with a legend."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from torch import Tensor

from dashboard.lab.inputs import INPUTS
from dashboard.ui.pictures import render_pictures
from mnist_core import Preprocessing


def render_direction_switch(how: Preprocessing, *, key: str) -> bool:
    """Offer the switch if the input is directions; return whether to draw strokes."""
    if not INPUTS[how].is_directions:
        return False
    numbers = st.toggle(
        "Show the 784 numbers",
        key=f"numbers-{key}",
        persist_state="session",
        help="The input exactly as the model gets it: at each of 7 × 7 places a block of 4 × 4 numbers, one "
        "for each of 16 directions.",
    )
    return not numbers


LEGEND = np.linspace(-1, 1, 255, dtype=np.float32)[None].repeat(12, axis=0)  # (12, 255)
STAR = np.full((4, 4), 255, np.uint8)  # one place with all directions
SPACE = 6 * "\N{EM SPACE}"
MINUS = "\N{MINUS SIGN}"
CLIPPED_AT = 0.99  # quantile of the absolute values at which the colours end


def end_of_scale(values: Tensor) -> float:
    """Return where the colours of maps end: the 99th percentile, so that one pixel does not fade the rest."""
    return max(float(values.abs().flatten().quantile(CLIPPED_AT)), 1e-9)


def render_signed_maps(
    values: Tensor,
    *,
    key: str,
    captions: Sequence[str],
    descriptions: Sequence[str],
    size: int,
    stars: bool = False,
    clickable: bool = False,
    selected: int | None = None,
) -> None:
    """Show maps, (N, 28, 28) float, on a scale centred at zero; they are clicked like pictures.

    `stars` draws them as directions; `render_star_legend` explains these.
    """
    largest, full = float(values.abs().max()), end_of_scale(values)
    render_pictures(
        (values / full).numpy(),
        key=key,
        captions=captions,
        descriptions=descriptions,
        size=size,
        stars=range(len(values)) if stars else (),
        clickable=clickable,
        selected=selected,
    )
    end = f"{full:.2f}"
    beyond = f"; stronger ones, up to {largest:.2f}, look the same" if largest > full else ""
    render_pictures(
        LEGEND[None],
        key=f"{key}-legend",
        captions=[f"{MINUS}{end}{SPACE}0{SPACE}+{end}"],
        descriptions=[f"The scale: orange to {MINUS}{end}, blue to +{end}{beyond}"],
        size=LEGEND.shape[1],
    )
    if beyond:
        st.caption(f"The colours end at ±{end}{beyond}.")


def render_star_legend(*, key: str) -> None:
    """Explain the strokes of directions with one star that has all of them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        render_pictures(
            STAR[None],
            key=key,
            captions=[""],
            descriptions=["One star with a stroke in each of 16 directions"],
            size=48,
            stars=[0],
        )
        st.caption(
            "One star, as at each of 7 × 7 places: a stroke is an edge that runs in its direction there. The "
            "two edges of a pen stroke lie side by side.",
            width="stretch",
        )
