"""Verdicts: drawings that are not digits are recognized as such, and close calls between digits too."""

import math
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from benchmarks.non_digits import non_digits, two_digits
from benchmarks.strokes import Stroke, draw, place, read_pen_digits
from mnist_core import Digits, SoftmaxRegressor, predict_proba, preprocess
from mnist_core.inference.novelty import NoveltyDetector, fit_novelty_detector
from mnist_core.inference.verdict import Kind, Verdict, judge, stroke_length
from mnist_core.preprocessing.canvas import PreparedDrawing, ink_of, prepare_drawing

RING: Stroke = [(140 + 80 * math.cos(k / 20), 140 + 80 * math.sin(k / 20)) for k in range(127)]


@pytest.fixture(scope="module")
def detector(sample: Digits) -> NoveltyDetector:
    return fit_novelty_detector(sample.train)


def _model(**probabilities: float) -> SoftmaxRegressor:
    """Make a model with the same prediction for any image: d3=0.5 is 50 % for a 3, the rest is shared."""
    shares = torch.full((10,), (1 - sum(probabilities.values())) / (10 - len(probabilities)))
    for name, share in probabilities.items():
        shares[int(name[1])] = share
    model = SoftmaxRegressor()
    with torch.no_grad():
        model.linear.bias.copy_(shares.log())
    return model


def _prepared(strokes: Sequence[Stroke], width: float = 20) -> PreparedDrawing:
    drawing = prepare_drawing(ink_of(draw(list(strokes), width=width)))
    assert drawing is not None
    return drawing


def _judged(strokes: Sequence[Stroke], detector: NoveltyDetector | None = None, width: float = 20) -> Verdict:
    return judge(_model(d3=0.9), _prepared(strokes, width), detector)


def test_a_drawing_without_ink_is_blank(detector: NoveltyDetector) -> None:
    verdict = judge(_model(d3=0.9), None, detector)
    assert verdict.kind is Kind.BLANK
    assert verdict.neighbours is None
    assert verdict.preprocessed is None
    assert verdict.probabilities.tolist() == pytest.approx([0.1] * 10)


@pytest.mark.parametrize("width", [8, 12, 20, 40])
@pytest.mark.parametrize("strokes", [[[(40, 60)]], [[(200, 100), (203, 102)]]], ids=["tapped", "smeared"])
def test_a_dot_is_called_a_dot(strokes: list[Stroke], width: float, detector: NoveltyDetector) -> None:
    assert _judged(strokes, detector, width).kind is Kind.DOT


def test_a_short_stroke_is_not_a_dot(detector: NoveltyDetector) -> None:
    assert _judged([[(140, 100), (140, 150)]], detector).kind is Kind.CLEAR


@pytest.mark.parametrize("seed", range(5))
def test_a_scribble_is_called_a_scribble(seed: int, detector: NoveltyDetector) -> None:
    rng = Random(seed)
    scribble = [(rng.uniform(20, 260), rng.uniform(20, 260)) for _ in range(25)]
    assert _judged([scribble], detector, 8).kind is Kind.SCRIBBLE


def test_most_drawings_that_are_not_digits_are_rejected_and_nearly_all_scribbles(
    detector: NoveltyDetector,
) -> None:
    rng = Random(2)
    rejected: dict[str, list[bool]] = {}
    for sketch in non_digits(seed=2, each=3):
        verdict = _judged(place(sketch.drawing, rng), detector)
        rejected.setdefault(sketch.kind, []).append(verdict.kind not in (Kind.CLOSE, Kind.CLEAR))
    shares = {kind: float(np.mean(those)) for kind, those in rejected.items()}
    assert min(shares["dots"], shares["blobs"], shares["scribbles"]) >= 0.9
    assert min(shares["letters"], shares["signs"]) >= 0.6
    assert shares["pictures"] >= 0.4


def test_without_a_detector_nothing_is_unlike_a_digit(detector: NoveltyDetector) -> None:
    w: list[Stroke] = [[(40, 60), (90, 220), (140, 100), (190, 220), (240, 60)]]
    assert _judged(w, detector).kind is Kind.UNLIKE
    assert _judged(w).kind is Kind.CLEAR
    assert _judged(w).neighbours is None


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [(0.48, 0.41, Kind.CLOSE), (0.6, 0.21, Kind.CLOSE), (0.6, 0.19, Kind.CLEAR), (0.95, 0.01, Kind.CLEAR)],
)
def test_a_prediction_is_close_below_a_ratio_of_three_to_one(first: float, second: float, kind: Kind) -> None:
    verdict = judge(_model(d3=first, d8=second), _prepared([RING]))
    assert (verdict.kind, verdict.digit, verdict.runner_up) == (kind, 3, 8)
    assert verdict.probabilities[[3, 8]].tolist() == pytest.approx([first, second])


def test_the_probabilities_are_those_of_predict_proba() -> None:
    model = SoftmaxRegressor()
    torch.nn.init.normal_(model.linear.weight, generator=torch.Generator().manual_seed(0))
    drawing = _prepared([RING])
    verdict = judge(model, drawing)
    assert torch.equal(verdict.probabilities, predict_proba(model, drawing.centred[None])[0])
    assert verdict.preprocessed is not None
    assert torch.equal(verdict.preprocessed, preprocess(drawing.centred[None], model.preprocessing)[0])


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
    assert stroke_length(_prepared([stroke], width=6).cropped) == pytest.approx(sides, rel=0.06)


def test_pen_digits_are_rarely_rejected_and_pairs_of_them_nearly_always(
    detector: NoveltyDetector, pen_digits: Path
) -> None:
    rng = Random(3)
    written = rng.sample(list(read_pen_digits(pen_digits)), 200)
    pairs = [pair.drawing for pair in two_digits(written, seed=3, count=50)]
    rejected = [
        np.mean(
            [_judged(place(drawing, rng), detector).kind not in (Kind.CLOSE, Kind.CLEAR) for drawing in some]
        )
        for some in (written, pairs)
    ]
    assert rejected[0] <= 0.04
    assert rejected[1] >= 0.9
