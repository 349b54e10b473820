"""Decide what a drawing shows: one digit, one of two that are close, or not a digit at all."""

from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor

from mnist_core.inference.novelty import Neighbours, NoveltyDetector
from mnist_core.model import CLASSES, SoftmaxRegressor, knows_nothing, rank_digits
from mnist_core.preprocessing.drawing import BOX, PreparedDrawing, prepare_drawing
from mnist_core.preprocessing.preprocess import preprocess
from mnist_core.preprocessing.scene import choose_digit
from mnist_core.preprocessing.shape import (
    closed,
    connected_components,
    holes_of,
    is_bar,
    stroke_length,
    turned_box,
    without_dots,
)

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
SURE = 0.9  # a digit like those that were learned and read as surely as this is one, whatever its pieces


class Kind(StrEnum):
    """What a drawing turned out to be."""

    BLANK = "blank"
    DOT = "dot"
    SCRIBBLE = "scribble"
    DIVERGED = "diverged"  # the model's weights have grown without limit: it predicts nan
    UNTRAINED = "untrained"  # the model knows nothing yet: all ten digits are equally likely
    UNLIKE = "unlike"  # not similar to any training digit, in many pieces, or a level stroke
    SEVERAL = "several"  # rejected, and it is written in pieces that stand side by side
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
        rival: the other digit of a close call, where the shape names one and not the probabilities.
    """

    kind: Kind
    probabilities: Tensor
    preprocessed: Tensor | None = None
    neighbours: Neighbours | None = None
    rival: int | None = None

    @property
    def digit(self) -> int:
        """The likeliest digit."""
        return int(rank_digits(self.probabilities)[0])

    @property
    def runner_up(self) -> int:
        """The second likeliest digit, or the one that the shape names."""
        return int(rank_digits(self.probabilities)[1]) if self.rival is None else self.rival


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
    alike = None
    if detector is not None and neighbours is not None:
        alike = neighbours.similarity >= detector.threshold or _alike_without_dots(drawing, detector)
    kind = _kind(drawing.cropped, alike, probabilities)
    first, rival = int(rank_digits(probabilities)[0]), None
    if neighbours and neighbours.slashed_zero and kind in (Kind.CLEAR, Kind.CLOSE) and first != 0:
        kind, rival = Kind.CLOSE, 0  # the model has seen no 0 with a stroke through it, and takes it for an 8
    elif kind in (Kind.UNLIKE, Kind.SCRIBBLE) and _are_several(drawing.cropped):
        kind = Kind.SEVERAL
    return Verdict(kind, probabilities, preprocessed[0], neighbours, rival)


def _alike_without_dots(drawing: PreparedDrawing, detector: NoveltyDetector) -> bool:
    """Tell whether it is like the training digits but for a dot, as a palm leaves it on the board."""
    rest = without_dots(drawing.cropped)
    prepared = None if rest is None else prepare_drawing(rest)
    return prepared is not None and detector.neighbours(prepared.centred).similarity >= detector.threshold


def _kind(cropped: Tensor, alike: bool | None, probabilities: Tensor) -> Kind:
    """Decide what the ink, (h, w) uint8, is; `alike` is whether it is like the training digits, if asked."""
    first, second = probabilities.topk(2).values
    box = turned_box(cropped)
    unlike = alike is False
    if is_bar(cropped, box):
        unlike = abs(box.angle) > MAX_ANGLE
    else:
        length, fill = stroke_length(cropped), float(cropped.float().mean()) / 255
        aspect = min(cropped.shape) / max(cropped.shape)
        if fill > DOT_FILL and length < DOT_STROKE and aspect > DOT_ASPECT:
            return Kind.DOT
        # Likeness goes first: in a scan of few pixels, or a stroke shaded with a pencil, there are more edges
        # and pieces than the pen left. What is long without these, or lies within a ring, still counts.
        mask = _mask(cropped)
        face = _encloses_ink(mask)
        mask = mask if face else closed(mask)
        trusted = alike and first >= SURE and not face
        if trusted:
            length = min(length, stroke_length(_largest_piece(mask)))
        if length > MAX_STROKE or (unlike and (length > SCRIBBLE_STROKE or fill > SCRIBBLE_FILL)):
            return Kind.SCRIBBLE
        unlike = unlike or (not trusted and _pieces(mask) > MAX_PIECES)
    if probabilities.isnan().any():
        return Kind.DIVERGED
    if knows_nothing(probabilities):
        return Kind.UNTRAINED
    if unlike:
        return Kind.UNLIKE
    return Kind.CLOSE if first < CLOSE_RATIO * second else Kind.CLEAR


def _are_several(cropped: Tensor) -> bool:
    """Tell whether the ink, (h, w) uint8, looks like several digits: pieces of a similar size, apart."""
    mask = _mask(cropped)
    choice = choose_digit(mask.float(), mask)
    return choice is not None and bool(choice.others.any())


def _mask(cropped: Tensor) -> Tensor:
    """Find the ink, (h, w) uint8, with 100 to 200 pixels in the longer side, or as many as there are."""
    step = max(1, max(cropped.shape) // PIECES_SIDE)
    return cropped[::step, ::step] > INK


def _pieces(mask: Tensor) -> int:
    """Count the pieces that a mask falls into, without specks."""
    if max(mask.shape) <= BOX:  # as small as MNIST's digits, it has gaps that the pen did not leave
        return 1
    sizes = connected_components(mask).flatten().bincount()[1:]
    return int((sizes >= SPECK * sizes.sum()).sum())


def _largest_piece(mask: Tensor) -> Tensor:
    """Return the largest piece of a mask, as (h, w) uint8 ink."""
    pieces = connected_components(mask)
    sizes = pieces.flatten().bincount()
    sizes[0] = 0
    return 255 * (pieces == int(sizes.argmax())).to(torch.uint8)


def _encloses_ink(mask: Tensor) -> bool:
    """Tell whether more than specks of a mask's ink lie within a ring, like the eyes of a face."""
    ring = _largest_piece(mask) > 0
    rest, least = mask & ~ring, SPECK * int(mask.sum())
    return int(rest.sum()) >= least and int((rest & (holes_of(ring) > 0)).sum()) >= least
