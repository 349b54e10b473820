"""Several ways to turn a drawing into 28 x 28 pixels, from what most demos do to ours."""

import random
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.strokes import CANVAS, STROKE, draw, place, read_pen_digits
from mnist_core.data.dataset import SIDE
from mnist_core.preprocessing.drawing import ink_of, place_by_mass, prepare_drawing, shrink

RESIZED, BOX, MIDDLE, OURS = "resized only", "box centred", "mass at 13.5", "mass at 14.0: ours"


class Drawings(NamedTuple):
    """How to draw all pen digits once, each at a random place and in a random size."""

    seed: int  # of places and sizes
    size: int = CANVAS
    width: float = STROKE


def prepared(path: Path, drawings: Drawings) -> dict[str, Tensor]:
    """Draw the pen digits and prepare them in each way; return (N, 28, 28) uint8 for each name of a way."""
    torch.set_num_threads(1)
    rng = random.Random(drawings.seed)
    images: dict[str, list[Tensor]] = {RESIZED: [], BOX: [], MIDDLE: [], OURS: []}
    for digit in read_pen_digits(path):
        canvas = draw(place(digit, rng, drawings.size, drawings.width), drawings.size, drawings.width)
        ink = ink_of(canvas)
        drawing = prepare_drawing(ink)
        if drawing is None:
            raise ValueError(f"expected ink, found none in a {digit.label} of {digit.writer}")
        images[RESIZED].append(shrink(ink))
        images[BOX].append(_box_centred(drawing.fitted))
        images[MIDDLE].append(place_by_mass(drawing.fitted, centre=13.5))
        images[OURS].append(drawing.centred)
    return {name: torch.stack(many) for name, many in images.items()}


def _box_centred(fitted: Tensor) -> Tensor:
    height, width = fitted.shape
    left, top = (SIDE - width) // 2, (SIDE - height) // 2
    return F.pad(fitted, (left, SIDE - width - left, top, SIDE - height - top))
