"""The digit among the pieces of ink: what lies around or beside it is left out, other digits are named."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from benchmarks.strokes import Stroke, draw
from mnist_core.preprocessing.scene import choose_digit, cut_off
from mnist_core.preprocessing.shape import Pieces

SEVEN: Stroke = [(110, 100), (160, 100), (130, 180)]
SQUARE: Stroke = [(60, 60), (220, 60), (220, 220), (60, 220), (60, 60)]
ZERO: Stroke = [
    (140, 60),
    (100, 90),
    (90, 140),
    (110, 200),
    (140, 215),
    (180, 190),
    (190, 130),
    (170, 75),
    (140, 60),
]


def _mask(*boxes: tuple[int, int, int, int]) -> Tensor:
    """Full boxes, each from a top left to a bottom right pixel, in 40 x 40."""
    mask = torch.zeros(40, 40, dtype=torch.bool)
    for top, left, bottom, right in boxes:
        mask[top : bottom + 1, left : right + 1] = True
    return mask


def _drawn(*strokes: Stroke, width: float = 10) -> Tensor:
    return torch.from_numpy(255 - draw(list(strokes), width=width)[..., 0]).float()


def _digit(ink: Tensor) -> Tensor:
    choice = choose_digit(ink, ink > 0)
    assert choice is not None
    return choice.digit


@pytest.mark.parametrize(
    ("other", "belongs"),
    [
        ((22, 10, 24, 19), True),  # 2 below the main piece, whose longer side is 10 + 1
        ((24, 10, 25, 19), False),  # 4 below
        ((23, 10, 23, 10), False),  # too little ink
        ((12, 22, 14, 27), True),  # at its right
        ((26, 30, 33, 38), False),
    ],
)
def test_a_piece_belongs_to_the_largest_if_it_is_near_and_not_a_speck(
    other: tuple[int, int, int, int], belongs: bool
) -> None:
    main = (10, 10, 20, 20)
    found = _digit(_mask(main, other).float())
    assert torch.equal(found, _mask(main, other) if belongs else _mask(main))


def test_ink_counts_for_more_than_pixels() -> None:
    mask, ink = _mask((5, 5, 8, 8), (20, 20, 30, 30)), torch.ones(40, 40)
    ink[:10, :10] = 100
    choice = choose_digit(ink, mask)
    assert choice is not None
    assert torch.equal(choice.digit, _mask((5, 5, 8, 8)))


@pytest.mark.parametrize(
    "around",
    [[SQUARE], [[(20, 30), (20, 250)]], [SQUARE, [(250, 10), (250, 300)]], [[(240, 100), (242, 100)]]],
    ids=["box", "pen", "box and pen over the edge", "speck"],
)
def test_outlines_objects_and_specks_are_left_out(around: Sequence[Stroke]) -> None:
    assert torch.equal(_digit(_drawn(SEVEN, *around)), _drawn(SEVEN) > 0)


@pytest.mark.parametrize(
    "strokes",
    [[ZERO], [ZERO, [(140, 137), (140, 139)]], [ZERO, [(125, 170), (150, 105)]], [[(140, 20), (140, 260)]]],
    ids=["0", "dotted 0", "slashed 0", "1"],
)
def test_a_zero_is_no_outline_and_a_one_is_no_pen(strokes: Sequence[Stroke]) -> None:
    first = _drawn(strokes[0]) > 0
    assert bool((_digit(_drawn(*strokes)) & first).sum() == first.sum())


@pytest.mark.parametrize("gap", [8, 80])
def test_digits_side_by_side_are_several_and_the_larger_is_read(gap: int) -> None:
    other: Stroke = [(180 + gap, 104), (176 + gap, 176)]
    ink = _drawn(SEVEN, other)
    choice = choose_digit(ink, ink > 0)
    assert choice is not None
    assert torch.equal(choice.digit, _drawn(SEVEN) > 0)
    assert torch.equal(choice.others, _drawn(other) > 0)


@pytest.mark.parametrize(
    ("strokes", "kept"),
    [
        ([[(-20, 100), (160, 100), (130, 180)]], True),  # a seven that leaves the picture
        ([[(-20, 100), (160, 100), (130, 180)], [(200, 250), (250, 270)]], False),  # with much ink elsewhere
        ([[(0, -20), (0, 300)]], False),  # a shadow at the left
        ([[(-20, 3), (283, 3), (277, 300)], SEVEN], False),  # the edges of a sheet
        ([[(-20, 100), (140, 60), (140, 300)], [(140, -20), (140, 50)]], True),  # a four that fills it
    ],
)
def test_ink_at_the_border_is_kept_if_it_is_nearly_all_and_written(
    strokes: Sequence[Stroke], kept: bool
) -> None:
    ink = _drawn(*strokes)
    pieces = Pieces(ink, ink > 0)
    assert bool(cut_off(pieces)[pieces.cut].any()) is not kept
