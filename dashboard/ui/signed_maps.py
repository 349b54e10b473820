"""Weights and attributions as rows of pictures, with a legend."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from dashboard.lab.inputs import INPUTS
from dashboard.ui.pictures import render_pictures
from mnist_core import Preprocessing, SoftmaxRegressor
from mnist_core.inference.attribution import weight_pictures
from mnist_core.preprocessing.direction_maps import direction_maps


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


PEN_STROKE = np.zeros((28, 28), np.uint8)
PEN_STROKE[5:23, 12:16] = 255
EDGES = direction_maps(torch.from_numpy(PEN_STROKE)[None].float())[0].round().byte().numpy()
LEGEND = np.linspace(-1, 1, 255, dtype=np.float32)[None].repeat(12, axis=0)  # (12, 255)
SPACE = 6 * "\N{EM SPACE}"
MINUS = "\N{MINUS SIGN}"
CLIPPED_AT = 0.99  # quantile of the absolute values at which the colours end


def end_of_scale(values: Tensor) -> float:
    """Return where the colours of maps end: the 99th percentile, so that one pixel does not fade the rest."""
    return max(float(values.abs().flatten().quantile(CLIPPED_AT)), 1e-9)


def weights_on_scale(model: SoftmaxRegressor) -> Tensor:
    """Return the pictures of a model's weights, (10, 28, 28) float from -1 to 1.

    Weights of pixels share one scale. The pictures of directions have one each: how strong they are says how
    many places agree, and not how much each weighs.
    """
    pictures = weight_pictures(model)
    if not INPUTS[model.preprocessing].is_directions:
        return pictures / end_of_scale(pictures)
    return torch.stack([picture / end_of_scale(picture) for picture in pictures])


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
    render_pictures(
        (values / end_of_scale(values)).numpy(),
        key=key,
        captions=captions,
        descriptions=descriptions,
        size=size,
        stars=range(len(values)) if stars else (),
        clickable=clickable,
        selected=selected,
    )
    render_scale(values, key=f"{key}-legend")


def render_scale(values: Tensor, *, key: str) -> None:
    """Show which colours stand for which of the values."""
    largest, full = float(values.abs().max()), end_of_scale(values)
    end = f"{full:.2f}"
    beyond = f"; stronger ones, up to {largest:.2f}, look the same" if largest > full else ""
    render_pictures(
        LEGEND[None],
        key=key,
        captions=[f"{MINUS}{end}{SPACE}0{SPACE}+{end}"],
        descriptions=[f"The scale: orange to {MINUS}{end}, blue to +{end}{beyond}"],
        size=LEGEND.shape[1],
    )
    if beyond:
        st.caption(f"The colours end at ±{end}{beyond}.")


def render_star_legend(*, key: str) -> None:
    """Explain the strokes of directions with a pen stroke and its edges."""
    with st.container(horizontal=True, vertical_alignment="center"):
        render_pictures(
            np.stack([PEN_STROKE, EDGES]),
            key=key,
            captions=["", ""],
            descriptions=["A pen stroke", "Its edges, as short lines at 7 × 7 places"],
            size=72,
            stars=[1],
        )
        st.caption(
            "A pen stroke, and its edges at 7 × 7 places: each short line runs along an edge. The two "
            "edges of a pen stroke lie side by side.",
            width="stretch",
        )
