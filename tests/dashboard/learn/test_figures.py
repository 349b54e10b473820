"""The figures of the challenges: plotly accepts them, and they show the numbers they are given."""

import math

import plotly.graph_objects as go
import pytest
import torch

from dashboard.learn.figures import (
    confused_pair,
    correlation,
    differing_digits,
    exponential,
    first_step_pictures,
    layer_diagram,
    losses_after_a_step,
    losses_of_rates,
    negative_logarithm,
    seed_accuracies,
    settings_map,
    sketched_curve,
    valley,
)
from mnist_core import (
    Digits,
    Metrics,
    Preprocessing,
    Progress,
    SoftmaxRegressor,
    Split,
    TrainingConfig,
    train,
)
from mnist_core.evaluation.mcnemar import Score


def _report(step: int, accuracy: float, loss: float) -> Progress:
    metrics = Metrics(loss, accuracy)
    return Progress(step, step / 40, metrics, metrics, 1.0, SoftmaxRegressor(Preprocessing.RAW))


def test_the_sketch_is_there_before_the_run_and_both_are_drawn_in_percent_with_the_loss_over_them() -> None:
    alone = go.Figure(sketched_curve([1, 10], [40, 80], []))
    reports = [_report(0, 0.1, 2.3), _report(1, 0.5, 2.2), _report(10, 0.9, 3.5)]
    figure = go.Figure(sketched_curve([1, 10], [40, 80], reports))
    sketch, run, loss = figure.data
    assert list(alone.data[0].y) == list(sketch.y) == pytest.approx([10, 40, 80])
    assert list(run.y) == pytest.approx([10, 50, 90])
    assert list(loss.y) == [2.3, 2.2, 3.5]
    assert loss.yaxis == "y2"
    assert figure.layout.yaxis2.range[1] > 3.5
    assert list(sketch.x) == list(run.x) == [0.5, 1, 10]
    assert alone.layout.xaxis == figure.layout.xaxis


def test_the_axis_of_the_loss_follows_a_run_that_breaks_and_leaves_out_what_is_not_a_number() -> None:
    runs = {1.0: [(1, 2.8), (5, 30.0), (6, math.nan)], 0.5: [(1, 1.9), (5, 1.0)]}
    figure = go.Figure(losses_of_rates(runs, broken=[1.0], guess=0.5, limit=2.303, end=600))
    holds, breaks = figure.data
    assert list(holds.y) == [2.303, 1.9, 1.0]
    assert list(breaks.y) == [2.303, 2.8, 30.0]
    assert holds.line.color != breaks.line.color
    assert "as guessed" in holds.name
    assert figure.layout.yaxis.range[1] > 30


def test_the_guess_is_a_line_over_the_digits_on_which_two_seeds_differ() -> None:
    figure = go.Figure(differing_digits({(0, 1): 281, (0, 2): 150}, 500))
    assert list(figure.data[0].y) == [281, 150]
    assert figure.layout.shapes[0].y0 == figure.layout.shapes[0].y1 == 500
    assert figure.layout.yaxis.range[1] > 500


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
    tries, best = [(10, 0.5), (50, 0.1), (10, 0.5)], (50, 1.0)
    figure = go.Figure(settings_map(accuracies, tries, best, {best, (50, 0.5)}))
    assert figure.data[0].z[1][2] == pytest.approx(50)
    frames = {
        ((frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2): frame.line.dash
        for frame in figure.layout.shapes
    }
    assert frames == {(2, 1): "solid", (1, 1): "dot"}
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


def test_the_valley_is_the_loss_after_a_third_step_of_autograd(sample: Digits) -> None:
    part = Split(sample.train.images[:500], sample.train.labels[:500])
    x, lengths = part.images.flatten(1) / 255, [0.0, 0.1, 0.5, 2.0]
    expected = []
    for length in lengths:
        layer = torch.nn.Linear(784, 10)
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
        for rate in (1.0, 1.0, length):
            optimizer = torch.optim.SGD(layer.parameters(), lr=rate)
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(layer(x), part.labels).backward()
            optimizer.step()
        expected.append(torch.nn.functional.cross_entropy(layer(x), part.labels).item())
    assert losses_after_a_step(part, lengths) == pytest.approx(expected, rel=1e-4)


def test_a_short_step_ends_lower_than_it_began_and_one_that_is_too_long_higher(sample: Digits) -> None:
    curve, short, long = go.Figure(valley(Split(sample.train.images[:500], sample.train.labels[:500]))).data
    assert short.y[0] == long.y[0]
    assert short.y[1] < short.y[0] < long.y[1]
    assert max(long.x) <= max(curve.x)


def test_the_points_of_the_ten_digits_lie_on_their_curves() -> None:
    logits = [0.5 * place for place in range(10)]
    shares = torch.tensor(logits).softmax(0).tolist()
    power, loss = go.Figure(exponential(logits)).data[1], go.Figure(negative_logarithm(shares)).data[1]
    assert list(power.y) == pytest.approx([math.exp(one - 4.5) for one in logits])
    assert list(loss.y) == pytest.approx([-math.log(one) for one in shares if one >= 0.005])
    assert [int(text) for text in loss.text] == [place for place in range(10) if shares[place] >= 0.005]


def test_the_diagram_has_a_line_from_each_pixel_to_each_sum() -> None:
    figure = go.Figure(layer_diagram(3))
    assert len(figure.layout.shapes) == 9 * 10
    assert sum(shape.line.width == 2 for shape in figure.layout.shapes) == 9
