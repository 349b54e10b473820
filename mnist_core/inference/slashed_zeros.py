"""Zeros with a stroke through them, as many people write 0: MNIST has none, so they are made of its zeros."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from mnist_core.data.dataset import SIDE, Split
from mnist_core.preprocessing.drawing import prepare_drawing
from mnist_core.preprocessing.shape import stroke_length

COUNT = 1_000  # with 500, strokes from top to bottom are seldom recognized
REACH = 2  # the stroke ends at the ring, or up to twice as far from the middle
PAD = 8  # pixels around MNIST's 28, into which it may reach


def slashed_zeros(digits: Split) -> Tensor:
    """Draw a straight stroke at any angle through the middle of a zero, a thousand times; zeros take turns.

    Returns:
        (1000, 28, 28) uint8, ink 0..255, the same each time; (0, 28, 28) if there are no zeros.
    """
    inked = digits.images.flatten(1).amax(dim=1) > 0
    zeros = digits.images[(digits.labels == 0) & inked]
    if not len(zeros):
        return torch.empty(0, SIDE, SIDE, dtype=torch.uint8)
    turns, reaches = torch.rand(2, COUNT, generator=torch.Generator().manual_seed(0)).tolist()
    drawn = [
        _slashed(zeros[number % len(zeros)], math.pi * turn, 1 + (REACH - 1) * reach)
        for number, (turn, reach) in enumerate(zip(turns, reaches, strict=True))
    ]
    return torch.stack(drawn)


def _slashed(zero: Tensor, angle: float, reach: float) -> Tensor:
    """Draw a stroke through a zero, (28, 28) uint8, and place it as MNIST's digits are placed."""
    ink = F.pad(zero.float() / 255, (PAD,) * 4)
    places, mass = torch.arange(float(len(ink))), ink.sum()
    y, x = places - ink.sum(dim=1) @ places / mass, places - ink.sum(dim=0) @ places / mass
    along = x * math.cos(angle) + y[:, None] * math.sin(angle)
    across = y[:, None] * math.cos(angle) - x * math.sin(angle)
    half = reach * (along.abs() * (ink > 0.5) * (across.abs() < 1.5)).max()
    width = float(mass) / (stroke_length(zero) * SIDE)
    to_stroke = torch.hypot(across, (along.abs() - half).clamp(min=0))
    stroke = (width / 2 + 0.5 - to_stroke).clamp(0, 1)
    drawing = prepare_drawing((255 * torch.maximum(ink, stroke)).round().to(torch.uint8))
    assert drawing is not None
    return drawing.centred
