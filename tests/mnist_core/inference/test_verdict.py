"""Verdicts: what is no digit is called by its name, and what is one is answered as surely as it deserves."""

import math
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from benchmarks.non_digits import non_digits, two_digits
from benchmarks.strokes import Stroke, draw, place, read_pen_digits
from mnist_core import Digits, SoftmaxRegressor, image_from_canvas, predict_proba
from mnist_core.inference.novelty import NoveltyDetector, fit_novelty_detector
from mnist_core.inference.verdict import Kind, Verdict, judge, way
from mnist_core.preprocessing.canvas import prepare_drawing

RING = [(140 + 80 * math.cos(k / 20), 140 + 80 * math.sin(k / 20)) for k in range(127)]


@pytest.fixture(scope="module")
def likeness(sample: Digits) -> NoveltyDetector:
    return fit_novelty_detector(sample.train)


def _model(**probabilities: float) -> SoftmaxRegressor:
    """Make a model that reads every image alike: d3=0.5 for a 3 with 50 %; the others share the rest."""
    shares = torch.full((10,), (1 - sum(probabilities.values())) / (10 - len(probabilities)))
    for name, share in probabilities.items():
        shares[int(name[1])] = share
    model = SoftmaxRegressor()
    with torch.no_grad():
        model.linear.bias.copy_(shares.log())
    return model


def _judged(strokes: Sequence[Stroke], likeness: NoveltyDetector | None = None, width: float = 20) -> Verdict:
    return judge(_model(d3=0.9), prepare_drawing(draw(list(strokes), width=width)), likeness)


def test_an_empty_board_is_blank(likeness: NoveltyDetector) -> None:
    verdict = judge(_model(d3=0.9), None, likeness)
    assert verdict.kind is Kind.BLANK
    assert verdict.nearest is None
    assert verdict.probabilities.tolist() == pytest.approx([0.1] * 10)


@pytest.mark.parametrize("width", [8, 12, 20, 40])
@pytest.mark.parametrize("strokes", [[[(40, 60)]], [[(200, 100), (203, 102)]]], ids=["tapped", "smeared"])
def test_a_dot_is_called_a_dot(strokes: list[Stroke], width: float, likeness: NoveltyDetector) -> None:
    assert _judged(strokes, likeness, width).kind is Kind.DOT


def test_a_short_stroke_is_no_dot(likeness: NoveltyDetector) -> None:
    assert _judged([[(140, 100), (140, 150)]], likeness).kind is Kind.CLEAR


@pytest.mark.parametrize("seed", range(5))
def test_a_scribble_is_called_a_scribble(seed: int, likeness: NoveltyDetector) -> None:
    rng = Random(seed)
    scribble = [(rng.uniform(20, 260), rng.uniform(20, 260)) for _ in range(25)]
    assert _judged([scribble], likeness, 8).kind is Kind.SCRIBBLE


def test_most_of_what_is_no_digit_is_told_and_scribbles_hardly_ever_pass(likeness: NoveltyDetector) -> None:
    rng = Random(2)
    called: dict[str, list[bool]] = {}
    for sketch in non_digits(seed=2, each=3):
        verdict = _judged(place(sketch.drawing, rng), likeness)
        called.setdefault(sketch.kind, []).append(verdict.kind not in (Kind.CLOSE, Kind.CLEAR))
    told = {kind: float(np.mean(these)) for kind, these in called.items()}
    assert min(told["dots"], told["blobs"], told["scribbles"]) >= 0.9
    assert min(told["letters"], told["signs"]) >= 0.6
    assert told["pictures"] >= 0.4


def test_without_digits_to_compare_with_nothing_is_unlike(likeness: NoveltyDetector) -> None:
    w: list[Stroke] = [[(40, 60), (90, 220), (140, 100), (190, 220), (240, 60)]]
    assert _judged(w, likeness).kind is Kind.UNLIKE
    assert _judged(w).kind is Kind.CLEAR
    assert _judged(w).nearest is None


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [(0.48, 0.41, Kind.CLOSE), (0.6, 0.21, Kind.CLOSE), (0.6, 0.19, Kind.CLEAR), (0.95, 0.01, Kind.CLEAR)],
)
def test_an_answer_is_close_below_three_to_one(first: float, second: float, kind: Kind) -> None:
    verdict = judge(_model(d3=first, d8=second), prepare_drawing(draw([RING])))
    assert (verdict.kind, verdict.answer, verdict.runner_up) == (kind, 3, 8)
    assert verdict.probabilities[[3, 8]].tolist() == pytest.approx([first, second])


def test_the_probabilities_are_those_of_predict(sample: Digits) -> None:
    torch.manual_seed(0)
    model = SoftmaxRegressor()
    torch.nn.init.normal_(model.linear.weight)
    canvas = draw([RING])
    image = image_from_canvas(canvas)
    assert image is not None
    assert torch.equal(
        judge(model, prepare_drawing(canvas)).probabilities, predict_proba(model, image[None])[0]
    )


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
def test_the_way_of_the_pen_is_measured_in_sides_of_the_box(stroke: Stroke, sides: float) -> None:
    preparation = prepare_drawing(draw([stroke], width=6))
    assert preparation is not None
    assert way(preparation.cropped) == pytest.approx(sides, rel=0.06)


def test_pen_digits_are_rarely_refused_and_two_of_them_at_once_nearly_always(
    likeness: NoveltyDetector, pen_digits: Path
) -> None:
    rng = Random(3)
    written = rng.sample(list(read_pen_digits(pen_digits)), 200)
    pairs = [pair.drawing for pair in two_digits(written, seed=3, count=50)]
    refused = [
        np.mean(
            [_judged(place(drawing, rng), likeness).kind not in (Kind.CLOSE, Kind.CLEAR) for drawing in some]
        )
        for some in (written, pairs)
    ]
    assert refused[0] <= 0.04
    assert refused[1] >= 0.9
