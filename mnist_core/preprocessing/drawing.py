"""From a drawing on a canvas to an image like MNIST's, stage by stage.

MNIST's digits were fitted into 20 x 20 pixels, anti-aliased and with their aspect ratio kept, then placed in
28 x 28 pixels by their centre of mass (LeCun, Cortes and Burges, The MNIST database of handwritten digits).
A model reads a drawing well only if the drawing went through the same steps.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from mnist_core.arrays import Array, tensor_of
from mnist_core.data.dataset import SIDE
from mnist_core.preprocessing.shape import is_bar, stroke_length, turned_box

FAINT = 8  # levels of 255: a smaller difference from the background is noise, not ink
BOX = 20  # pixels: the square that a digit is fitted into
CENTRE = 14.0  # pixel index of the centre of mass; MNIST's own is at (13.996, 14.007) on average

# On a small drawing the pen is wide: fitted into 20 x 20 pixels, its strokes become thicker than any that a
# model has seen, and run into each other. So they are thinned first.
THINNED_SIDE = 80  # pixels: the longer side of a drawing while its strokes are thinned
# Mean widths of strokes, in longer sides. Of MNIST's training digits, 50 % and 95 % are below them.
USUAL, THICK = 0.125, 0.19
HALF = 0.5  # of full ink; with less at every pixel, a stroke is about to vanish


@dataclass(frozen=True)
class PreparedDrawing:
    """A drawing on its way to an MNIST-style image; each stage is uint8 with ink 0..255 on 0.

    Attributes:
        ink: (H, W), the drawing as it was made.
        cropped: (h, w), the ink's bounding box.
        fitted: (20, at most 20) or (at most 20, 20), the aspect ratio kept and thick strokes made thinner.
        centred: (28, 28), with the centre of mass at pixel index 14.0.
    """

    ink: Tensor
    cropped: Tensor
    fitted: Tensor
    centred: Tensor


def image_from_canvas(rgba: NDArray[np.uint8] | Tensor) -> Tensor | None:
    """Turn a canvas into an MNIST-style image.

    Args:
        rgba: (H, W, 4) uint8.

    Returns:
        (28, 28) uint8, ink 0..255; None if the canvas is blank.

    Raises:
        ValueError: another shape or dtype.
    """
    drawing = prepare_drawing(ink_of(rgba))
    return None if drawing is None else drawing.centred


def ink_of(rgba: NDArray[np.uint8] | Tensor, *, faint: float = FAINT) -> Tensor:
    """Separate the ink of a canvas from its background.

    The background is the median colour of the border. Ink is the largest difference from it in any channel of
    the premultiplied colour, because an anti-aliased edge is a linear mixture there. So any of the two may be
    dark, light or transparent.

    Args:
        rgba: (H, W, 4) uint8: red, green, blue and alpha, not premultiplied.
        faint: levels of 255; a smaller difference from the background is not ink.

    Returns:
        (H, W) uint8, ink 0..255; all 0 if the canvas is blank.

    Raises:
        ValueError: another shape or dtype.
    """
    # A copy of an array, which may be read-only.
    pixels = rgba if isinstance(rgba, Tensor) else torch.from_numpy(np.array(rgba))
    if pixels.dtype != torch.uint8 or pixels.ndim != 3 or pixels.shape[2] != 4 or pixels.numel() == 0:
        raise ValueError(
            f"expected a canvas of shape (H, W, 4) and dtype uint8, red, green, blue and alpha, "
            f"got {tuple(pixels.shape)} and {pixels.dtype}"
        )
    alpha = pixels[:, :, 3].float()
    difference = torch.zeros_like(alpha)
    for plane in (*(pixels[:, :, colour].float() * (alpha / 255) for colour in range(3)), alpha):
        border = torch.cat((plane[0], plane[-1], plane[:, 0], plane[:, -1]))
        difference = torch.maximum(difference, (plane - border.median()).abs())
    difference = F.threshold(difference, faint, 0)
    return _uint8(difference * (255 / difference.max().clamp(min=1)))


def prepare_drawing(ink: Array) -> PreparedDrawing | None:
    """Turn ink, (H, W) uint8, into an MNIST-style image and keep each stage.

    Returns:
        None if there is no ink.

    Raises:
        ValueError: another shape or dtype.
    """
    ink = _checked(ink)
    if not ink.any():
        return None
    cropped = _crop(ink)
    # A drawing as small as MNIST's digits has their strokes already.
    thinned = _crop(thin_strokes(cropped)) if max(cropped.shape) > BOX else cropped
    scale = BOX / max(thinned.shape)
    height, width = (max(1, round(side * scale)) for side in thinned.shape)
    fitted = _resize(thinned, height, width)
    fitted = fitted * (255 / fitted.max())  # a thin line keeps its full ink
    return PreparedDrawing(ink, cropped, _uint8(fitted), place_by_mass(fitted))


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
    steps = round(THINNED_SIDE * (width - USUAL) / 2 / (1 - shortened))  # each takes a pixel from both edges
    scale = THINNED_SIDE / longer
    height, across = (max(1, round(side * scale)) for side in cropped.shape)
    batch = cropped.double()[None, None] / 255
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


def shrink(ink: Array) -> Tensor:
    """Resize ink, (H, W) uint8, to (28, 28) uint8 and do nothing else, as most demos do.

    Raises:
        ValueError: another shape or dtype.
    """
    return _uint8(_resize(_checked(ink), SIDE, SIDE))


def place_by_mass(fitted: Tensor, centre: float = CENTRE) -> Tensor:
    """Place fitted ink in 28 x 28 pixels, its centre of mass at a pixel index; linear between pixels.

    Ink that would be cut off is moved only as far as it fits.

    Args:
        fitted: (h, w), each at most 28, float64 or uint8, ink 0..255.
        centre: the index, the same for rows and columns.

    Returns:
        (28, 28) uint8.
    """
    fitted = fitted.double()  # a straight stroke ends halfway through a pixel: rounding would decide there
    offsets = []
    for axis, size in enumerate(fitted.shape):
        own_centre = float(fitted.sum(dim=1 - axis) @ torch.arange(size, dtype=torch.float64) / fitted.sum())
        offsets.append(min(max(centre - own_centre, 0.0), float(SIDE - size)))
    matrices = [_shift(offset, size) for offset, size in zip(offsets, fitted.shape, strict=True)]
    return _uint8(matrices[0] @ fitted @ matrices[1].T)


def _checked(ink: Array) -> Tensor:
    ink = tensor_of("ink", ink)
    if ink.dtype != torch.uint8 or ink.ndim != 2 or ink.numel() == 0:
        raise ValueError(
            f"expected ink of shape (H, W) and dtype uint8, as ink_of returns it, "
            f"got {tuple(ink.shape)} and {ink.dtype}"
        )
    return ink


def _crop(ink: Tensor) -> Tensor:
    rows, columns = ink.amax(dim=1).nonzero(), ink.amax(dim=0).nonzero()
    return ink[int(rows[0]) : int(rows[-1]) + 1, int(columns[0]) : int(columns[-1]) + 1]


def _shift(offset: float, size: int) -> Tensor:
    """Return the (28, size) matrix that shifts a line of `size` pixels by `offset`, linear between pixels."""
    distance = torch.arange(SIDE)[:, None] - (torch.arange(size, dtype=torch.float64) + offset)
    return (1 - distance.abs()).clamp(min=0)


def _resize(image: Tensor, height: int, width: int) -> Tensor:
    """Resize (H, W) to (height, width) float64, anti-aliased."""
    batch = image.double()[None, None]
    return F.interpolate(batch, (height, width), mode="bilinear", antialias=True)[0, 0]


def _uint8(image: Tensor) -> Tensor:
    return image.round().clamp(0, 255).to(torch.uint8)
