"""Decide what a drawing shows: one digit, one of two that are close, or not a digit at all."""

from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor

from mnist_core.inference.novelty import Neighbours, NoveltyDetector
from mnist_core.model import CLASSES, SoftmaxRegressor, knows_nothing, rank_digits
from mnist_core.preprocessing.drawing import BOX, PreparedDrawing
from mnist_core.preprocessing.preprocess import preprocess
from mnist_core.preprocessing.shape import connected_components, is_bar, stroke_length, turned_box

# Chosen on MNIST's training digits and the pen digits' development half: see benchmarks/README.md.
CLOSE_RATIO = 3  # of the two largest probabilities; below it, only half of the predictions are right
MAX_STROKE = 4.1  # stroke length in longer sides of the box; no digit has more than 4.0
# A drawing unlike any digit is a scribble with more stroke, or a larger share of ink in its box, than this.
SCRIBBLE_STROKE, SCRIBBLE_FILL = 3.4, 0.5
# A round dot fills pi / 4 of its box, half its outline is pi / 2 sides long, and its box is a square.
DOT_FILL, DOT_STROKE, DOT_ASPECT = 0.6, 1.65, 0.6
MAX_ANGLE = 50  # degrees that a straight stroke may lean and be a 1; MNIST's training digits lean up to 46
# No pen digit has more pieces. A piece with a smaller share of the ink is a speck.
MAX_PIECES, SPECK = 2, 0.01
PIECES_SIDE, INK = 100, 127  # pixels that are enough to count pieces in; ink that is more than half full


class Kind(StrEnum):
    """What a drawing turned out to be."""

    BLANK = "blank"
    DOT = "dot"
    SCRIBBLE = "scribble"
    UNTRAINED = "untrained"  # the model knows nothing yet: all ten digits are equally likely
    UNLIKE = "unlike"  # not similar to any training digit, in many pieces, or a level stroke
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
        return int(rank_digits(self.probabilities)[0])

    @property
    def runner_up(self) -> int:
        """The second likeliest digit."""
        return int(rank_digits(self.probabilities)[1])


def judge(
    model: SoftmaxRegressor, drawing: PreparedDrawing | None, detector: NoveltyDetector | None = None
) -> Verdict:
    """Read a drawing and decide what it shows.

    Args:
        model: any model.
        drawing: as `prepare_drawing` returns it; None is blank.
        detector: fitted to the training digits; without one, similarity to them is not asked for.
    """
    if drawing is None:
        return Verdict(Kind.BLANK, torch.full((CLASSES,), 1 / CLASSES))
    preprocessed = preprocess(drawing.centred[None], model.preprocessing)  # (1, 28, 28)
    probabilities = model.logits(preprocessed).softmax(dim=1)[0]
    neighbours = detector.neighbours(drawing.centred) if detector else None
    unlike = detector is not None and neighbours is not None and neighbours.similarity < detector.threshold
    return Verdict(_kind(drawing.cropped, unlike, probabilities), probabilities, preprocessed[0], neighbours)


def _kind(cropped: Tensor, unlike: bool, probabilities: Tensor) -> Kind:
    box = turned_box(cropped)
    if is_bar(cropped, box):
        unlike = abs(box.angle) > MAX_ANGLE
    else:
        length, fill = stroke_length(cropped), float(cropped.float().mean()) / 255
        aspect = min(cropped.shape) / max(cropped.shape)
        if fill > DOT_FILL and length < DOT_STROKE and aspect > DOT_ASPECT:
            return Kind.DOT
        if length > MAX_STROKE or (unlike and (length > SCRIBBLE_STROKE or fill > SCRIBBLE_FILL)):
            return Kind.SCRIBBLE
        unlike = unlike or _pieces(cropped) > MAX_PIECES
    if knows_nothing(probabilities):
        return Kind.UNTRAINED
    if unlike:
        return Kind.UNLIKE
    first, second = probabilities.topk(2).values
    return Kind.CLOSE if first < CLOSE_RATIO * second else Kind.CLEAR


def _pieces(cropped: Tensor) -> int:
    """Count the pieces that the ink falls into, without specks."""
    if max(cropped.shape) <= BOX:  # as small as MNIST's digits, it has gaps that the pen did not leave
        return 1
    step = max(1, max(cropped.shape) // PIECES_SIDE)
    sizes = connected_components(cropped[::step, ::step] > INK).flatten().bincount()[1:]
    return int((sizes >= SPECK * sizes.sum()).sum())
