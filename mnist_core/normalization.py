"""Normalization: bring every digit to the same upright stance and size before it is read.

Sources:
- Shear until x and y no longer correlate ("deskewing"): LeCun, Bottou, Bengio and Haffner, Gradient-based
  learning applied to document recognition, Proc. IEEE 86, 1998.
- Position and size from moments: Casey, Moment normalization of handprinted characters, IBM J. Res. Dev. 14,
  1970.
- Each side of the centroid scaled by its own moment: Liu, Nakashima, Sako and Fujisawa, Handwritten digit
  recognition: investigation of normalization and feature extraction techniques, Pattern Recognition 37, 2004.
"""

from collections.abc import Callable
from enum import StrEnum

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 28
CENTRE = (SIDE - 1) / 2  # pixel index of the image's centre
CHUNK = 256  # images at a time: their grids stay in the processor's cache

# Where the root mean square distance of the ink from the centroid comes to lie on each side, in pixels.
HALF_WIDTH = 6.0
HALF_HEIGHT = 5.5


class Normalization(StrEnum):
    """What is done to a digit before the model sees it."""

    RAW = "raw"
    DESKEW = "deskew"
    MOMENTS = "moments"


def normalize(
    images: Tensor, how: Normalization, *, progress: Callable[[float], None] | None = None
) -> Tensor:
    """Normalize images, (N, 28, 28) uint8 with ink 0..255, to new ones of the same shape and dtype.

    An image without ink stays so. `progress` is told the fraction done, 0..1, now and then.
    Raises ValueError for another shape or dtype.
    """
    if images.dtype != torch.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        raise ValueError(
            f"expected images of shape (N, {SIDE}, {SIDE}) and dtype torch.uint8, got {tuple(images.shape)} "
            f"and {images.dtype}; unsqueeze(0) makes a batch of a single image"
        )
    how = Normalization(how)
    if how is Normalization.RAW:
        return images
    normalized = torch.empty_like(images)
    for start in range(0, len(images), CHUNK):
        chunk = images[start : start + CHUNK].float()
        normalized[start : start + CHUNK] = _resample(chunk, how)
        if progress is not None:
            progress(min(start + CHUNK, len(images)) / len(images))
    return normalized


def _resample(ink: Tensor, how: Normalization) -> Tensor:
    """Shear (and scale) ink, (B, 28, 28) float32, by one bilinear resampling from the source."""
    index = torch.arange(SIDE, dtype=torch.float32)
    mass = ink.sum(dim=(1, 2)).clamp(min=1)[:, None]  # (B, 1); 1 saves an empty image from 0 / 0
    x = (ink.sum(dim=1) @ index)[:, None] / mass  # (B, 1), the centroid
    y = (ink.sum(dim=2) @ index)[:, None] / mass
    dx, dy = index - x, index - y  # (B, 28)
    shear = _shear(ink, dx, dy)

    to = index - CENTRE  # (28,), where a pixel of the result lies from its centre
    if how is Normalization.DESKEW:
        source_y, source_x = to.expand_as(dy), to.expand_as(dx)
    else:
        upright = dx[:, None, :] - shear[:, :, None] * dy[:, :, None]  # (B, 28, 28), x after the shear
        source_x = _one_sided(to, upright.flatten(1), ink.flatten(1), HALF_WIDTH)
        source_y = _one_sided(to, dy, ink.sum(dim=2), HALF_HEIGHT)
    grid_x = x[:, :, None] + source_x[:, None, :] + shear[:, :, None] * source_y[:, :, None]  # (B, 28, 28)
    grid_y = (y + source_y)[:, :, None].expand_as(grid_x)
    grid = torch.stack((grid_x, grid_y), dim=-1) / CENTRE - 1  # pixel index 0..27 -> -1..1
    return F.grid_sample(ink[:, None], grid, align_corners=True)[:, 0].round()


def _shear(ink: Tensor, dx: Tensor, dy: Tensor) -> Tensor:
    """Return how many columns the ink leans to the right for each row down, (B, 1): cov(x, y) / var(y)."""
    rows = ink.sum(dim=2)  # (B, 28)
    covariance = ((ink @ dx[:, :, None])[:, :, 0] * dy).sum(dim=1, keepdim=True)
    variance = (rows * dy**2).sum(dim=1, keepdim=True)
    return covariance / variance.clamp(min=1)  # a flat or empty image is left as it leans


def _one_sided(to: Tensor, distance: Tensor, ink: Tensor, size: float) -> Tensor:
    """Return the source's distance from the centroid, (B, 28), for each distance `to` in the result.

    The root mean square distance of the ink on each side of the centroid is brought to `size`.
    """
    spreads = []
    for side in (distance < 0, distance >= 0):
        weight = ink * side
        mass = weight.sum(dim=1, keepdim=True)
        mean_square = (weight * distance**2).sum(dim=1, keepdim=True) / mass.clamp(min=1)
        spreads.append(mean_square.sqrt().clamp(min=0.5))  # a stroke one pixel thin is not blown up further
    below, above = spreads
    return torch.where(to < 0, to * below / size, to * above / size)
