"""The learning curves: plotly itself checks that they are figures, as they are written without it."""

from collections.abc import Sequence

import plotly.graph_objects as go
import pytest

from dashboard.figures.curves import ACCURACY, LOSS, Figure, learning_curves
from mnist_core import Digits, Metrics, Progress, SoftmaxRegressor, TrainingConfig, train

CONFIG = TrainingConfig(epochs=2, reports_per_epoch=3)
CASES = ["nothing yet", "one report", "a run", "continued", "a previous run"]


@pytest.fixture(scope="module")
def history(sample: Digits) -> list[Progress]:
    return list(train(CONFIG, sample))


@pytest.fixture(scope="module", params=CASES)
def drawn(request: pytest.FixtureRequest, history: list[Progress]) -> Sequence[Figure]:
    now, before, changes = {
        "nothing yet": ([], [], ()),
        "one report": (history[:1], [], ()),
        "a run": (history, [], ()),
        "continued": (history, [], ((0, "continued"), (1.0, "learning rate 0.5"))),
        "a previous run": (history[:2], history, ()),
    }[request.param]
    return [learning_curves(quantity, now, before, 2.0, changes) for quantity in (ACCURACY, LOSS)]


def test_plotly_accepts_every_figure(drawn: Sequence[Figure]) -> None:
    for figure in drawn:
        go.Figure(figure["data"], figure["layout"])  # raises an error for what it does not know


def test_no_point_lies_outside_the_axes_except_early_ones_of_the_training_curve(
    drawn: Sequence[Figure],
) -> None:
    for figure in drawn:
        for name in ("x", "y"):
            low, high = figure["layout"][f"{name}axis"]["range"]
            assert low < high
            for trace in figure["data"]:
                if name == "x" or trace["name"] != "training":
                    assert all(low <= value <= high for value in trace[name])


def test_the_curves_show_what_was_reported(history: list[Progress]) -> None:
    test, training = learning_curves(ACCURACY, history, [], 2.0)["data"]
    assert (test["name"], training["name"]) == ("test", "training")
    assert test["x"] == training["x"] == [report.epoch for report in history]
    assert test["y"] == pytest.approx([100 * report.test.accuracy for report in history])
    assert training["y"] == pytest.approx([100 * report.train.accuracy for report in history])
    test, training = learning_curves(LOSS, history, [], 2.0)["data"]
    assert test["y"] == [report.test.loss for report in history]
    assert training["y"] == [report.train.loss for report in history]


def test_the_first_training_point_does_not_set_the_axis() -> None:
    model = SoftmaxRegressor(CONFIG.preprocessing)
    reports = [
        Progress(1, 0.1, Metrics(9.0, 0.12), Metrics(0.5, 0.91), 0.1, model),
        Progress(2, 0.2, Metrics(0.6, 0.90), Metrics(0.4, 0.93), 0.2, model),
    ]
    assert learning_curves(ACCURACY, reports, [], 2.0)["layout"]["yaxis"]["range"] == [90, 95]
    assert learning_curves(LOSS, reports, [], 2.0)["layout"]["yaxis"]["range"] == pytest.approx([0, 0.5])


def test_the_legend_names_the_previous_run(history: list[Progress]) -> None:
    name = "previous run: learning rate 0.5"
    figure = learning_curves(ACCURACY, history[:1], history, 2.0, (), name)
    assert [trace["name"] for trace in figure["data"]] == ["test", "training", name]
    assert figure["data"][2]["line"]["dash"] == "dot"
    assert figure["data"][2]["y"] == pytest.approx([100 * report.test.accuracy for report in history])


def test_the_axis_reaches_as_far_as_the_longer_run(history: list[Progress]) -> None:
    assert learning_curves(LOSS, history[:1], history, 1.0)["layout"]["xaxis"]["range"] == [0, 2.0]
    assert learning_curves(LOSS, history[:1], [], 50.0)["layout"]["xaxis"]["range"] == [0, 50.0]


def test_a_change_of_settings_is_a_line_with_words_beside_it(history: list[Progress]) -> None:
    changes = ((0.0, "continued"), (1.0, "batch 50"))
    layout = learning_curves(LOSS, history, [], 2.0, changes)["layout"]
    assert [(line["x0"], line["x1"]) for line in layout["shapes"]] == [(0, 0), (1, 1)]
    assert [(label["x"], label["text"]) for label in layout["annotations"]] == list(changes)
    assert [label["xanchor"] for label in layout["annotations"]] == ["left", "right"]
