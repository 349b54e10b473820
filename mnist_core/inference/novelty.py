"""Novelty detection: is a drawing as similar to the training digits as they are to one another?

An image is described by the directions of its edges in each part of it, and compared with the training digits
that have the most similar descriptions. A drawing without such neighbours, for instance a star, is not taken
for a digit.

Sources:
- Edges sorted by direction, blurred, sampled on a coarse grid, then the square root: Liu, Nakashima, Sako
  and Fujisawa, Handwritten digit recognition: benchmarking of state-of-the-art techniques, Pattern
  Recognition 36, 2003.
- A large distance to the nearest known examples, measured by cosines, means unknown: Sun, Ming, Zhu and Li,
  Out-of-distribution detection with deep nearest neighbors, ICML 2022.
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F

from mnist_core.data.dataset import SIDE, Split
from mnist_core.inference.slashed_zeros import slashed_zeros
from mnist_core.one_thread import one_thread
from mnist_core.preprocessing.direction_maps import filter_matrix
from mnist_core.preprocessing.preprocess import Preprocessing, preprocess

REFERENCE_DIGITS = 10_000  # to compare with: with 20,000 no more strange drawings are found, with 4,000 fewer
NEIGHBOURS = 3  # to average over, because one alone may be an odd digit itself
REJECTED_SHARE = 0.009  # of the training digits; 2.5 % of the pen digits are rejected with it

DIRECTIONS = 12
GRID = 5  # places across and down
BLUR = 2.5  # pixels, standard deviation
CHUNK = 64  # images at a time: what is computed of them stays in the processor's cache


def _sampling_matrix() -> Tensor:
    """Return the (5, 28) matrix that blurs a line of pixels and samples it at five places."""
    places = (torch.arange(GRID) + 0.5) * SIDE / GRID - 0.5
    weights = torch.exp(-(((torch.arange(SIDE) - places[:, None]) / BLUR) ** 2) / 2)
    return weights / weights.sum(dim=1, keepdim=True)


# Sobel's derivative of a slightly blurred image, as a filter along rows and one along columns.
SMOOTH = filter_matrix([1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16])
SLOPE = filter_matrix([-1 / 8, -2 / 8, 0, 2 / 8, 1 / 8])
SAMPLING = _sampling_matrix()
ANGLES = (2 * math.pi / DIRECTIONS * torch.arange(DIRECTIONS)).view(-1, 1, 1)


def descriptors(images: Tensor) -> Tensor:
    """Describe images by the directions of their edges.

    The images are set upright first. The width of the pen has little influence, because only edges count.

    Args:
        images: (N, 28, 28) uint8, ink 0..255, not yet preprocessed.

    Returns:
        (N, 300) float32 of length 1, so that the product of two is their similarity, 0 to 1.

    Raises:
        ValueError: another shape or dtype.
    """
    upright = preprocess(images, Preprocessing.DESKEW)
    result = torch.empty(len(images), DIRECTIONS * GRID**2)
    # Chunks that were kept and joined at the end would lie between the freed memory of those in between.
    for rows, chunk in zip(result.split(CHUNK), upright.split(CHUNK), strict=True):
        rows.copy_(_descriptors(chunk.float()))
    return result


def _descriptors(ink: Tensor) -> Tensor:
    across, down = SMOOTH @ ink @ SLOPE.T, SLOPE @ ink @ SMOOTH.T  # (B, 28, 28), the gradient
    along = across[:, None] * ANGLES.cos() + down[:, None] * ANGLES.sin()  # (B, 12, 28, 28)
    # An edge also answers to the neighbouring directions; subtracting that makes each edge count once.
    own = along - torch.hypot(across, down)[:, None] * math.cos(2 * math.pi / DIRECTIONS)
    maps = SAMPLING @ own.clamp(min=0) @ SAMPLING.T  # (B, 12, 5, 5)
    return F.normalize(maps.flatten(1).sqrt())


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The training digits that are most similar to a drawing.

    Attributes:
        similarity: their mean similarity, 0 to 1.
        indices: their places among the training digits, the most similar first.
        slashed_zero: whether zeros with a stroke through them are more similar.
    """

    similarity: float
    indices: tuple[int, ...]
    slashed_zero: bool


@dataclass(frozen=True, eq=False)
class NoveltyDetector:
    """Training digits described for comparison, and the least similarity that a digit must have.

    Attributes:
        reference: (N, 300) float32, as `descriptors` returns them.
        slashed: (M, 300) float32, likewise, of zeros with a stroke through them.
        threshold: a drawing with a similarity below it is unlike any digit.
    """

    reference: Tensor = field(repr=False)
    slashed: Tensor = field(repr=False)
    threshold: float

    @one_thread()
    def neighbours(self, image: Tensor) -> Neighbours:
        """Find the training digits most similar to an image, (28, 28) uint8, not yet preprocessed."""
        own = descriptors(image[None])[0]
        top = (self.reference @ own).topk(NEIGHBOURS)
        similarity = float(top.values.mean())
        slashed = (self.slashed @ own).topk(min(NEIGHBOURS, len(self.slashed))).values
        return Neighbours(similarity, tuple(top.indices.tolist()), float(slashed.mean()) > similarity)


@one_thread()
def fit_novelty_detector(digits: Split) -> NoveltyDetector:
    """Describe the first 10,000 digits, not yet preprocessed, and set the threshold; takes about two seconds.

    ValueError for fewer than four digits, because each needs three neighbours.
    """
    if len(digits) <= NEIGHBOURS:
        raise ValueError(f"expected at least {NEIGHBOURS + 1} digits to compare with, got {len(digits)}")
    reference = descriptors(digits.images[:REFERENCE_DIGITS])
    similarities = [
        # Most similar of all is the digit itself. A fifth of them gives the same threshold as all.
        (part @ reference.T).topk(1 + NEIGHBOURS, dim=1).values[:, 1:].mean(dim=1)
        for part in reference[: REFERENCE_DIGITS // 5].split(CHUNK)
    ]
    threshold = float(torch.cat(similarities).quantile(REJECTED_SHARE))
    return NoveltyDetector(reference, descriptors(slashed_zeros(digits)), threshold)
