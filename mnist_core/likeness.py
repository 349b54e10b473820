"""How much a drawing is like the digits that were learned: as much as they are like one another, or less.

An image is described by which way its edges run in each part of it; a drawing is compared with the training
digits whose descriptions are the most similar. What has none, such as a star, is not like a digit.

Sources:
- Edges sorted by direction, blurred, sampled on a coarse grid, the square root taken: Liu, Nakashima, Sako
  and Fujisawa, Handwritten digit recognition: benchmarking of state-of-the-art techniques, Pattern
  Recognition 36, 2003.
- Far from the nearest known examples, as cosines, is unknown: Sun, Ming, Zhu and Li, Out-of-distribution
  detection with deep nearest neighbors, ICML 2022.
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F

from mnist_core.data import Split
from mnist_core.normalization import SIDE, Normalization, normalize

KNOWN = 10_000  # digits to compare with: 20,000 find no more strange drawings, 4,000 fewer
NEIGHBOURS = 3  # one alone may be odd itself
LONELY = 0.009  # share of the training digits that would be called unlike: 2.5 % of the pen digits are then

DIRECTIONS = 12
GRID = 5  # places across and down
BLUR = 2.5  # pixels, standard deviation
CHUNK = 256  # images at a time: their maps stay in the processor's cache


def _taps(*weights: float) -> Tensor:
    """Return the (28, 28) matrix that sums a line's neighbours with these weights, the middle one its own."""
    distances = torch.arange(SIDE)[None, :] - torch.arange(SIDE)[:, None] + len(weights) // 2
    inside = (distances >= 0) & (distances < len(weights))
    return torch.tensor(weights)[distances.clamp(0, len(weights) - 1)] * inside


def _samples() -> Tensor:
    """Return the (5, 28) matrix that blurs a line and samples it at five places."""
    places = (torch.arange(GRID) + 0.5) * SIDE / GRID - 0.5
    weights = torch.exp(-(((torch.arange(SIDE) - places[:, None]) / BLUR) ** 2) / 2)
    return weights / weights.sum(dim=1, keepdim=True)


# Sobel's gradient of a slightly blurred image, separated into what is done along rows and along columns.
SMOOTH, SLOPE, SAMPLES = _taps(1, 4, 6, 4, 1) / 16, _taps(-1, -2, 0, 2, 1) / 8, _samples()
ANGLES = (2 * math.pi / DIRECTIONS * torch.arange(DIRECTIONS)).view(-1, 1, 1)


def describe(images: Tensor) -> Tensor:
    """Describe images, (N, 28, 28) uint8, not yet normalized, by the directions of their edges.

    Returns (N, 300) float32 of length 1, so that a product of two is their similarity, 0 to 1. They are set
    upright first; pen width counts little, as an edge is an edge. ValueError for another shape or dtype.
    """
    upright = normalize(images, Normalization.DESKEW)
    return torch.cat([_directions(chunk.float()) for chunk in upright.split(CHUNK)])


def _directions(ink: Tensor) -> Tensor:
    across, down = SMOOTH @ ink @ SLOPE.T, SLOPE @ ink @ SMOOTH.T  # (B, 28, 28), the gradient
    along = across[:, None] * ANGLES.cos() + down[:, None] * ANGLES.sin()  # (B, 12, 28, 28)
    # What an edge of the neighbouring direction would give is taken off, so that each edge counts once.
    own = along - torch.hypot(across, down)[:, None] * math.cos(2 * math.pi / DIRECTIONS)
    maps = SAMPLES @ own.clamp(min=0) @ SAMPLES.T  # (B, 12, 5, 5)
    return F.normalize(maps.flatten(1).sqrt())


@dataclass(frozen=True, eq=False)
class Nearest:
    """The training digits most like a drawing.

    Attributes:
        similarity: the mean of theirs, 0 to 1.
        indices: where they stand among the training digits, the most similar first.
    """

    similarity: float
    indices: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Likeness:
    """Training digits, described for comparison.

    Attributes:
        known: (N, 300) float32, as `describe` gives them.
        least: the similarity below which a drawing is unlike any digit.
    """

    known: Tensor = field(repr=False)
    least: float

    def nearest(self, image: Tensor) -> Nearest:
        """Find what is most like an image, (28, 28) uint8, not yet normalized."""
        top = (self.known @ describe(image[None])[0]).topk(NEIGHBOURS)
        return Nearest(float(top.values.mean()), tuple(top.indices.tolist()))


def likeness_of(digits: Split) -> Likeness:
    """Describe the first 10,000 digits, not yet normalized, and see how alike they are; about a second.

    ValueError for fewer than four digits, which cannot have three neighbours each.
    """
    if len(digits) <= NEIGHBOURS:
        raise ValueError(f"expected at least {NEIGHBOURS + 1} digits to compare with, got {len(digits)}")
    known = describe(digits.images[:KNOWN])
    similarities = known[: KNOWN // 5] @ known.T  # a fifth shows how alike they are just as well
    similarities.fill_diagonal_(-1)  # nobody is their own neighbour
    means = similarities.topk(NEIGHBOURS, dim=1).values.mean(dim=1)
    return Likeness(known, float(means.quantile(LONELY)))
