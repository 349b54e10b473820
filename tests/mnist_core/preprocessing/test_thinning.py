"""Thinning: thick strokes become as thin as MNIST's, and nothing else changes."""

import math
from pathlib import Path
from random import Random

import pytest
import torch
from torch import Tensor

from benchmarks.strokes import CANVAS, Stroke, draw, place, read_pen_digits
from mnist_core import Digits, Preprocessing, SoftmaxRegressor, TrainingConfig, predict_proba, train
from mnist_core.preprocessing.drawing import USUAL, ink_of, prepare_drawing, thin_strokes
from mnist_core.preprocessing.shape import connected_components


def _ink(strokes: list[Stroke], width: float) -> Tensor:
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


def _right(model: SoftmaxRegressor, inks: list[Tensor], labels: Tensor) -> int:
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
