"""The figures of the challenges: plotly accepts them, and they show the numbers they are given."""

import math

import plotly.graph_objects as go
import pytest
import torch

from dashboard.learn.figures import (
    confused_pair,
    correlation,
    first_step_pictures,
    peak_losses,
    seed_accuracies,
    settings_map,
    sketched_curve,
)
from mnist_core import Digits, Preprocessing, Score, TrainingConfig, train


def test_the_sketch_begins_where_the_run_begins_and_both_are_drawn_in_percent() -> None:
    figure = sketched_curve([1, 10], [40, 80], [(0, 0.1), (1, 0.5), (10, 0.9)])
    sketch, run = go.Figure(figure).data
    assert list(sketch.y) == pytest.approx([10, 40, 80])
    assert list(run.y) == pytest.approx([10, 50, 90])
    assert list(sketch.x) == list(run.x) == [0.5, 1, 10]


def test_a_run_whose_loss_is_not_a_number_is_left_out_of_the_figure() -> None:
    figure = peak_losses(
        {1.0: 2.8, 0.5: 1.9, 5.0: math.nan}, limit=2.303, guess=0.1, offered=[0.1, 0.5, 1, 5]
    )
    (points,) = go.Figure(figure).data
    assert list(points.x) == [0.5, 1.0]
    assert points.marker.color[0] != points.marker.color[1]


def test_the_bars_of_the_seeds_end_at_their_intervals() -> None:
    scores = [Score(920, 1_000), Score(1_000, 1_000)]
    (points,) = go.Figure(seed_accuracies([0, 1], scores)).data
    for value, up, down, score in zip(
        points.y, points.error_y.array, points.error_y.arrayminus, scores, strict=True
    ):
        assert value + up == pytest.approx(100 * score.interval[1])
        assert value - down == pytest.approx(100 * score.interval[0])


def test_both_cells_of_both_pairs_are_framed() -> None:
    figure = confused_pair(torch.ones(10, 10, dtype=torch.int64), guess=(3, 5), most=(4, 9))
    centres = {((shape.x0 + shape.x1) / 2, (shape.y0 + shape.y1) / 2) for shape in figure.layout.shapes}
    assert centres == {(3, 5), (5, 3), (4, 9), (9, 4)}


def test_the_map_has_a_number_for_each_try_and_a_frame_around_the_best() -> None:
    accuracies = {(batch, rate): batch * rate / 100 for batch in (10, 50) for rate in (0.1, 0.5, 1.0)}
    figure = go.Figure(settings_map(accuracies, [(10, 0.5), (50, 0.1), (10, 0.5)], (50, 1.0)))
    assert figure.data[0].z[1][2] == pytest.approx(50)
    (frame,) = figure.layout.shapes
    assert ((frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2) == (2, 1)
    assert [note.text for note in figure.layout.annotations] == ["<b>1, 3</b>", "<b>2</b>"]


@pytest.mark.parametrize("digit", [3, 8])
def test_of_the_pictures_the_contrast_is_what_one_step_learns(sample: Digits, digit: int) -> None:
    config = TrainingConfig(10_000, 0.5, 1, preprocessing=Preprocessing.RAW, early_reports=True)
    report = next(report for report in train(config, sample) if report.step == 1)
    weights = report.model.linear.weight.detach()[digit].view(28, 28)
    found = {
        name: correlation(picture, weights)
        for name, picture in first_step_pictures(sample.train, digit).items()
    }
    assert found["contrast"] > 0.98
    assert max(abs(found["noise"]), abs(found["outline"])) < 0.8
    assert math.isnan(found["blank"])
