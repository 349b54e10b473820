"""Direction maps: show, in the same 784 numbers, which way the strokes run in each part of the digit.

A linear model weighs each number by itself, so from pixels it cannot tell whether the ink in one place
belongs to a horizontal or a vertical stroke. Here the digit is described at 7 x 7 places by the strength of
its edges in 16 directions. With these features, 784 weights can tell directions apart.

The direction of an edge is that of its gradient, from paper to ink, so the two edges of a stroke count
separately. Direction d is at the angle 2 pi d / 16, clockwise from "to the right" because y grows downwards.
The stroke itself runs across it.

Sources:
- Gradients shared between the two nearest directions, blurred by a Gaussian and sampled, then a power below
  1: Liu, Nakashima, Sako and Fujisawa, Handwritten digit recognition: benchmarking of state-of-the-art
  techniques, Pattern Recognition 36, 2003.
- The picture whose gradients fit given ones best: Frankot and Chellappa, A method for enforcing
  integrability in shape from shading algorithms, PAMI 10, 1988.
- Histograms of oriented gradients on a coarse grid: Dalal and Triggs, Histograms of oriented gradients for
  human detection, CVPR 2005; here without their normalization of blocks, which gained nothing.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.data.dataset import SIDE

PLACES = 7  # across and down: coarser or finer, with more or fewer directions, reads fewer digits
BLOCK = SIDE // PLACES  # the directions of a place are stored as a block of 4 x 4
DIRECTIONS = BLOCK * BLOCK
BLUR = 2.0  # pixels, standard deviation: the places are 4 pixels apart, so the maps must be smooth
POWER = 1 / 3  # a faint or thin edge counts nearly as much as a strong one; 1/2 reads fewer drawings
FAINT = 1e-4  # of 1: below it the root, which is infinitely steep at 0, is a line, or it would show rounding
STRONG = 9.3  # levels of ink per pixel: from here on a number is 255; 5 % of those of the training digits are
SHARPENING = 0.1  # of each neighbouring direction is subtracted: reads more at small learning rates
STEP = 2 * math.pi / DIRECTIONS  # the angle between neighbouring directions
AT_A_TIME = 32  # images: what is computed on the way to their maps stays in the processor's cache


def filter_matrix(taps: Sequence[float]) -> Tensor:
    """Return the (28, 28) float32 matrix that sums each pixel's neighbours with these weights.

    `filter_matrix(taps) @ image` filters the columns of an image, `image @ filter_matrix(taps).T` its rows.
    The number of taps is odd and the middle one is the pixel's own weight. Pixels beyond the edge count as 0.
    """
    middle = len(taps) // 2
    diagonals = [torch.full((SIDE - abs(k),), float(tap)).diag(k) for k, tap in enumerate(taps, -middle)]
    return torch.stack(diagonals).sum(dim=0)


# Sobel's derivative and smoothing.
SLOPE, SMOOTH = filter_matrix([-0.5, 0, 0.5]), filter_matrix([0.25, 0.5, 0.25])


def _sampling() -> Tensor:
    """Return the (7, 28) matrix that blurs a line of pixels and samples it at seven places.

    It also scales, so that after sampling rows and columns the strength `STRONG` is 1.
    """
    places = BLOCK * (torch.arange(PLACES) - (PLACES - 1) / 2) + (SIDE - 1) / 2
    weights = torch.exp(-(((torch.arange(SIDE) - places[:, None]) / BLUR) ** 2) / 2)
    return weights / (BLUR * math.sqrt(2 * math.pi * STRONG * math.sin(STEP)))


def _sharpening() -> Tensor:
    """Return the (16, 16) matrix that subtracts from each direction a share of its two neighbours."""
    own = torch.eye(DIRECTIONS)
    return own - SHARPENING * (own.roll(1, dims=0) + own.roll(-1, dims=0))


def _cross_products() -> Tensor:
    """Return the (23, 2) matrix from a gradient to its cross products with u[0] to u[15] and u[0] to u[6]."""
    angles = STEP * torch.arange(DIRECTIONS + 7, dtype=torch.float64)
    return torch.stack((angles.sin(), -angles.cos()), dim=1).float()


SAMPLING, SHARPEN, CROSS = _sampling(), _sharpening(), _cross_products()


def direction_maps(ink: Tensor) -> Tensor:
    """Compute the strength of 16 directions of edges at 7 x 7 places of images.

    A gradient between two neighbouring directions is shared by the parallelogram rule: it is written as
    a u + b v, with u and v of length 1, and a and b are added to these two. With x for the cross product, the
    share of direction d is max(0, min(g x u[d + 1], u[d - 1] x g)) / sin(2 pi / 16). This needs no angle and
    is 0 for all but the two.

    Args:
        ink: (B, 28, 28) float32, 0..255.

    Returns:
        (B, 28, 28) float32, 0..255: 7 x 7 blocks of 4 x 4 pixels. Direction d of a place is
        in row d // 4 and column d % 4 of its block.
    """
    return torch.cat([_direction_maps(part) for part in ink.split(AT_A_TIME)])


def _direction_maps(ink: Tensor) -> Tensor:
    # Images come last, so that each product below is one for all of them: twice as fast.
    pixels = ink.permute(1, 2, 0).contiguous()  # (28, 28, B)
    across, down = _filter(SMOOTH, SLOPE, pixels), _filter(SLOPE, SMOOTH, pixels)
    gradient = torch.stack((across, down))  # (2, 28, 28, B)
    crosses = (CROSS @ gradient.flatten(1)).unflatten(1, pixels.shape)  # (23, 28, 28, B)
    # u[d - 1] x g is g x u[d - 1 + 8], because the opposite direction has the opposite sign.
    shares = torch.minimum(crosses[1 : 1 + DIRECTIONS], crosses[7 : 7 + DIRECTIONS]).clamp_(min=0)
    strengths = _filter(SAMPLING, SAMPLING, shares)  # (16, 7, 7, B)
    sharpened = SHARPEN @ strengths.view(DIRECTIONS, -1)
    sharpened.clamp_(0, 1)
    levels = torch.minimum(sharpened * FAINT ** (POWER - 1), sharpened.pow(POWER)).mul_(255)
    blocks = levels.view(BLOCK, BLOCK, PLACES, PLACES, -1).permute(4, 2, 0, 3, 1)  # (B, 7, 4, 7, 4)
    return blocks.reshape(-1, SIDE, SIDE)


def _filter(rows: Tensor, columns: Tensor, images: Tensor) -> Tensor:
    """Apply one matrix along the rows' index and another along the columns' to images (..., 28, 28, B)."""
    filtered = rows @ images.flatten(-2)  # (..., R, 28 B)
    result: Tensor = columns @ filtered.unflatten(-1, images.shape[-2:])  # (..., R, C, B)
    return result


def picture_of_directions(weights: Tensor, *, exponent: float = 0.5) -> Tensor:
    """Draw, for each digit, the picture whose edges its weights ask for.

    The positive weights of a place are added as vectors along their directions, which gives the gradient that
    raises the score there. It is spread as `direction_maps` gathers it, and integrated in Fourier space. The
    picture whose own gradients differ least from it, by least squares, is a division by the squared frequency
    there. Its smallest power that still shows a picture and not its edges is 1/2, which leaves fine parts
    stronger; in a blind test (benchmarks/blind_pictures.py) its digits were the easiest to name.

    Args:
        weights: (N, 28, 28) float, laid out as `direction_maps` lays out its numbers.
        exponent: of the squared frequency; 1 for least squares.

    Returns:
        (N, 28, 28) float32: ink where it is positive; its mean along the border is 0.
    """
    places = weights.view(-1, PLACES, BLOCK, PLACES, BLOCK).transpose(2, 3).flatten(3)  # (N, 7, 7, 16)
    angles = STEP * torch.arange(DIRECTIONS)
    wanted = places.clamp(min=0) @ torch.stack((angles.cos(), angles.sin()), dim=1)  # (N, 7, 7, 2)
    gradient = SAMPLING.T @ wanted.permute(0, 3, 1, 2) @ SAMPLING  # (N, 2, 28, 28)
    margin = SIDE // 2  # else what runs out on the right would come in on the left
    waves = torch.fft.fft2(F.pad(gradient, 4 * (margin,)))
    frequency = 2 * math.pi * torch.fft.fftfreq(2 * SIDE)
    squared = frequency[None] ** 2 + frequency[:, None] ** 2
    squared[0, 0] = 1  # the mean of the picture, which gradients do not tell
    across, down = waves.unbind(dim=1)
    slope = -1j * (frequency * across + frequency[:, None] * down)
    wide: Tensor = torch.fft.ifft2(slope / squared**exponent).real
    picture = wide[:, margin:-margin, margin:-margin]
    edge = torch.cat((picture[:, 0], picture[:, -1], picture[:, :, 0], picture[:, :, -1]), dim=1)
    return picture - edge.mean(dim=1)[:, None, None]
