"""Normalization: bring every digit to the same position, slant and size.

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

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.data.dataset import SIDE

CENTRE = (SIDE - 1) / 2  # pixel index of the image's centre
INDEX = torch.arange(SIDE, dtype=torch.float32)

SIZE = 6.0  # pixels: the standard deviation of the ink along the digit's longer side
WINDOW = 2.0  # standard deviations: how far out ink still counts in the second measurement
MIN_DEVIATION = 0.5  # pixels: keeps a dot, which has no extent, from being enlarged without limit


def deskew(ink: Tensor) -> Tensor:
    """Shear ink upright and put its centroid at the image's centre; (B, 28, 28) float32 in and out."""
    return _resample(ink, _measure(ink), 1.0, 1.0)


def normalize_moments(ink: Tensor, size: float = SIZE) -> Tensor:
    """Shear ink upright, bring it to one size and put its centroid at the image's centre.

    The longer side gets the size. The aspect ratio becomes its square root, so that a 1 stays narrower
    than a 0. The ink is measured twice: the second time, parts that stick out, such as a long tail, count
    less.

    Args:
        ink: (B, 28, 28) float32, 0..255.
        size: of the longer side, as the standard deviation of the ink in pixels.

    Returns:
        (B, 28, 28) float32, 0..255.
    """
    moments = _measure(ink * _window(_measure(ink)))
    longer = torch.maximum(moments.width, moments.height)
    scale_x, scale_y = ((side * longer).sqrt() / size for side in (moments.width, moments.height))
    return _resample(ink, moments, scale_x, scale_y)


class _Moments(NamedTuple):
    """Position, slant and size of the ink in each image; every field is (B, 1) float32, in pixels."""

    x: Tensor  # of the centroid
    y: Tensor
    shear: Tensor  # columns to the right for each row down
    width: Tensor  # standard deviations; the width is that of the sheared, upright ink
    height: Tensor


def _measure(ink: Tensor) -> _Moments:
    rows, columns = ink.sum(dim=2), ink.sum(dim=1)  # (B, 28)
    mass = rows.sum(dim=1, keepdim=True).clamp(min=1)  # keeps an empty image from 0 / 0
    x, y = columns @ INDEX[:, None] / mass, rows @ INDEX[:, None] / mass
    dx, dy = INDEX - x, INDEX - y
    variance_x = (columns * dx**2).sum(dim=1, keepdim=True) / mass
    variance_y = ((rows * dy**2).sum(dim=1, keepdim=True) / mass).clamp(min=MIN_DEVIATION**2)
    covariance = ((ink @ dx[:, :, None])[:, :, 0] * dy).sum(dim=1, keepdim=True) / mass
    shear = covariance / variance_y
    width = (variance_x - shear * covariance).clamp(min=MIN_DEVIATION**2).sqrt()
    return _Moments(x, y, shear, width, variance_y.sqrt())


def _window(moments: _Moments) -> Tensor:
    """Return a Gaussian (B, 28, 28) with the position and slant of the ink, `WINDOW` times its size."""
    dx, dy = INDEX - moments.x, INDEX - moments.y
    upright = dx[:, None, :] - (moments.shear * dy)[:, :, None]  # (B, 28, 28), x after the shear
    across, down = upright / moments.width[:, :, None], (dy / moments.height)[:, :, None]
    return torch.exp((across**2 + down**2) / (-2 * WINDOW**2))


def _resample(ink: Tensor, moments: _Moments, scale_x: Tensor | float, scale_y: Tensor | float) -> Tensor:
    """Shear, scale and centre in one bilinear step; a scale is the number of source pixels a pixel covers."""
    to = (INDEX - CENTRE).expand(len(ink), SIDE)
    down, across = to * scale_y, to * scale_x  # (B, 28), distances from the centroid in the source
    x = (moments.x + across) / CENTRE - 1
    y = (moments.y + down) / CENTRE - 1
    shift = moments.shear * down / CENTRE
    grid_x = x[:, None, :] + shift[:, :, None]  # (B, 28, 28), where pixel indices 0..27 are -1..1
    grid = torch.stack((grid_x, y[:, :, None].expand_as(grid_x)), dim=-1)
    return F.grid_sample(ink[:, None], grid, align_corners=True)[:, 0]
