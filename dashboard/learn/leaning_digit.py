"""A test digit as somebody may draw it: small, leaning, and in a corner of the board."""

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
