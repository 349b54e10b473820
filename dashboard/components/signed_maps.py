"""Weights and attributions as rows of pictures, with a legend."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from torch import Tensor

from dashboard.components.pictures import render_pictures
from mnist_core import Preprocessing
from mnist_core.preprocessing.direction_maps import average_blocks

LEGEND = np.linspace(-1, 1, 255, dtype=np.float32)[None].repeat(12, axis=0)  # (12, 255)
SPACE = 4 * "\N{EM SPACE}"
MINUS = "\N{MINUS SIGN}"
CLIPPED_AT = 0.99  # quantile of the absolute values at which the colours end


def readable(values: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Average maps, (N, 28, 28) float32, over the interleaved directions of their input; the sums stay."""
    return average_blocks(values) if preprocessing is Preprocessing.DIRECTIONS else values


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
    clickable: bool = False,
    selected: int | None = None,
) -> None:
    """Show maps, (N, 28, 28) float, on a scale centred at zero; `session.take_click` returns an index."""
    largest, full = float(values.abs().max()), end_of_scale(values)
    render_pictures(
        (values / full).numpy(),
        key=key,
        captions=captions,
        descriptions=descriptions,
        size=size,
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
