"""What can honestly be said of a drawing: an answer, two that are close, or that it is no digit at all."""

import math
from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor
from torch.nn import functional as F

from mnist_core.canvas import Preparation
from mnist_core.likeness import Likeness, Nearest
from mnist_core.model import CLASSES, SoftmaxRegressor
from mnist_core.prediction import predict

# Chosen on MNIST's training digits and the pen digits' development half: see benchmarks/README.md.
CLOSE = 3  # times as likely as the runner-up; with less, only every second answer is right
LONGEST = 4.1  # the pen's way in sides of the box; that of a digit is 4.0 at the most
TANGLED, FULL = 3.4, 0.5  # the way, and the share of the box that is ink, of what is no digit and no picture
# A dot's: pi / 4 of the box is ink, half its edge is pi / 2 sides long, and it is as wide as high.
ROUND_FILL, ROUND_WAY, ROUND_SHAPE = 0.6, 1.65, 0.6


class Kind(StrEnum):
    """What a drawing turned out to be."""

    BLANK = "blank"
    DOT = "dot"
    SCRIBBLE = "scribble"
    UNLIKE = "unlike"  # no digit that was learned is like it
    CLOSE = "close"  # one of two digits
    CLEAR = "clear"


@dataclass(frozen=True, eq=False)
class Verdict:
    """What was made of a drawing.

    Attributes:
        kind: what it is.
        probabilities: (10,) float32, summing to 1: what the model says, be it a digit or not; the same for
            every digit where the drawing is blank.
        nearest: the most similar training digits; None where it is blank or there is nothing to compare with.
    """

    kind: Kind
    probabilities: Tensor
    nearest: Nearest | None = None

    @property
    def answer(self) -> int:
        """The likeliest digit."""
        return int(self.probabilities.argmax())

    @property
    def runner_up(self) -> int:
        """The second likeliest digit."""
        return int(self.probabilities.topk(2).indices[1])


def judge(
    model: SoftmaxRegressor, preparation: Preparation | None, likeness: Likeness | None = None
) -> Verdict:
    """Read a drawing and say what can be said of it.

    Args:
        model: any model.
        preparation: of the drawing, as `prepare` returns it; None is blank.
        likeness: of the training digits; without it nothing is called unlike them.
    """
    if preparation is None:
        return Verdict(Kind.BLANK, torch.full((CLASSES,), 1 / CLASSES))
    probabilities = predict(model, preparation.centred[None])[0]
    nearest = likeness.nearest(preparation.centred) if likeness else None
    unlike = likeness is not None and nearest is not None and nearest.similarity < likeness.least
    return Verdict(_kind(preparation.cut_out, unlike, probabilities), probabilities, nearest)


def _kind(cut_out: Tensor, unlike: bool, probabilities: Tensor) -> Kind:
    length, fill = way(cut_out), float(cut_out.float().mean()) / 255
    shape = min(cut_out.shape) / max(cut_out.shape)
    if fill > ROUND_FILL and length < ROUND_WAY and shape > ROUND_SHAPE:
        return Kind.DOT
    if length > LONGEST or (unlike and (length > TANGLED or fill > FULL)):
        return Kind.SCRIBBLE
    if unlike:
        return Kind.UNLIKE
    first, second = probabilities.topk(2).values
    return Kind.CLOSE if first < CLOSE * second else Kind.CLEAR


def way(cut_out: Tensor) -> float:
    """Measure how far the pen went, in longer sides of the drawing's box; `cut_out` is (h, w) uint8 ink.

    A stroke has two edges as long as itself, and the length of all edges is the total variation of the ink
    (Rudin, Osher and Fatemi, Nonlinear total variation based noise removal algorithms, Physica D 60, 1992).
    """
    ink = F.pad(cut_out.float() / 255, (1, 1, 1, 1))
    falling, rising = ink[1:, 1:] - ink[:-1, :-1], ink[1:, :-1] - ink[:-1, 1:]  # Roberts' cross
    return float(torch.hypot(falling, rising).sum()) / math.sqrt(2) / 2 / max(cut_out.shape)
