"""Measures of shape against drawings whose measures are known, and pieces against flooding."""

import math

import pytest
import torch
from torch import Tensor

from benchmarks.strokes import Stroke, draw
from mnist_core import Digits
from mnist_core.preprocessing.drawing import ink_of, prepare_drawing
from mnist_core.preprocessing.shape import (
    Pieces,
    closed,
    connected_components,
    holes_of,
    is_bar,
    stroke_length,
    turned_box,
    without_dots,
)

RING: Stroke = [(140 + 80 * math.cos(k / 20), 140 + 80 * math.sin(k / 20)) for k in range(127)]


def _cropped(*strokes: Stroke, width: float = 20) -> Tensor:
    drawing = prepare_drawing(ink_of(draw(list(strokes), width=width)))
    assert drawing is not None
    return drawing.cropped


def _leaning(degrees: float, length: float = 160) -> Stroke:
    """A stroke through the middle of the board; it leans to the right for a positive angle."""
    x, y = (length / 2 * part(math.radians(degrees)) for part in (math.sin, math.cos))
    return [(140 - x, 140 + y), (140 + x, 140 - y)]


@pytest.mark.parametrize(
    ("stroke", "sides"),
    [
        ([(40, 140), (240, 140)], 1),  # along its box
        ([(60, 60), (220, 220)], math.sqrt(2)),  # across it
        (RING, math.pi),
        ([(40, 40), (240, 40), (240, 240), (40, 240), (40, 40)], 4),
    ],
    ids=["bar", "diagonal", "ring", "square"],
)
def test_the_stroke_length_is_measured_in_sides_of_the_box(stroke: Stroke, sides: float) -> None:
    assert stroke_length(_cropped(stroke, width=6)) == pytest.approx(sides, rel=0.06)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (30, 30), (30, 12), (9, 100)])
def test_the_box_of_a_rectangle_is_the_rectangle(height: int, width: int) -> None:
    box = turned_box(torch.full((height, width), 255, dtype=torch.uint8))
    assert (box.length, box.width) == pytest.approx((max(height, width), min(height, width)), rel=1e-4)
    assert box.solidity == pytest.approx(1, rel=1e-4)
    if height != width:
        assert abs(box.angle) == pytest.approx(0 if height > width else 90, abs=0.01)


@pytest.mark.parametrize("degrees", [-80, -45, -20, 0, 15, 45, 70, 89])
def test_the_angle_of_a_stroke_is_how_far_it_leans_to_the_right(degrees: float) -> None:
    assert turned_box(_cropped(_leaning(degrees))).angle == pytest.approx(degrees, abs=1)


@pytest.mark.parametrize("width", [8, 20, 40])
@pytest.mark.parametrize("degrees", [0, 30, 90])
def test_one_straight_stroke_is_a_bar_at_any_size(degrees: float, width: float) -> None:
    for length in (width, 60, 120, 200):
        cropped = _cropped(_leaning(degrees, length), width=width)
        assert is_bar(cropped, turned_box(cropped))


@pytest.mark.parametrize(
    "strokes",
    [
        [RING],
        [[(140.0, 140.0)]],
        [[(100.0, 40.0), (100.0, 240.0), (180.0, 240.0)]],  # an L
        [[(140.0, 40.0), (140.0, 240.0)], [(60.0, 140.0), (220.0, 140.0)]],  # a plus
        [[(110.0, 30.0), (170.0, 30.0), (170.0, 130.0), (110.0, 130.0), (110.0, 230.0), (170.0, 230.0)]],
    ],
    ids=["ring", "dot", "L", "plus", "bends"],
)
@pytest.mark.parametrize("width", [8, 20])
def test_other_strokes_are_not(strokes: list[Stroke], width: float) -> None:
    cropped = _cropped(*strokes, width=width)
    assert not is_bar(cropped, turned_box(cropped))


@pytest.mark.slow
def test_nearly_all_ones_of_mnist_are_bars_and_hardly_any_other_digit(sample: Digits) -> None:
    bars = []
    for image in sample.train.images:
        drawing = prepare_drawing(image)
        assert drawing is not None
        bars.append(is_bar(drawing.cropped, turned_box(drawing.cropped)))
    is_one = sample.train.labels == 1
    assert float(torch.tensor(bars)[is_one].float().mean()) > 0.9
    assert float(torch.tensor(bars)[~is_one].float().mean()) < 0.01


def _filled(mask: Tensor) -> Tensor:
    """Number the components by flooding each from its first pixel."""
    labels, count = torch.zeros(mask.shape, dtype=torch.int64), 0
    for start in mask.nonzero().tolist():
        if labels[*start]:
            continue
        count += 1
        flooded = [start]
        while flooded:
            y, x = flooded.pop()
            if 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1] and mask[y, x] and not labels[y, x]:
                labels[y, x] = count
                flooded += [[y + dy, x + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return labels


@pytest.mark.parametrize("share", [0.1, 0.3, 0.4, 0.6, 1.0])
@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (23, 31)])
def test_random_pixels_fall_into_the_pieces_that_flooding_finds(shape: tuple[int, int], share: float) -> None:
    for seed in range(10):
        mask = torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < share
        assert torch.equal(connected_components(mask), _filled(mask))


def test_arms_that_meet_far_below_are_one_piece() -> None:
    comb = torch.zeros(20, 41, dtype=torch.bool)
    comb[:, ::2] = True
    assert int(connected_components(comb).max()) == 21
    comb[-1] = True
    assert int(connected_components(comb).max()) == 1


def test_an_empty_mask_has_no_piece() -> None:
    assert not connected_components(torch.zeros(5, 7, dtype=torch.bool)).any()


def _mask(*boxes: tuple[int, int, int, int]) -> Tensor:
    """Full boxes, each from a top left to a bottom right pixel, in 40 x 40."""
    mask = torch.zeros(40, 40, dtype=torch.bool)
    for top, left, bottom, right in boxes:
        mask[top : bottom + 1, left : right + 1] = True
    return mask


def test_a_piece_is_cut_if_it_reaches_the_border() -> None:
    mask = _mask((0, 5, 3, 7), (10, 10, 12, 12), (20, 37, 22, 39))
    pieces = Pieces(torch.ones(40, 40), mask)
    assert pieces.cut.tolist() == [False, True, False, True]
    assert pieces.ink.tolist() == [0, 12, 9, 9]


def test_holes_are_what_a_mask_encloses_and_a_diagonal_keeps_them_closed() -> None:
    rows = ["..#..", ".#.#.", "#...#", ".#.#.", "..##.", "..##."]
    mask = torch.tensor([[pixel == "#" for pixel in row] for row in rows])
    holes = holes_of(mask)
    assert int(holes.max()) == 1
    assert int((holes > 0).sum()) == 5


def test_gaps_narrower_than_a_stroke_are_closed_and_wider_ones_are_not() -> None:
    mask = torch.zeros(60, 60, dtype=torch.bool)
    mask[10:50, 20:28] = True
    mask[20:23] = mask[32:46] = False
    parts = [int(connected_components(m).max()) for m in (mask, closed(mask))]
    assert parts == [3, 2]
    assert not closed(mask)[34:44].any()


def test_a_round_dot_that_lies_apart_is_left_out() -> None:
    ink = torch.zeros(100, 100, dtype=torch.uint8)
    ink[20:90, 40:50] = 255
    assert without_dots(ink) is None
    dotted = ink.clone()
    dotted[5:16, 80:91] = 255
    rest = without_dots(dotted)
    assert rest is not None
    assert torch.equal(rest, ink)
