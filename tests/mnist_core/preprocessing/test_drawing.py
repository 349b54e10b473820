"""From a canvas to an image: against Pillow, MNIST's digits, and itself on changed canvases."""

import math
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.strokes import CANVAS, Stroke, draw, place, read_pen_digits
from mnist_core import Digits, Preprocessing, SoftmaxRegressor, TrainingConfig, predict_proba, train
from mnist_core.preprocessing.drawing import (
    USUAL,
    PreparedDrawing,
    image_from_canvas,
    ink_of,
    prepare_drawing,
    shrink,
    thin_strokes,
)
from mnist_core.preprocessing.shape import connected_components

Canvas = NDArray[np.uint8]
Colour = tuple[int, int, int, int]

BLACK, WHITE, CLEAR = (0, 0, 0, 255), (255, 255, 255, 255), (0, 0, 0, 0)
COLOURS = [
    pytest.param(BLACK, WHITE, id="black on white"),
    pytest.param(WHITE, BLACK, id="white on black"),
    pytest.param(BLACK, CLEAR, id="black on transparent"),
    pytest.param(WHITE, CLEAR, id="white on transparent"),
    pytest.param((200, 30, 30, 255), (30, 60, 90, 255), id="red on blue"),
    pytest.param((255, 255, 0, 255), WHITE, id="yellow on white"),
    pytest.param((0, 120, 0, 255), (255, 255, 255, 0), id="green on transparent white"),
    pytest.param(CLEAR, (90, 90, 90, 255), id="a hole in grey"),
]


def paint(coverage: NDArray[np.float64], colour: Colour = BLACK, background: Colour = WHITE) -> Canvas:
    """Paint ink, 0..1, and blend as a browser does, with premultiplied colours."""
    over, under = (np.array([*(c * a / 255 for c in rgb), a]) for *rgb, a in (colour, background))
    mixed = coverage[:, :, None] * over + (1 - coverage[:, :, None]) * under
    alpha = mixed[:, :, 3:]
    straight = np.divide(mixed[:, :, :3] * 255, alpha, out=np.zeros_like(mixed[:, :, :3]), where=alpha > 0)
    return np.concatenate((straight, alpha), axis=2).round().astype(np.uint8)


def seven(size: int, left: float = 0.3, top: float = 0.3) -> NDArray[np.float64]:
    """Draw an anti-aliased seven on a square canvas; its place is given as a share of the side."""
    drawn = Image.new("L", (4 * size, 4 * size))
    x, y, s = (4 * size * share for share in (left, top, 0.4))
    bar, stem, width = s / 6, s / 5, s * 2 / 3
    corners = [(x, y), (x + width, y), (x + width / 2, y + s), (x + width / 2 - stem, y + s)]
    corners += [(x + width - stem, y + bar), (x, y + bar)]
    ImageDraw.Draw(drawn).polygon(corners, fill=255)
    return np.asarray(drawn.reduce(4)) / 255


def centre_of_mass(image: torch.Tensor) -> list[float]:
    return [float(np.average(places, weights=image.numpy())) for places in np.indices(image.shape)]


def image_of(canvas: Canvas) -> torch.Tensor:
    image = image_from_canvas(canvas)
    assert image is not None
    return image


def prepared(canvas: Canvas) -> PreparedDrawing:
    drawing = prepare_drawing(ink_of(canvas))
    assert drawing is not None
    return drawing


def largest_difference(one: torch.Tensor, other: torch.Tensor) -> int:
    return int((one.int() - other.int()).abs().max())


@pytest.mark.parametrize(("colour", "background"), COLOURS)
def test_ink_is_found_in_any_colours(colour: Colour, background: Colour) -> None:
    coverage = seven(140)
    found = ink_of(paint(coverage, colour, background))
    assert np.abs(found.numpy() / 255 - coverage).max() < 0.04  # FAINT, and a channel that spans 165 levels


@pytest.mark.parametrize("colour", [BLACK, WHITE, CLEAR, (12, 200, 99, 255), (9, 8, 7, 100)])
def test_a_canvas_of_one_colour_is_blank(colour: Colour) -> None:
    assert image_from_canvas(paint(np.zeros((50, 70)), background=colour)) is None


def test_noise_too_faint_to_see_is_not_ink() -> None:
    noise = np.random.default_rng(0).integers(250, 256, (60, 60, 4), dtype=np.uint8)
    assert not ink_of(noise).any()
    assert prepare_drawing(ink_of(noise)) is None


@pytest.mark.parametrize(
    ("height", "width", "fitted"),
    [(100, 50, (20, 10)), (50, 100, (10, 20)), (77, 77, (20, 20)), (200, 1, (20, 1)), (3, 2, (20, 13))],
)
def test_the_stages_keep_the_aspect_ratio(height: int, width: int, fitted: tuple[int, int]) -> None:
    coverage = np.zeros((300, 220))
    coverage[40 : 40 + height, 60 : 60 + width] = 1
    coverage[46 : 34 + height, 66 : 54 + width] = 0  # a frame, because a filled box is one thick stroke
    stages = prepared(paint(coverage))
    assert stages.ink.shape == (300, 220)
    assert stages.cropped.shape == (height, width)
    assert stages.fitted.shape == fitted
    assert stages.centred.shape == (28, 28)
    assert {stage.dtype for stage in vars(stages).values()} == {torch.uint8}
    assert {int(stage.max()) for stage in (stages.ink, stages.cropped, stages.fitted)} == {255}


def test_fitting_agrees_with_resizing_by_pillow() -> None:
    stages = prepared(paint(seven(280)))
    height, width = stages.fitted.shape
    resized = Image.fromarray(stages.cropped.numpy()).resize((width, height), Image.Resampling.BILINEAR)
    assert largest_difference(stages.fitted, torch.from_numpy(np.array(resized))) <= 2


def test_shrinking_agrees_with_pillow() -> None:
    coverage = seven(280, left=0.1, top=0.5)
    resized = Image.fromarray((coverage * 255).astype(np.uint8)).resize((28, 28), Image.Resampling.BILINEAR)
    assert largest_difference(shrink(ink_of(paint(coverage))), torch.from_numpy(np.array(resized))) <= 2


def test_the_centre_of_mass_is_where_it_is_in_mnist() -> None:
    assert centre_of_mass(image_of(paint(seven(280)))) == pytest.approx([14, 14], abs=0.02)


def test_a_digit_of_mnist_hardly_moves(sample: Digits) -> None:
    for digit in sample.test.images[:50]:
        image = image_of(paint(digit.numpy() / 255))
        assert np.hypot(*np.subtract(centre_of_mass(digit), centre_of_mass(image))) < 1.1
        assert int(image.sum()) == pytest.approx(int(digit.sum()), rel=0.1)


@pytest.mark.parametrize("corner", [(0, 0), (0, 1), (1, 0), (1, 1), (0.3, 0.7)])
def test_the_place_on_the_canvas_does_not_matter(corner: tuple[float, float]) -> None:
    """At 0 and 1 the digit touches the edges."""
    coverage = seven(300)
    moved = coverage
    for axis, (share, places) in enumerate(zip(corner, coverage.nonzero(), strict=True)):
        room = len(coverage) - 1 - int(np.ptp(places))
        moved = np.roll(moved, round(share * room) - int(places.min()), axis)
    assert torch.equal(image_of(paint(moved)), image_of(paint(coverage)))


@pytest.mark.parametrize("size", [100, 150, 200, 400, 600, 900])
def test_the_size_of_the_canvas_hardly_matters(size: int) -> None:
    difference = image_of(paint(seven(size))).int() - image_of(paint(seven(280))).int()
    assert difference.abs().sum() < 0.04 * image_of(paint(seven(280))).sum()


def test_neither_the_pixel_density_of_the_screen_nor_a_wider_canvas_changes_the_image() -> None:
    coverage = seven(200)
    canvas, wide = paint(coverage), np.pad(coverage, ((0, 0), (150, 30)))
    dense = canvas.repeat(2, axis=0).repeat(2, axis=1)
    assert largest_difference(image_of(dense), image_of(canvas)) <= 2
    assert torch.equal(image_of(paint(wide)), image_of(canvas))


@pytest.mark.parametrize("turns", range(4))
def test_no_ink_is_cut_off_even_if_most_of_it_is_at_one_end(turns: int) -> None:
    """With its centre of mass in the middle, this drawing would reach beyond the edge."""
    coverage = np.full((200, 200), 0.05)
    coverage[:40, :40] = 1
    stages = prepared(paint(np.rot90(np.pad(coverage, 30), turns)))
    assert int(stages.centred.sum()) == pytest.approx(int(stages.fitted.sum()), rel=0.01)


def test_a_thin_line_keeps_its_full_ink() -> None:
    coverage = np.zeros((600, 600))
    coverage[50:550, 300] = 1
    stages = prepared(paint(coverage))
    assert stages.fitted.shape == (20, 1)
    assert int(stages.fitted.min()) == 255


def test_tensors_and_read_only_arrays_give_the_same_image_and_stay_unchanged() -> None:
    canvas = paint(seven(100))
    before = canvas.copy()
    canvas.setflags(write=False)
    tensor = torch.from_numpy(before.copy())
    drawing = prepare_drawing(ink_of(tensor))
    assert drawing is not None
    assert torch.equal(image_of(canvas), drawing.centred)
    assert np.array_equal(tensor.numpy(), before)


@pytest.mark.parametrize(
    "canvas",
    [
        np.zeros((28, 28), np.uint8),  # grey
        np.zeros((28, 28, 3), np.uint8),  # no alpha
        np.zeros((4, 28, 28), np.uint8),  # channels first
        np.zeros((28, 28, 4), np.float32),
        np.zeros((0, 28, 4), np.uint8),
        torch.zeros(1, 28, 28, 4, dtype=torch.uint8),  # a batch
    ],
)
def test_what_is_neither_a_canvas_nor_ink_is_refused(canvas: Canvas) -> None:
    for of_canvas in (image_from_canvas, ink_of):
        with pytest.raises(ValueError, match=r"expected a canvas of shape \(H, W, 4\) and dtype uint8"):
            of_canvas(canvas)
    ink = torch.as_tensor(canvas)[0] if np.ndim(canvas) == 2 else torch.as_tensor(canvas)
    for of_ink in (prepare_drawing, shrink):
        with pytest.raises(ValueError, match=r"expected ink of shape \(H, W\) and dtype uint8"):
            of_ink(ink)
    for wrong in (torch.zeros(28, 28), torch.zeros(0, 28, dtype=torch.uint8)):
        with pytest.raises(ValueError, match=r"expected ink of shape"):
            prepare_drawing(wrong)


# Thinning


def _ink(strokes: list[Stroke], width: float) -> torch.Tensor:
    drawing = prepare_drawing(ink_of(draw(strokes, width=width)))
    assert drawing is not None
    return drawing.cropped


def _ring(radius: float) -> list[Stroke]:
    return [[(140 + radius * math.cos(k / 20), 140 + radius * math.sin(k / 20)) for k in range(127)]]


def test_strokes_of_the_usual_width_stay_as_they_are() -> None:
    cropped = _ink(_ring(80), width=20)
    assert thin_strokes(cropped) is cropped


@pytest.mark.parametrize(("radius", "width"), [(40, 40), (30, 25), (20, 16), (90, 60)])
def test_a_thick_ring_becomes_a_ring_as_thin_as_mnists_strokes(radius: float, width: float) -> None:
    thinned = thin_strokes(_ink(_ring(radius), width)) > 127
    middle = thinned.shape[0] // 2
    across = thinned[middle].nonzero().flatten()
    side = int(across[-1] - across[0]) + 1
    stroke = int(thinned[middle, : thinned.shape[1] // 2].sum())
    assert stroke / side == pytest.approx(USUAL, abs=0.06)
    assert int(connected_components(thinned).max()) == 1
    assert not thinned[middle, middle]


@pytest.mark.parametrize("width", [10, 20, 40])
def test_a_short_thick_stroke_becomes_a_line(width: float) -> None:
    thinned = thin_strokes(_ink([[(140, 140), (140, 140 + 1.2 * width)]], width)) > 127
    height, across = (int(thinned.any(dim=axis).sum()) for axis in (1, 0))
    assert 0 < across / height < 0.35


@pytest.mark.parametrize("side", [1, 2, 21, 300])
def test_ink_never_vanishes(side: int) -> None:
    assert thin_strokes(torch.full((side, side), 255, dtype=torch.uint8)).max() > 127
    assert thin_strokes(torch.full((side, 1), 9, dtype=torch.uint8)).any()


@pytest.mark.slow
def test_small_pen_digits_are_read_better_than_with_their_thick_strokes(
    pen_digits: Path, sample: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, last = train(TrainingConfig(preprocessing=Preprocessing.MOMENTS, learning_rate=0.2), sample)
    digits = Random(1).sample(list(read_pen_digits(pen_digits)), 150)
    rng = Random(2)
    small = [ink_of(draw(place(digit, rng, size=120, width=40), width=40)) for digit in digits]
    labels = torch.tensor([digit.label for digit in digits])
    thinned = _right(last.model, small, labels)
    monkeypatch.setattr("mnist_core.preprocessing.drawing.thin_strokes", lambda cropped: cropped)
    assert thinned >= _right(last.model, small, labels) + 30


def _right(model: SoftmaxRegressor, inks: list[torch.Tensor], labels: torch.Tensor) -> int:
    drawings = [prepare_drawing(ink) for ink in inks]
    images = torch.stack([drawing.centred for drawing in drawings if drawing])
    return int((predict_proba(model, images).argmax(dim=1) == labels).sum())


def test_a_digit_is_read_alike_at_any_size() -> None:
    """The prepared image hardly depends on the size of the drawing."""
    seven: Stroke = [(0.2, 0.15), (0.8, 0.15), (0.45, 0.9)]
    images = []
    for share in (0.3, 0.5, 1.0):
        strokes = [[(share * CANVAS * x, share * CANVAS * y) for x, y in seven]]
        drawing = prepare_drawing(ink_of(draw(strokes, width=20)))
        assert drawing is not None
        images.append(drawing.centred.float().flatten() / 255)
    for image in images[:-1]:
        assert float(torch.cosine_similarity(image, images[-1], dim=0)) > 0.6
