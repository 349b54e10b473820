"""From a drawing on a canvas to an image like MNIST's, stage by stage.

MNIST's digits were fitted into 20 x 20 pixels with their aspect ratio kept and anti-aliased, then put into
28 x 28 pixels by their centre of mass (LeCun, Cortes and Burges, The MNIST database of handwritten digits).
A model reads a drawing well only where the drawing has gone the same way.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

SIDE = 28
BOX = 20
CENTRE = 14.0  # pixel index of the centre of mass; MNIST's own lies at (13.996, 14.007) on average
FAINT = 8  # levels of 255: what differs less from the background is noise, not ink


@dataclass(frozen=True)
class Preparation:
    """A drawing on its way to an MNIST-style image; each stage is uint8 with ink 0..255 on 0."""

    drawn: Tensor  # (H, W), the ink, whatever the colours were
    cut_out: Tensor  # (h, w), the ink's bounding box
    fitted: Tensor  # (20, at most 20) or (at most 20, 20), the aspect ratio kept
    centred: Tensor  # (28, 28), the centre of mass at pixel index 14.0


def image_from_canvas(rgba: NDArray[np.uint8] | Tensor) -> Tensor | None:
    """Turn a canvas, (H, W, 4) uint8, into an MNIST-style image, (28, 28) uint8; None if it is blank.

    Raises ValueError for another shape or dtype.
    """
    preparation = prepare(rgba)
    return None if preparation is None else preparation.centred


def prepare(rgba: NDArray[np.uint8] | Tensor) -> Preparation | None:
    """Turn a canvas, (H, W, 4) uint8, into an MNIST-style image and keep the stages; None if it is blank.

    Raises ValueError for another shape or dtype.
    """
    drawn = ink(rgba)
    rows, columns = drawn.amax(dim=1).nonzero(), drawn.amax(dim=0).nonzero()
    if len(rows) == 0:
        return None
    cut_out = drawn[int(rows[0]) : int(rows[-1]) + 1, int(columns[0]) : int(columns[-1]) + 1]
    scale = BOX / max(cut_out.shape)
    height, width = (max(1, round(side * scale)) for side in cut_out.shape)
    fitted = _resize(cut_out, height, width)
    fitted = fitted * (255 / fitted.max())  # a thin line keeps its full ink
    return Preparation(drawn, cut_out, _uint8(fitted), centred(fitted))


def just_resized(rgba: NDArray[np.uint8] | Tensor) -> Tensor:
    """Turn a canvas, (H, W, 4) uint8, into (28, 28) uint8 by resizing alone, as most demos do.

    Raises ValueError for another shape or dtype.
    """
    return _uint8(_resize(ink(rgba), SIDE, SIDE))


def ink(rgba: NDArray[np.uint8] | Tensor) -> Tensor:
    """Tell the ink of a canvas, (H, W, 4) uint8, from its background: (H, W) uint8, 0..255.

    The background is the border's median colour; ink is the largest difference from it in any channel of
    the premultiplied colour, in which an anti-aliased edge is a straight mixture of the two. So it does not
    matter which is dark, which is light or which is transparent.

    Raises ValueError for another shape or dtype.
    """
    pixels = (
        rgba if isinstance(rgba, Tensor) else torch.from_numpy(np.array(rgba))
    )  # a copy: it may be read-only
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
    difference = F.threshold(difference, FAINT, 0)
    return _uint8(difference * (255 / difference.max().clamp(min=1)))


def _resize(image: Tensor, height: int, width: int) -> Tensor:
    """Resize (H, W) to (height, width) float32, anti-aliased."""
    batch = image.float()[None, None]
    return F.interpolate(batch, (height, width), mode="bilinear", antialias=True)[0, 0]


def centred(fitted: Tensor, at: float = CENTRE) -> Tensor:
    """Put ink, (20, at most 20) or (at most 20, 20), into (28, 28) uint8 with its centre of mass at an index.

    Between pixels linearly. Where ink would be cut off it is moved only so far that it is not.
    """
    fitted = fitted.float()
    mass = fitted.sum()
    offsets = []
    for axis, size in enumerate(fitted.shape):
        centre = float(fitted.sum(dim=1 - axis) @ torch.arange(size, dtype=torch.float32) / mass)
        offsets.append(min(max(at - centre, 0.0), float(SIDE - size)))
    matrices = [_placement(offset, size) for offset, size in zip(offsets, fitted.shape, strict=True)]
    return _uint8(matrices[0] @ fitted @ matrices[1].T)


def _placement(offset: float, size: int) -> Tensor:
    """Return the (28, size) matrix that moves a line of `size` pixels by `offset`, linear between pixels."""
    distance = torch.arange(SIDE)[:, None] - (torch.arange(size) + offset)
    return (1 - distance.abs()).clamp(min=0)


def _uint8(image: Tensor) -> Tensor:
    return image.round().clamp(0, 255).to(torch.uint8)
