"""The curves and the bars: plotly itself says whether they are figures of its kind."""

from collections.abc import Sequence

import plotly.graph_objects as go
import pytest

from dashboard.figures.curves import Figure, accuracy_curves, loss_curves, probability_bars
from mnist_core import Digits, Progress, TrainingConfig, train

CONFIG = TrainingConfig(epochs=2, reports_per_epoch=3)


@pytest.fixture(scope="module")
def history(sample: Digits) -> list[Progress]:
    return list(train(CONFIG, sample))


@pytest.fixture(scope="module", params=["nothing yet", "one report", "a run", "continued", "a run before"])
def drawn(request: pytest.FixtureRequest, history: list[Progress]) -> Sequence[Figure]:
    now, before, marks = {
        "nothing yet": ([], [], ()),
        "one report": (history[:1], [], ()),
        "a run": (history, [], ()),
        "continued": (history, [], ((0, "continued"), (1.0, "learning rate 0.5"))),
        "a run before": (history[:2], history, ()),
    }[request.param]
    return [draw(now, before, 2.0, marks) for draw in (accuracy_curves, loss_curves)]


def test_plotly_accepts_every_figure(drawn: Sequence[Figure]) -> None:
    for figure in (*drawn, probability_bars([0.1] * 10)):
        go.Figure(figure["data"], figure["layout"])  # raises for what it does not know


def test_no_point_lies_outside_the_axes(drawn: Sequence[Figure]) -> None:
    for figure in drawn:
        for name in ("x", "y"):
            low, high = figure["layout"][f"{name}axis"]["range"]
            values = [value for trace in figure["data"] for value in trace[name]]
            assert all(low <= value <= high for value in values)


def test_the_curves_show_what_was_reported(history: list[Progress]) -> None:
    test, training = accuracy_curves(history, [], 2.0)["data"]
    assert (test["name"], training["name"]) == ("test", "training")
    assert test["x"] == [report.epoch for report in history]
    assert test["y"] == pytest.approx([100 * report.test.accuracy for report in history])
    assert loss_curves(history, [], 2.0)["data"][1]["y"] == [report.train.loss for report in history]


def test_the_largest_bar_alone_has_the_accent_colour() -> None:
    (bars,) = probability_bars([0.05, 0.7, 0.25, *[0.0] * 7])["data"]
    accent = bars["marker"]["color"][1]
    assert bars["marker"]["color"].count(accent) == 1
    assert bars["text"] == ["5", "70", "25", *[""] * 7]
