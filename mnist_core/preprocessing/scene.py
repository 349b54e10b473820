"""Which of the pieces of ink in a picture are the digit, and which lie around and beside it."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from mnist_core.preprocessing.shape import Pieces, holes_of, is_bar, stroke_length, turned_box

# A piece belongs to the digit if its ink is this share of the largest piece's, and the gap between them this
# share of the digit's longer side.
PIECE, GAP = 0.05, 0.25
LOOKED_AT = 8  # pieces, those with the most ink
# An outline encloses this share of its box and something of this share of its own side, with a gap all round.
ENCLOSED, INSIDE, SEAL = 0.55, 0.2, 5  # pixels that a gap in an outline may have
ROUND = 0.85  # of width to height: a narrower ring around a straight stroke is a 0 with a stroke through it
OBJECT = 1.5  # longer than all that is beside it by this factor, a straight thing is a pen and no 1
OTHER = 0.15  # of the object's ink: what is beside it has more, or is a speck
MAX_WIDTH = 0.3  # of its longer side: what is wider is not written with a pen
# Another digit has this share of the digit's ink and longer side. Side by side, two are as tall as each other
# and a gap of this share of the taller one's height lies between them.
# A digit at the border has all the ink but for this share of its own; if it touches three sides, for this.
APART, ENCLOSED_INK = 0.1, 0.02
ALONG = 0.5  # of its longer side: more of a shadow lies at the border
OTHER_INK, OTHER_SIDE, AS_TALL, BESIDE = 0.3, 0.5, 0.75, 0.04


class Choice(NamedTuple):
    """The pieces of a picture, all (h, w) bool.

    Attributes:
        digit: the digit that is to be read.
        others: other digits.
        rest: what is neither.
        cut: whether the border of the picture cuts the digit.
    """

    digit: Tensor
    others: Tensor
    rest: Tensor
    cut: bool


def choose_digit(ink: Tensor, mask: Tensor) -> Choice | None:
    """Choose the digit among the pieces of a mask, (h, w) bool; `ink` is (h, w) float32. None without any."""
    if not mask.any():
        return None
    pieces = Pieces(ink, mask)
    weights = pieces.ink.clone()
    for one in _largest(weights):
        if _is_outline(pieces, one, weights):
            weights[one] = 0
    for one in _largest(weights):
        if _is_object(pieces, one, weights):
            weights[one] = 0
    main = int(weights.argmax())
    if weights[main] <= 0:
        return None
    side = pieces.sides()[main]
    belongs = (pieces.gap_to(main) <= GAP * side) & (weights >= PIECE * weights[main])
    similar = (weights >= OTHER_INK * weights[main]) & (pieces.sides() >= OTHER_SIDE * side)
    others = torch.zeros_like(belongs)
    for one in _largest(weights * similar):
        if (
            one != main
            and _is_written(pieces, one)
            and (not belongs[one] or pieces.beside(main, one, AS_TALL, BESIDE))
        ):
            others[one], belongs[one] = True, False
    belongs[0] = False
    rest = ~(belongs | others)
    rest[0] = False
    cut = bool((pieces.cut & belongs).any())
    return Choice(belongs[pieces.labels], others[pieces.labels], rest[pieces.labels], cut)


def cut_off(pieces: Pieces) -> Tensor:
    """Tell which pieces the border cuts and which are not the digit, (pieces + 1,) bool.

    The one with the most ink may be a digit that reaches the border, if it is written with a pen and no other
    ink lies apart from it. The edges of a sheet of paper surround the ink instead.
    """
    cut = pieces.cut.clone()
    main = int(pieces.ink.argmax())
    if not cut[main] or not _is_written(pieces, main) or _lies_along(pieces, main):
        return cut
    if _is_object(pieces, main, pieces.ink):
        return cut
    near = pieces.gap_to(main) <= GAP * pieces.sides()[main]
    surrounds = int(pieces.touched[main]) >= 3
    apart = ~cut & (pieces.ink >= (ENCLOSED_INK if surrounds else APART) * pieces.ink[main])
    if bool((apart & (surrounds | ~near)).any()):
        return cut
    return cut & ~near


def _largest(weights: Tensor) -> list[int]:
    values, indices = weights.topk(min(LOOKED_AT, len(weights)))
    return [one for one, value in zip(indices.tolist(), values.tolist(), strict=True) if value > 0]


def _lies_along(pieces: Pieces, one: int) -> bool:
    """Tell whether a piece lies along the border, like a shadow; a digit that fills it reaches all sides."""
    labels = pieces.labels
    contact = max(int((edge == one).sum()) for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]))
    return int(pieces.touched[one]) < 4 and contact >= ALONG * int(pieces.sides()[one])


def _is_written(pieces: Pieces, one: int) -> bool:
    """Tell whether a piece is made of strokes: narrow in comparison with its length."""
    own = pieces.cropped(one)
    side = max(own.shape)
    length = stroke_length(255 * own.to(torch.uint8)) * side
    return float(own.sum()) <= MAX_WIDTH * length * side


def _is_outline(pieces: Pieces, one: int, weights: Tensor) -> bool:
    """Tell whether a piece is a thin closed line around other ink, with a gap all round."""
    own = pieces.cropped(one)
    sealed = F.max_pool2d(F.pad(own, (SEAL,) * 4)[None].float(), SEAL, stride=1, padding=SEAL // 2)[0] > 0
    holes = holes_of(sealed)[SEAL:-SEAL, SEAL:-SEAL]
    sizes = holes.flatten().bincount()[1:]
    if not len(sizes) or int(sizes.max()) < ENCLOSED * own.numel():
        return False
    inner = pieces.in_box(one)[holes == int(sizes.argmax()) + 1].unique()
    inner = inner[(inner != 0) & (inner != one)]
    if not len(inner):
        return False
    largest = int(inner[weights[inner].argmax()])
    if weights[largest] <= 0 or pieces.sides()[largest] < INSIDE * max(own.shape):
        return False
    straight = 255 * pieces.cropped(largest).to(torch.uint8)
    narrow = own.shape[1] < ROUND * own.shape[0]
    return not (narrow and is_bar(straight, turned_box(straight)))


def _is_object(pieces: Pieces, one: int, weights: Tensor) -> bool:
    """Tell whether a piece is straight and longer than what is beside it, as a pen or the edge of a sheet."""
    others = (weights >= OTHER * weights[one]).clone()
    others[0] = others[one] = False
    if not others.any():
        return False
    own = 255 * pieces.cropped(one).to(torch.uint8)
    longest = int(pieces.sides()[others].max())
    longer = bool(pieces.cut[one]) or max(own.shape) > OBJECT * longest
    return longer and is_bar(own, turned_box(own))
