"""Normalization: bring every digit to the same position, slant and size.

Sources:
- Shear until x and y no longer correlate ("deskewing"): LeCun, Bottou, Bengio and Haffner, Gradient-based
  learning applied to document recognition, Proc. IEEE 86, 1998.
- Position and size from moments: Casey, Moment normalization of handprinted characters, IBM Journal of
  Research and Development 14, 1970.
- The square root of the aspect ratio, and one deviation for each side of the centroid ("bi-moment
  normalization"): Liu, Nakashima, Sako and Fujisawa, Handwritten digit recognition: investigation of
  normalization and feature extraction techniques, Pattern Recognition 37, 2004.
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

SIZE = 6.5  # pixels: the standard deviation of the ink along the longer side, best for directions
WINDOW = 2.0  # standard deviations: how far out ink still counts in the second measurement
MIN_DEVIATION = 0.5  # pixels: keeps a dot, which has no extent, from being enlarged without limit

SIDE_SIZE = 5.5  # pixels: the deviation that each side of the digit gets
MIN_SIDE = 1.5  # pixels: a side narrower than this, as of a 1, is enlarged as if it were this wide
NEAR = 0.1  # pixels: ink nearer to the centroid counts in part, or rounding would choose its side


def deskew(ink: Tensor) -> Tensor:
    """Shear ink upright and put its centroid at the image's centre; (B, 28, 28) float32 in and out."""
    from_centre = _from_centre(len(ink))
    return _resample(ink, _measure(ink), from_centre, from_centre)


def normalize_moments(ink: Tensor) -> Tensor:
    """Shear ink upright, bring it to one size and put its centroid at the image's centre.

    The longer side gets `SIZE`. The aspect ratio becomes its square root, so that a 1 stays narrower than a
    0. The ink is measured twice: the second time, parts that stick out, such as a long tail, count less.

    Args:
        ink: (B, 28, 28) float32, 0..255.

    Returns:
        (B, 28, 28) float32, 0..255.
    """
    moments = _measure(ink * _window(_measure(ink)))
    longer = torch.maximum(moments.width, moments.height)
    scale_x, scale_y = ((side * longer).sqrt() / SIZE for side in (moments.width, moments.height))
    from_centre = _from_centre(len(ink))  # a scale is the number of source pixels that a pixel covers
    return _resample(ink, moments, from_centre * scale_x, from_centre * scale_y)


def normalize_sides(ink: Tensor) -> Tensor:
    """Shear ink upright and bring each side of its centroid to one size, the centroid at the image's centre.

    The left, right, upper and lower part each have a size of their own, the root of their mean squared
    distance from the centroid, and each gets the same size: so a long tail on one side does not push the rest
    of the digit aside. All digits become about as wide as high, except for narrow ones like a 1, which stay
    narrow. The ink is measured twice, as in `normalize_moments`.

    Args:
        ink: (B, 28, 28) float32, 0..255.

    Returns:
        (B, 28, 28) float32, 0..255.
    """
    weighted = ink * _window(_measure(ink))
    moments = _measure(weighted)
    sides = _measure_sides(weighted, moments)
    to = _from_centre(len(ink)) / SIDE_SIZE  # (B, 28), in deviations
    across = to * torch.where(to < 0, sides.left, sides.right)
    down = to * torch.where(to < 0, sides.upper, sides.lower)
    return _resample(ink, moments, across, down)


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


class _Sides(NamedTuple):
    """Size of each part of the sheared, upright ink; every field is (B, 1) float32, in pixels."""

    left: Tensor
    right: Tensor
    upper: Tensor
    lower: Tensor


def _measure_sides(ink: Tensor, moments: _Moments) -> _Sides:
    dx, dy = INDEX - moments.x, INDEX - moments.y  # (B, 28)
    upright = dx[:, None, :] - (moments.shear * dy)[:, :, None]  # (B, 28, 28), x after the shear
    ink, rows = ink.flatten(1), ink.sum(dim=2)  # (B, 784), (B, 28)
    upright = upright.flatten(1)
    return _Sides(_size(ink, -upright), _size(ink, upright), _size(rows, -dy), _size(rows, dy))


def _size(mass: Tensor, distance: Tensor) -> Tensor:
    """Return the root mean square of the positive distances, weighted by mass: (B, n) twice to (B, 1)."""
    outward = distance.clamp(min=0)
    counted = (distance / NEAR).clamp(0, 1)
    weight = (mass * counted).sum(dim=1, keepdim=True).clamp(min=1)  # keeps an empty side from 0 / 0
    return ((mass * outward.square()).sum(dim=1, keepdim=True) / weight).sqrt().clamp(min=MIN_SIDE)


def _from_centre(count: int) -> Tensor:
    """Return the distances of rows or columns from the image's centre, (count, 28), in pixels."""
    return (INDEX - CENTRE).expand(count, SIDE)


def _resample(ink: Tensor, moments: _Moments, across: Tensor, down: Tensor) -> Tensor:
    """Shear, scale and centre in one bilinear step.

    `across` and `down`, (B, 28), are the distances from the centroid, in pixels of the source, at which the
    columns and rows of the result lie.
    """
    x = (moments.x + across) / CENTRE - 1
    y = (moments.y + down) / CENTRE - 1
    shift = moments.shear * down / CENTRE
    grid_x = x[:, None, :] + shift[:, :, None]  # (B, 28, 28), where pixel indices 0..27 are -1..1
    grid = torch.stack((grid_x, y[:, :, None].expand_as(grid_x)), dim=-1)
    return F.grid_sample(ink[:, None], grid, align_corners=True)[:, 0]
