"""Normalization: bring every digit to the same upright stance and size before it is read.

Sources:
- Shear until x and y no longer correlate ("deskewing"): LeCun, Bottou, Bengio and Haffner, Gradient-based
  learning applied to document recognition, Proc. IEEE 86, 1998.
- Position and size from moments: Casey, Moment normalization of handprinted characters, IBM Journal of
  Research and Development 14, 1970.
- The square root of the aspect ratio: Liu, Nakashima, Sako and Fujisawa, Handwritten digit recognition:
  investigation of normalization and feature extraction techniques, Pattern Recognition 37, 2004.
- Moments weighted by a Gaussian fitted to the shape: Bernstein and Jarvis, Shapes and shears, stars and
  smears, Astronomical Journal 123, 2002.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.directions import hatch

SIDE = 28
CENTRE = (SIDE - 1) / 2  # pixel index of the image's centre
INDEX = torch.arange(SIDE, dtype=torch.float32)
CHUNK = 256  # images at a time: their grids stay in the processor's cache

SIZE = 6.0  # pixels, the standard deviation of the ink along the digit's longer side
WINDOW = 2.0  # standard deviations: how far out the ink still counts when they are measured a second time
LEAST = 0.5  # pixels, the least standard deviation: a dot is not blown up without bound


class Normalization(StrEnum):
    """What is done to a digit before the model sees it."""

    RAW = "raw"
    DESKEW = "deskew"
    MOMENTS = "moments"


def normalize(
    images: Tensor, how: Normalization, *, progress: Callable[[float], None] | None = None
) -> Tensor:
    """Normalize images, (N, 28, 28) uint8 with ink 0..255, to new ones of the same shape and dtype.

    DESKEW shears and centres; MOMENTS also brings all to one size and hatches strokes by their direction. An
    image without ink stays so. `progress` is told the fraction done, 0..1, now and then.

    Raises ValueError for another shape or dtype.
    """
    if images.dtype != torch.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        raise ValueError(
            f"expected images of shape (N, {SIDE}, {SIDE}) and dtype torch.uint8, got {tuple(images.shape)} "
            f"and {images.dtype}; unsqueeze(0) makes a batch of a single image"
        )
    if Normalization(how) is Normalization.RAW:
        return images
    normalized = torch.empty_like(images)

    def fill(start: int) -> int:
        chunk = images[start : start + CHUNK].float()
        result = deskew(chunk) if how == Normalization.DESKEW else hatch(align(chunk))
        normalized[start : start + CHUNK] = result.round()
        return start + len(chunk)

    # A chunk is too small for torch to share out; whole chunks are not, and none waits for another.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in pool.map(fill, range(0, len(images), CHUNK)):
            if progress is not None:
                progress(done / len(images))
    return normalized


def deskew(ink: Tensor) -> Tensor:
    """Shear ink, (B, 28, 28) float32, upright and put its centroid at the image's centre."""
    return _resample(ink, _measure(ink), 1.0, 1.0)


def align(ink: Tensor) -> Tensor:
    """Bring ink, (B, 28, 28) float32, upright to the same size, its centroid at the image's centre.

    The longer side comes to `SIZE`, the aspect ratio to its square root, so that a one is no block. Ink is
    measured twice: what sticks out, such as a slash or a tail, counts less the second time.
    """
    stance = _measure(ink * _window(_measure(ink)))
    longer = torch.maximum(stance.width, stance.height)
    scale_x, scale_y = ((side * longer).sqrt() / SIZE for side in (stance.width, stance.height))
    return _resample(ink, stance, scale_x, scale_y)


class _Stance(NamedTuple):
    """Where ink lies and how it stands; each (B, 1) float32, in pixels."""

    x: Tensor  # the centroid
    y: Tensor
    shear: Tensor  # columns to the right for each row down
    width: Tensor  # standard deviations, the width's once upright
    height: Tensor


def _measure(ink: Tensor) -> _Stance:
    rows, columns = ink.sum(dim=2), ink.sum(dim=1)  # (B, 28)
    mass = rows.sum(dim=1, keepdim=True).clamp(min=1)  # saves an empty image from 0 / 0
    x, y = columns @ INDEX[:, None] / mass, rows @ INDEX[:, None] / mass
    dx, dy = INDEX - x, INDEX - y
    variance_x = (columns * dx**2).sum(dim=1, keepdim=True) / mass
    variance_y = ((rows * dy**2).sum(dim=1, keepdim=True) / mass).clamp(min=LEAST**2)
    covariance = ((ink @ dx[:, :, None])[:, :, 0] * dy).sum(dim=1, keepdim=True) / mass
    shear = covariance / variance_y
    width = (variance_x - shear * covariance).clamp(min=LEAST**2).sqrt()
    return _Stance(x, y, shear, width, variance_y.sqrt())


def _window(stance: _Stance) -> Tensor:
    """Return the Gaussian (B, 28, 28) of the stance, `WINDOW` times as wide."""
    dx, dy = INDEX - stance.x, INDEX - stance.y
    upright = dx[:, None, :] - (stance.shear * dy)[:, :, None]  # (B, 28, 28), x after the shear
    across, down = upright / stance.width[:, :, None], (dy / stance.height)[:, :, None]
    return torch.exp((across**2 + down**2) / (-2 * WINDOW**2))


def _resample(ink: Tensor, stance: _Stance, scale_x: Tensor | float, scale_y: Tensor | float) -> Tensor:
    """Put the centroid at the centre, upright; scales are source pixels for each pixel. Bilinear, once."""
    to = (INDEX - CENTRE).expand(len(ink), SIDE)
    down, across = to * scale_y, to * scale_x  # (B, 28), the source's distance from the centroid
    x, y, lean = (
        (stance.x + across) / CENTRE - 1,
        (stance.y + down) / CENTRE - 1,
        stance.shear * down / CENTRE,
    )
    grid_x = x[:, None, :] + lean[:, :, None]  # (B, 28, 28), where pixel indices 0..27 are -1..1
    grid = torch.stack((grid_x, y[:, :, None].expand_as(grid_x)), dim=-1)
    return F.grid_sample(ink[:, None], grid, align_corners=True)[:, 0]
