"""Weights and evidence as rows of pictures, and the legend that goes with them."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from dashboard.components.pictures import render_pictures
from dashboard.text.numbers import signed
from mnist_core import Preprocessing
from mnist_core.preprocessing.direction_maps import blend

LEGEND = np.linspace(-1, 1, 255, dtype=np.float32)[None].repeat(12, axis=0)  # (12, 255)
SPACE = 5 * "\N{EM SPACE}"


def readable(values: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Even out maps, (N, 28, 28) float32, that would look hatched because their input is; the sums stay."""
    return blend(values) if preprocessing is Preprocessing.DIRECTIONS else values


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
    """Show maps, (N, 28, 28) float, on a scale centred at zero; `session.take_click` gives the index of one."""
    full = float(values.abs().max())
    render_pictures(
        (values / max(full, 1e-9)).numpy(),
        key=key,
        captions=captions,
        descriptions=descriptions,
        size=size,
        clickable=clickable,
        selected=selected,
    )
    render_pictures(
        LEGEND[None],
        key=f"{key}-legend",
        captions=[f"{signed(-full)} against{SPACE}0{SPACE}for {signed(full)}"],
        descriptions=[f"The scale: orange to {signed(-full)}, blue to {signed(full)}"],
        size=255,
    )
