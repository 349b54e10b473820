"""The learning curves: plotly itself checks that they are figures, as they are written without it."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go
import pytest

from dashboard.ui.learning_curves import ACCURACY, LATE, LOSS, Axis, Figure, learning_curves, x_axis
from mnist_core import Digits, Metrics, Progress, SoftmaxRegressor, TrainingConfig, train

CONFIG = TrainingConfig(epochs=2, reports_per_epoch=3, early_reports=True)
CASES = ["nothing yet", "one report", "a run", "continued", "a previous run"]


@pytest.fixture(scope="module")
def history(sample: Digits) -> list[Progress]:
    return list(train(CONFIG, sample))


@pytest.fixture(scope="module", params=CASES)
def drawn(request: pytest.FixtureRequest, history: list[Progress]) -> Sequence[tuple[Axis, Figure]]:
    now, before, changes = {
        "nothing yet": ([], [], ()),
        "one report": (history[:1], [], ()),
        "a run": (history, [], ()),
        "continued": (history, [], ((0, "continued"), (1.0, "learning rate 0.5"))),
        "a previous run": (history[:2], history, ()),
    }[request.param]
    return [
        (over, learning_curves(quantity, now, before, 2.0, changes, over=over))
        for quantity in (ACCURACY, LOSS)
        for over in Axis
    ]


def _report(step: int, epoch: float, loss: float, accuracy: float) -> Progress:
    model = SoftmaxRegressor(CONFIG.preprocessing)
    return Progress(step, epoch, Metrics(9.0, 0.12), Metrics(loss, accuracy), epoch, model)


def _range(figure: Figure) -> list[float]:
    return list(figure["layout"]["yaxis"]["range"])


def test_plotly_accepts_every_figure(drawn: Sequence[tuple[Axis, Figure]]) -> None:
    for _, figure in drawn:
        go.Figure(figure["data"], figure["layout"])  # raises an error for what it does not know


def test_every_curve_begins_and_ends_within_the_axis(drawn: Sequence[tuple[Axis, Figure]]) -> None:
    for over, figure in drawn:
        low, high = figure["layout"]["xaxis"]["range"]
        assert low < high
        for trace in figure["data"]:
            places = [math.log10(x) if over is Axis.STEP else x for x in trace["x"]]
            assert all(low <= place <= high for place in places)


def test_no_late_point_of_a_test_curve_lies_outside_the_axes(
    drawn: Sequence[tuple[Axis, Figure]], history: list[Progress]
) -> None:
    late = {report.step for report in history if report.epoch >= LATE}
    for over, figure in drawn:
        low, high = _range(figure)
        assert low < high
        for trace in figure["data"]:
            for step, value in zip(trace["customdata"], trace["y"], strict=True):
                if over is Axis.STEP or (step in late and trace["name"] != "training"):
                    assert low <= value <= high


@pytest.mark.parametrize("over", Axis)
def test_the_axes_show_all_from_guessing_to_the_end_and_stay_while_a_run_learns(over: Axis) -> None:
    for reports in ([], [_report(0, 0, 2.303, 0.1)], [_report(0, 0, 30.0, 0.1), _report(9, 1.0, 0.3, 0.95)]):
        assert _range(learning_curves(ACCURACY, reports, [], 10, over=over)) == [-5, 105]
        assert _range(learning_curves(LOSS, reports, [], 10, over=over)) == [-0.125, 2.625]


def test_steps_that_overshoot_make_the_axis_of_the_loss_grow() -> None:
    reports = [_report(1, 1.0, 23.0, 0.62)]
    assert _range(learning_curves(LOSS, reports, [], 2.0)) == [-1.5, 31.5]
    assert _range(learning_curves(LOSS, [], reports, 2.0)) == [-1.5, 31.5]


@pytest.mark.parametrize(
    ("end", "ticks"),
    [
        (6_000, ["0", "1", "10", "100", "1,000", "6,000"]),
        (1_200, ["0", "1", "10", "100", "1,200"]),
        (10_000, ["0", "1", "10", "100", "1,000", "10,000"]),
        (18_000, ["0", "1", "10", "100", "1,000", "18,000"]),
    ],
)
def test_the_last_step_has_a_tick_and_lies_within_the_axis(end: int, ticks: list[str]) -> None:
    axis = x_axis(Axis.STEP, end)
    assert axis["ticktext"] == ticks
    assert axis["tickvals"][-1] == end
    assert math.log10(end) + 0.1 < axis["range"][1] < math.log10(end) + 0.2


@pytest.mark.parametrize("over", Axis)
def test_the_curves_are_drawn_over_epochs_steps_or_seconds(over: Axis, history: list[Progress]) -> None:
    expected = {
        Axis.EPOCH: [report.epoch for report in history],
        Axis.STEP: [report.step or 0.5 for report in history],
        Axis.SECONDS: [report.seconds for report in history],
    }[over]
    figure = learning_curves(LOSS, history, [], 1.0, over=over)
    assert all(trace["x"] == expected for trace in figure["data"])
    assert all(trace["customdata"] == [report.step for report in history] for trace in figure["data"])


def test_the_curves_show_what_was_reported(history: list[Progress]) -> None:
    test, training = learning_curves(ACCURACY, history, [], 2.0, over=Axis.EPOCH)["data"]
    assert (test["name"], training["name"]) == ("test", "training")
    assert test["x"] == training["x"] == [report.epoch for report in history]
    assert test["y"] == pytest.approx([100 * report.test.accuracy for report in history])
    assert training["y"] == pytest.approx([100 * report.train.accuracy for report in history])
    test, training = learning_curves(LOSS, history, [], 2.0)["data"]
    assert test["y"] == [report.test.loss for report in history]
    assert training["y"] == [report.train.loss for report in history]


def test_the_legend_names_the_previous_run(history: list[Progress]) -> None:
    name = "previous run: learning rate 0.5"
    figure = learning_curves(ACCURACY, history[:1], history, 2.0, previous_name=name)
    assert [trace["name"] for trace in figure["data"]] == ["test", "training", name]
    assert figure["data"][2]["line"]["dash"] == "dot"
    assert figure["data"][2]["y"] == pytest.approx([100 * report.test.accuracy for report in history])


def test_the_axis_reaches_as_far_as_the_longer_run(history: list[Progress]) -> None:
    for previous, end, longest in ((history, 1.0, 2.0), ([], 50.0, 50.0)):
        figure = learning_curves(LOSS, history[:1], previous, end, over=Axis.EPOCH)
        low, high = figure["layout"]["xaxis"]["range"]
        assert low == 0
        assert longest < high < 1.05 * longest  # the last dot is whole


def test_a_change_of_settings_is_a_line_with_words_beside_it(history: list[Progress]) -> None:
    changes = ((0.0, "continued"), (1.0, "batch 50"))
    for quantity, free in ((LOSS, "top"), (ACCURACY, "bottom")):  # where the curve is not
        layout = learning_curves(quantity, history, [], 2.0, changes, over=Axis.EPOCH)["layout"]
        assert [(line["x0"], line["x1"]) for line in layout["shapes"]] == [(0, 0), (1, 1)]
        assert [(label["x"], label["text"]) for label in layout["annotations"]] == list(changes)
        assert [label["xanchor"] for label in layout["annotations"]] == ["left", "right"]
        assert {label["yanchor"] for label in layout["annotations"]} == {free}
        for line in layout["shapes"]:
            assert (line["y0"] > 0.5) if free == "top" else (line["y1"] < 0.5)


def test_the_words_are_beside_their_line_on_a_logarithmic_axis_too(history: list[Progress]) -> None:
    changes = ((0.5, "continued"), (40.0, "batch 50"))
    layout = learning_curves(ACCURACY, history, [], 80.0, changes)["layout"]
    # On a logarithmic axis plotly.js takes the place of a shape as it is, that of a label as its logarithm.
    assert [line["x0"] for line in layout["shapes"]] == [0.5, 40.0]
    assert [10 ** label["x"] for label in layout["annotations"]] == pytest.approx([0.5, 40.0])
    assert [label["xanchor"] for label in layout["annotations"]] == ["left", "right"]
