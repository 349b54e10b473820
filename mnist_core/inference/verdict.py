"""Decide what a drawing shows: one digit, one of two that are close, or not a digit at all."""

import math
from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor
from torch.nn import functional as F

from mnist_core.inference.novelty import Neighbours, NoveltyDetector
from mnist_core.model import CLASSES, SoftmaxRegressor
from mnist_core.preprocessing.canvas import PreparedDrawing
from mnist_core.preprocessing.preprocess import preprocess

# Chosen on MNIST's training digits and the pen digits' development half: see benchmarks/README.md.
CLOSE_RATIO = 3  # of the two largest probabilities; below it, only half of the predictions are right
MAX_STROKE = 4.1  # stroke length in longer sides of the box; no digit has more than 4.0
# A drawing unlike any digit is a scribble with more stroke, or a larger share of ink in its box, than this.
SCRIBBLE_STROKE, SCRIBBLE_FILL = 3.4, 0.5
# A round dot fills pi / 4 of its box, half its outline is pi / 2 sides long, and its box is a square.
DOT_FILL, DOT_STROKE, DOT_ASPECT = 0.6, 1.65, 0.6


class Kind(StrEnum):
    """What a drawing turned out to be."""

    BLANK = "blank"
    DOT = "dot"
    SCRIBBLE = "scribble"
    UNLIKE = "unlike"  # not similar to any training digit
    CLOSE = "close"  # one of two digits, about equally likely
    CLEAR = "clear"


@dataclass(frozen=True, eq=False)
class Verdict:
    """What was made of a drawing.

    Attributes:
        kind: what it is.
        probabilities: (10,) float32, summing to 1: what the model predicts, whether it is a digit or not;
            equal for a blank drawing.
        preprocessed: (28, 28) uint8, what the model was shown; None for a blank drawing.
        neighbours: the most similar training digits; None if it is blank or there was no detector.
    """

    kind: Kind
    probabilities: Tensor
    preprocessed: Tensor | None = None
    neighbours: Neighbours | None = None

    @property
    def digit(self) -> int:
        """The likeliest digit."""
        return int(self.probabilities.argmax())

    @property
    def runner_up(self) -> int:
        """The second likeliest digit."""
        return int(self.probabilities.topk(2).indices[1])


def judge(
    model: SoftmaxRegressor, drawing: PreparedDrawing | None, detector: NoveltyDetector | None = None
) -> Verdict:
    """Read a drawing and decide what it shows.

    Args:
        model: any model.
        drawing: as `prepare_drawing` returns it; None is blank.
        detector: fitted to the training digits; without one nothing is called unlike them.
    """
    if drawing is None:
        return Verdict(Kind.BLANK, torch.full((CLASSES,), 1 / CLASSES))
    preprocessed = preprocess(drawing.centred[None], model.preprocessing)  # (1, 28, 28)
    probabilities = model.logits(preprocessed).softmax(dim=1)[0]
    neighbours = detector.neighbours(drawing.centred) if detector else None
    unlike = detector is not None and neighbours is not None and neighbours.similarity < detector.threshold
    return Verdict(_kind(drawing.cropped, unlike, probabilities), probabilities, preprocessed[0], neighbours)


def _kind(cropped: Tensor, unlike: bool, probabilities: Tensor) -> Kind:
    length, fill = stroke_length(cropped), float(cropped.float().mean()) / 255
    aspect = min(cropped.shape) / max(cropped.shape)
    if fill > DOT_FILL and length < DOT_STROKE and aspect > DOT_ASPECT:
        return Kind.DOT
    if length > MAX_STROKE or (unlike and (length > SCRIBBLE_STROKE or fill > SCRIBBLE_FILL)):
        return Kind.SCRIBBLE
    if unlike:
        return Kind.UNLIKE
    first, second = probabilities.topk(2).values
    return Kind.CLOSE if first < CLOSE_RATIO * second else Kind.CLEAR


def stroke_length(cropped: Tensor) -> float:
    """Measure the length of all strokes, in longer sides of the drawing's box; `cropped` is (h, w) uint8 ink.

    A stroke has two edges as long as itself, and the length of all edges is the total variation of the ink
    (Rudin, Osher and Fatemi, Nonlinear total variation based noise removal algorithms, Physica D 60, 1992).
    """
    ink = F.pad(cropped.float() / 255, (1, 1, 1, 1))
    falling, rising = ink[1:, 1:] - ink[:-1, :-1], ink[1:, :-1] - ink[:-1, 1:]  # Roberts' cross
    return float(torch.hypot(falling, rising).sum()) / math.sqrt(2) / 2 / max(cropped.shape)
