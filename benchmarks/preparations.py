"""Ways to turn a drawing into 28 x 28 pixels, from what most demos do to ours."""

import random
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.strokes import CANVAS, STROKE, draw, place, read_pen_digits
from mnist_core.preprocessing.canvas import SIDE, centred, prepare_drawing, shrink

RESIZED, BOX, MIDDLE, OURS = "just resized", "centred by its box", "mass at 13.5", "mass at 14.0: ours"


class Drawings(NamedTuple):
    """All pen digits drawn once, each at its own random place and size."""

    placement: int  # the seed of places and sizes
    size: int = CANVAS
    width: float = STROKE


def prepared(path: Path, drawings: Drawings) -> dict[str, Tensor]:
    """Draw the pen digits and prepare them in each way: (N, 28, 28) uint8 by the name of the way."""
    torch.set_num_threads(1)
    rng = random.Random(drawings.placement)
    images: dict[str, list[Tensor]] = {RESIZED: [], BOX: [], MIDDLE: [], OURS: []}
    for digit in read_pen_digits(path):
        canvas = draw(place(digit, rng, drawings.size, drawings.width), drawings.size, drawings.width)
        stages = prepare_drawing(canvas)
        if stages is None:
            raise ValueError(f"expected ink, found none in a {digit.label} of {digit.writer}")
        images[RESIZED].append(shrink(canvas))
        images[BOX].append(_centred_by_its_box(stages.fitted))
        images[MIDDLE].append(centred(stages.fitted, at=13.5))
        images[OURS].append(stages.centred)
    return {name: torch.stack(many) for name, many in images.items()}


def _centred_by_its_box(fitted: Tensor) -> Tensor:
    height, width = fitted.shape
    left, top = (SIDE - width) // 2, (SIDE - height) // 2
    return F.pad(fitted, (left, SIDE - width - left, top, SIDE - height - top))
