"""Make the strokes of a drawing as thin as those of MNIST's digits.

On a small drawing the pen is wide: fitted into 20 x 20 pixels, the strokes become thicker than any that a
model has seen, and run into each other.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from mnist_core.preprocessing.shape import is_bar, stroke_length, turned_box

SIDE = 80  # pixels: the longer side of a drawing while its strokes are thinned
# Mean widths of strokes, in longer sides. Of MNIST's training digits, 50 % and 95 % are below them.
USUAL, THICK = 0.125, 0.19
HALF = 0.5  # of full ink; with less at every pixel, a stroke is about to vanish


def thin_strokes(cropped: Tensor) -> Tensor:
    """Return the drawing with thinner strokes where they are thick, else itself; (h, w) uint8 ink.

    The strokes are thinned by erosion: the minimum over each pixel's neighbours. The mean width of a stroke
    is the ink divided by the length of all strokes; strokes that run into each other make it too small, so
    that no stroke is thinned away.
    """
    longer, box = max(cropped.shape), turned_box(cropped)
    if is_bar(cropped, box):  # the ends of a short one are a large part of its edges
        width, shortened = box.width * box.solidity / longer, USUAL
    else:
        width, shortened = float(cropped.sum()) / 255 / stroke_length(cropped) / longer**2, 0.0
    if width < THICK:
        return cropped
    steps = round(SIDE * (width - USUAL) / 2 / (1 - shortened))  # each takes a pixel from both edges
    scale = SIDE / longer
    height, across = (max(1, round(side * scale)) for side in cropped.shape)
    batch = cropped.float()[None, None] / 255
    ink = F.interpolate(batch, (height, across), mode="bilinear", antialias=True)
    for step in range(steps):
        thinner = _eroded(ink, square=step % 2 == 1)
        if float(thinner.max()) < HALF:
            break
        ink = thinner
    return (ink[0, 0] * 255).round().to(torch.uint8)


def _eroded(ink: Tensor, *, square: bool) -> Tensor:
    """Take the minimum over 3 x 3 pixels or over a cross; the two in turn make an octagon, nearly a disc."""
    paper = 1 - F.pad(ink, (1, 1, 1, 1))
    if square:
        return 1 - F.max_pool2d(paper, 3, stride=1)
    column, row = F.max_pool2d(paper, (3, 1), stride=1), F.max_pool2d(paper, (1, 3), stride=1)
    return 1 - torch.maximum(column[..., 1:-1], row[..., 1:-1, :])
