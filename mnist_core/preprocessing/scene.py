"""Which of the pieces of ink in a picture are the digit, and which lie around and beside it."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from mnist_core.preprocessing.shape import Pieces, is_bar, stroke_length, turned_box

# A piece belongs to the digit if its ink is this share of the largest piece's, and the gap between them this
# share of the digit's longer side.
PIECE, GAP = 0.05, 0.25
LOOKED_AT = 8  # pieces, those with the most ink
# An outline is seen from what it surrounds in this share of all directions, which has this share of the room
# in it; the line is at most so wide, likewise.
DIRECTIONS, AROUND, INSIDE, MAX_LINE = 72, 0.7, 0.3, 0.12
ROUND = 0.85  # of width to height: a narrower ring around a straight stroke is a 0 with a stroke through it
OBJECT = 1.5  # longer than all that is beside it by this factor, a straight thing is a pen and no 1
SLIM = 4  # times as long as wide: no digit but a 1 is
OTHER = 0.2  # of the object's length: what is beside it is longer, or a speck
WIDER = 1.5  # times: an object is wider than the strokes of a digit
NEAR = 0.1  # of the digit's longer side: a stroke of its own is as near
MAX_ANGLE = 50  # degrees that a straight stroke may lean and be a 1
UNLIKELY = 0.5  # so much counts the ink of what is straight or a dot, when the digit is chosen
DOT_ASPECT, DOT_FILL = 0.6, 0.6  # of a dot: its sides, and the share of its box
MAX_WIDTH = 0.3  # of its longer side: what is wider is not written with a pen
# Another digit has this share of the digit's ink and longer side. Side by side, two are as tall as each other
# and a gap of this share of the taller one's height lies between them.
# A digit at the border has all the ink but for this share of its own; what covers so much of two sides of the
# picture, for this.
APART, COVERED, ENCLOSED_INK = 0.1, 0.3, 0.02
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
    main = _likeliest(pieces, weights)
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
    if not cut[main] or not may_be_cut(pieces, main) or _is_object(pieces, main, pieces.ink):
        return cut
    near = pieces.gap_to(main) <= GAP * pieces.sides()[main]
    surrounds = _surrounds_paper(pieces, main)
    apart = ~cut & (pieces.ink >= (ENCLOSED_INK if surrounds else APART) * pieces.ink[main])
    if bool((apart & (surrounds | ~near)).any()):
        return cut
    return cut & ~near


def may_be_cut(pieces: Pieces, one: int) -> bool:
    """Tell whether a piece looks like a digit that the border cuts: written with a pen, not along it."""
    return _is_written(pieces, one) and not _lies_along(pieces, one)


def _surrounds_paper(pieces: Pieces, one: int) -> bool:
    """Tell whether a piece reaches three sides of the picture, and covers much of two of them."""
    lengths = [float((edge == one).float().mean()) for edge in pieces.edges()]
    return int(pieces.touched[one]) >= 3 and sorted(lengths)[-2] >= COVERED


def _likeliest(pieces: Pieces, weights: Tensor) -> int:
    """Choose the piece with the most ink, of two with about as much the one that is not straight."""

    def score(one: int) -> float:
        simple = is_straight(pieces, one) or _is_dot(pieces, one)
        return float(weights[one]) * (UNLIKELY if simple else 1)

    return max(_largest(weights), key=score, default=0)


def _largest(weights: Tensor) -> list[int]:
    values, indices = weights.topk(min(LOOKED_AT, len(weights)))
    return [one for one, value in zip(indices.tolist(), values.tolist(), strict=True) if value > 0]


def _lies_along(pieces: Pieces, one: int) -> bool:
    """Tell whether a piece lies along the border, like a shadow; a digit that fills it reaches all sides."""
    contact = max(int((edge == one).sum()) for edge in pieces.edges())
    return int(pieces.touched[one]) < 4 and contact >= ALONG * int(pieces.sides()[one])


def _is_written(pieces: Pieces, one: int) -> bool:
    """Tell whether a piece is made of strokes: narrow in comparison with its length."""
    own = pieces.cropped(one)
    side = max(own.shape)
    length = stroke_length(255 * own.to(torch.uint8)) * side
    return float(own.sum()) <= MAX_WIDTH * length * side


def _is_outline(pieces: Pieces, one: int, weights: Tensor) -> bool:
    """Tell whether a piece is a thin line around other ink, with a gap all round; the line may be open."""
    inner = next((other for other in _largest(weights) if other != one and _surrounds(pieces, one, other)), 0)
    if not inner or _is_dot(pieces, inner) or int(pieces.sides()[inner]) < INSIDE * _room(pieces, one, inner):
        return False
    own, straight = pieces.cropped(one), 255 * pieces.cropped(inner).to(torch.uint8)
    if _width(pieces, one) > MAX_LINE * _room(pieces, one, inner):
        return False
    narrow = own.shape[1] < ROUND * own.shape[0]
    return not (narrow and is_bar(straight, turned_box(straight)))


def _is_object(pieces: Pieces, one: int, weights: Tensor) -> bool:
    """Tell whether a piece is straight and longer than what is beside it, as a pen or the edge of a sheet."""
    if not is_straight(pieces, one):
        return False
    sides = pieces.sides()
    own = int(sides[one])
    others = [
        other
        for other in _largest(weights)
        if other != one and sides[other] >= OTHER * own and _may_be_beside(pieces, one, other)
    ]
    if not others:
        return False
    longest = max(int(sides[other]) for other in others)
    # A stroke of the digit itself may be as long: near the rest of it, and about as wide.
    near = bool((pieces.gap_to(one)[others] <= NEAR * longest).any())
    width = _width(pieces, max(others, key=lambda other: int(sides[other])))
    apart = not near or _width(pieces, one) > WIDER * width
    if pieces.cut[one]:
        return own > longest or apart
    return own > OBJECT * longest and apart


def _may_be_beside(pieces: Pieces, one: int, other: int) -> bool:
    """Tell whether the other piece may be a digit, beside an object: no dot, underline or second object."""
    if _is_dot(pieces, other):
        return False
    straight = 255 * pieces.cropped(other).to(torch.uint8)
    sides = pieces.sides()
    upright = abs(turned_box(straight).angle) <= MAX_ANGLE
    return not is_straight(pieces, other) or (upright and OBJECT * int(sides[other]) < int(sides[one]))


def is_straight(pieces: Pieces, one: int) -> bool:
    """Tell whether a piece is a straight stroke, or as slim as one."""
    own = 255 * pieces.cropped(one).to(torch.uint8)
    box = turned_box(own)
    return box.length >= SLIM * box.width or is_bar(own, box)


def _is_dot(pieces: Pieces, one: int) -> bool:
    own = pieces.cropped(one)
    return min(own.shape) >= DOT_ASPECT * max(own.shape) and float(own.float().mean()) >= DOT_FILL


def _width(pieces: Pieces, one: int) -> float:
    """Measure how wide the strokes of a piece are, in pixels."""
    own = pieces.cropped(one)
    return float(own.sum()) / (stroke_length(255 * own.to(torch.uint8)) * max(own.shape))


def _room(pieces: Pieces, one: int, inner: int) -> int:
    """Measure the longer side of the room that a piece leaves around another one, in pixels."""
    top, left, bottom, right = pieces.box(inner)
    middle = (top + bottom) // 2, (left + right) // 2
    across = (pieces.labels[middle[0]] == one).nonzero().flatten() - middle[1]
    down = (pieces.labels[:, middle[1]] == one).nonzero().flatten() - middle[0]
    spans = [
        int(line[line > 0].min() - line[line < 0].max())
        for line in (across, down)
        if (line > 0).any() and (line < 0).any()
    ]
    return max(spans, default=max(pieces.cropped(one).shape))


def _surrounds(pieces: Pieces, one: int, inner: int) -> bool:
    """Tell whether another piece lies within the box of one, which is seen from it in most directions."""
    top, left, bottom, right = pieces.box(one)
    inside = pieces.box(inner)
    if not (top < inside[0] and left < inside[1] and inside[2] < bottom and inside[3] < right):
        return False
    y, x = (pieces.cropped(one)).nonzero(as_tuple=True)
    across = x + left - (inside[1] + inside[3]) / 2
    down = y + top - (inside[0] + inside[2]) / 2
    turns = torch.atan2(down, across) / (2 * math.pi) + 0.5
    return int((turns * DIRECTIONS).long().unique().numel()) >= AROUND * DIRECTIONS
