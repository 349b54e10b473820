"""A test digit as somebody may draw it: small, leaning, and in a corner of the board."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE, DIGIT = 280, 130  # px of the board, and of the digit on it
LEAN = 0.45  # columns to the right for each row up
LEFT, TOP = 140, 138


def leaning_digit(image: Tensor) -> Tensor:
    """Draw a digit, (28, 28) uint8, on a board: (280, 280) uint8, ink 0..255."""
    transform = torch.tensor([[[1.15, LEAN, 0.0], [0.0, 1.15, 0.0]]])
    grid = F.affine_grid(transform, [1, 1, DIGIT, DIGIT], align_corners=False)
    sheared = F.grid_sample(image.float()[None, None], grid, align_corners=False)[0, 0]
    board = torch.zeros(SIDE, SIDE)
    board[TOP : TOP + DIGIT, LEFT : LEFT + DIGIT] = sheared
    return board.round().clamp(0, 255).to(torch.uint8)


@dataclass(frozen=True)
class Placement:
    """How a digit lies in its picture.

    Attributes:
        off_centre: from the middle of the picture to the ink's centre of mass, in pixels.
        height: of the box around the ink, in pixels.
        lean: how far it leans to the right, in degrees; negative to the left.
    """

    off_centre: float
    height: int
    lean: float


def placement(image: Tensor) -> Placement:
    """Measure a picture, (28, 28) uint8 with ink 0..255; ValueError if there is no ink."""
    ink = image.double()
    mass = float(ink.sum())
    if not mass:
        raise ValueError("expected a picture with ink, got an empty one")
    index = torch.arange(image.size(0), dtype=torch.float64)
    rows, columns = ink.sum(dim=1), ink.sum(dim=0)
    y, x = float(rows @ index) / mass, float(columns @ index) / mass
    down, across = index - y, index - x
    spread = max(float(rows @ down**2) / mass, 1e-9)
    shear = float(down @ ink @ across) / mass / spread  # columns to the right for each row down
    middle = (image.size(0)) / 2
    lines = (image > 0).any(dim=1).nonzero()
    return Placement(
        off_centre=math.hypot(y - middle, x - middle),
        height=int(lines[-1]) - int(lines[0]) + 1,
        lean=-math.degrees(math.atan(shear)),
    )
