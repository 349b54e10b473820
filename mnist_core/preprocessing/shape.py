"""Measures of a drawing's shape."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

# Of MNIST's training digits 95 % of the 1s are straight strokes by these, and 0.2 % of the others.
MIN_ELONGATION, MIN_SOLIDITY, MAX_OUTLINE = 1.6, 0.5, 1.13


class Box(NamedTuple):
    """The turned box around the ink: the rectangle that has the same second moments.

    Attributes:
        length: pixels, along the ink.
        width: pixels, across it.
        angle: degrees from upright, -90 to 90; negative if the ink leans to the left.
        solidity: the share of the box that is ink. It can be above 1, because no ink lies in the corners of
            an ellipse.
    """

    length: float
    width: float
    angle: float
    solidity: float


def turned_box(cropped: Tensor) -> Box:
    """Measure the turned box around the ink, (h, w) uint8, from its second moments."""
    ink = cropped.float() / 255
    rows, columns = ink.sum(dim=1), ink.sum(dim=0)
    mass = float(rows.sum())
    y, x = torch.arange(len(rows)).float(), torch.arange(len(columns)).float()
    y, x = y - rows @ y / mass, x - columns @ x / mass
    # A pixel is a square of its own: 1 / 12 is the variance of a side.
    variance_y, variance_x = float(rows @ y**2) / mass + 1 / 12, float(columns @ x**2) / mass + 1 / 12
    covariance = float(y @ ink @ x) / mass
    mean, spread = (variance_x + variance_y) / 2, math.hypot((variance_x - variance_y) / 2, covariance)
    length, width = (math.sqrt(12 * max(mean + part, 1 / 12)) for part in (spread, -spread))
    angle = 0.5 * math.degrees(math.atan2(-2 * covariance, variance_y - variance_x))
    return Box(length, width, angle, mass / (length * width))


def is_bar(cropped: Tensor, box: Box) -> bool:
    """Tell whether the ink, (h, w) uint8, with this turned box, is one straight stroke.

    It is longer than wide, and its outline is little longer than that of its box with rounded ends.
    """
    if box.length < MIN_ELONGATION * box.width or box.solidity < MIN_SOLIDITY:
        return False
    half_outline = box.length - box.width + math.pi / 2 * box.width
    return stroke_length(cropped) * max(cropped.shape) < MAX_OUTLINE * half_outline


def stroke_length(cropped: Tensor) -> float:
    """Measure the length of all strokes, in longer sides of the drawing's box; `cropped` is (h, w) uint8 ink.

    A stroke has two edges as long as itself, and the length of all edges is the total variation of the ink
    (Rudin, Osher and Fatemi, Nonlinear total variation based noise removal algorithms, Physica D 60, 1992).
    """
    ink = F.pad(cropped.float() / 255, (1, 1, 1, 1))
    falling, rising = ink[1:, 1:] - ink[:-1, :-1], ink[1:, :-1] - ink[:-1, 1:]  # Roberts' cross
    return float(torch.hypot(falling, rising).sum()) / math.sqrt(2) / 2 / max(cropped.shape)
