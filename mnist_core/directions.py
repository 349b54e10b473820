"""Directions: make visible, in the same 28 x 28 pixels, which way each stroke runs.

A linear model weighs each pixel by itself, so it cannot see whether the ink in one place belongs to a bar or
to a stem. Here each pixel of a 2 x 2 block shines at the edges of strokes of one direction only: level,
upright, leaning one way or the other. A digit looks hatched, and 784 weights now tell the directions apart.

Sources:
- Maps of stroke directions, blurred and sampled at every second pixel: Yasuda and Fujisawa, An improved
  correlation method for character recognition, Systems, Computers, Controls 10, 1979.
- Directions from gradients: Liu, Nakashima, Sako and Fujisawa, Handwritten digit recognition: benchmarking
  of state-of-the-art techniques, Pattern Recognition 36, 2003.
- Maps laid into one image, pixel beside pixel, as a camera sees colours: Bayer, US patent 3,971,065, 1976.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 28
BLUR = 1.0  # pixels, standard deviation: the maps are sampled at every second pixel, so they must be smooth
EDGES = 5.0  # share of the edges in the picture
INK = 0.4  # share of the ink itself; more makes the digit easier to recognise, but only for people


def _bands(weights: dict[int, float]) -> Tensor:
    """Return the (28, 28) matrix that sums a line's neighbours at the given distances with these weights."""
    diagonals = [torch.full((SIDE - abs(k),), weight).diag(k) for k, weight in weights.items()]
    return torch.stack(diagonals).sum(dim=0)


def _gauss(sigma: float) -> Tensor:
    distances = torch.arange(-3, 4)
    weights = torch.exp(-((distances / sigma) ** 2) / 2)
    return _bands(dict(zip(distances.tolist(), (weights / weights.sum()).tolist(), strict=True)))


# Sobel's two factors and the blur, applied to lines from the left and to columns from the right.
SLOPE, SMOOTH, GAUSS = _bands({-1: -0.5, 1: 0.5}), _bands({-1: 0.25, 0: 0.5, 1: 0.25}), _gauss(BLUR)


def hatch(ink: Tensor) -> Tensor:
    """Mark the directions of strokes in images, (B, 28, 28) float32, ink 0..255; same shape, dtype and range.

    With the gradient at the angle t and of the length m, the four maps are the positive and the negative part
    of m cos 2t and m sin 2t: twice the angle, so that a stroke's two edges count as one direction.
    """
    across, down = SMOOTH @ ink @ SLOPE.T, SLOPE @ ink @ SMOOTH.T  # (B, 28, 28), the gradient
    squares = across.square(), down.square()
    length = (squares[0] + squares[1]).sqrt_().clamp_(min=1e-3)
    cos, sin = (squares[0] - squares[1]) / length, 2 * across * down / length
    picture = INK * ink
    for (row, column), map_ in {(0, 0): cos, (1, 1): -cos, (0, 1): sin, (1, 0): -sin}.items():
        blurred = GAUSS[row::2] @ map_.clamp(min=0) @ GAUSS[column::2].T  # (B, 14, 14)
        picture[:, row::2, column::2] += EDGES * blurred
    return picture.clamp(max=255)


def blend(maps: Tensor) -> Tensor:
    """Even out maps, (N, 28, 28) float32, of weights or evidence over the four directions of each block.

    A hatched map is hard to read. Here each pixel shows the mean of its block, so that all sums stay.
    """
    blocks = F.avg_pool2d(maps[:, None], 2)  # (N, 1, 14, 14)
    return F.interpolate(blocks, scale_factor=2, mode="nearest")[:, 0]
