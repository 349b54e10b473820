"""The curves of several runs: plotly checks the figures, the tests hold the numbers against the reports."""

import math
import statistics
from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
import pytest

from dashboard.compare.figures import COLOUR_PLACES, Curve, comparison_curves
from dashboard.ui.learning_curves import ACCURACY, LOSS, Axis, Part
from mnist_core import Digits, Progress, TrainingConfig, train

CONFIG = TrainingConfig(learning_rate=0.2, epochs=2, reports_per_epoch=3, early_reports=True, validation=300)


@pytest.fixture(scope="module")
def histories(sample: Digits) -> list[list[Progress]]:
    """The reports of three seeds."""
    return [list(train(replace(CONFIG, seed=seed), sample)) for seed in range(3)]


@pytest.fixture(scope="module")
def curves(histories: list[list[Progress]]) -> list[Curve]:
    """Three seeds as one curve, and one of them alone."""
    return [Curve("A  all", 0, histories), Curve("B  <b>one</b>", 1, histories[:1])]


def _traces(figure: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    band, mean, single = figure["data"]
    return band, mean, single


@pytest.mark.parametrize("over", list(Axis))
@pytest.mark.parametrize("part", list(Part))
@pytest.mark.parametrize("quantity", [ACCURACY, LOSS], ids=lambda quantity: quantity.name)
def test_plotly_takes_the_figure(curves: list[Curve], quantity: Any, part: Part, over: Axis) -> None:
    figure = comparison_curves(quantity, part, over, curves)
    go.Figure(figure)
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < high
    assert figure["layout"]["yaxis"]["title"]["text"] == f"{part} {quantity.name}"


def test_the_mean_of_the_seeds_lies_in_a_band_of_one_standard_deviation(
    curves: list[Curve], histories: list[list[Progress]]
) -> None:
    band, mean, single = _traces(comparison_curves(ACCURACY, Part.TEST, Axis.EPOCH, curves))
    for place, reports in enumerate(zip(*histories, strict=True)):
        values = [100 * report.test.accuracy for report in reports]
        assert mean["x"][place] == pytest.approx(reports[0].epoch)
        assert mean["y"][place] == pytest.approx(statistics.fmean(values))
        assert single["y"][place] == pytest.approx(values[0])
        upper, lower = band["y"][place], band["y"][-1 - place]
        assert (upper + lower) / 2 == pytest.approx(statistics.fmean(values))
        assert (upper - lower) / 2 == pytest.approx(statistics.stdev(values), abs=1e-9)
        assert band["x"][place] == band["x"][-1 - place] == mean["x"][place]


def test_no_value_is_smoothed(histories: list[list[Progress]]) -> None:
    (line,) = comparison_curves(LOSS, Part.TRAINING, Axis.STEP, [Curve("A", 0, histories[:1])])["data"]
    assert line["y"] == [report.train.loss for report in histories[0]]
    assert line["x"] == [max(report.step, 0.5) for report in histories[0]]


def test_over_seconds_the_places_are_the_mean_times(histories: list[list[Progress]]) -> None:
    _, mean = comparison_curves(ACCURACY, Part.TEST, Axis.SECONDS, [Curve("A", 0, histories)])["data"]
    last = [history[-1].seconds for history in histories]
    assert mean["x"][-1] == pytest.approx(statistics.fmean(last))


def test_seeds_that_are_still_learning_are_shown_as_far_as_all_have_come(
    histories: list[list[Progress]],
) -> None:
    curve = Curve("A", 0, [histories[0], histories[1][:2]])
    _, mean = comparison_curves(ACCURACY, Part.TEST, Axis.EPOCH, [curve])["data"]
    assert len(mean["x"]) == 2


def test_a_run_without_validation_has_no_validation_curve(sample: Digits, curves: list[Curve]) -> None:
    without = list(train(replace(CONFIG, validation=0), sample))
    figure = comparison_curves(ACCURACY, Part.VALIDATION, Axis.EPOCH, [Curve("A", 0, [without]), curves[1]])
    assert [trace["name"] for trace in figure["data"]] == ["B  &lt;b&gt;one&lt;/b&gt;"]


def test_a_name_cannot_bring_markup_into_the_legend(curves: list[Curve]) -> None:
    *_, single = _traces(comparison_curves(ACCURACY, Part.TEST, Axis.EPOCH, curves))
    assert single["name"] == "B  &lt;b&gt;one&lt;/b&gt;"


def test_each_of_ten_curves_has_a_colour_of_its_own(histories: list[list[Progress]]) -> None:
    figure = comparison_curves(
        ACCURACY, Part.TEST, Axis.EPOCH, [Curve(str(place), place, histories[:1]) for place in range(10)]
    )
    assert len({trace["line"]["color"] for trace in figure["data"]}) == 10
    assert sorted(COLOUR_PLACES) == list(range(10))


def test_the_axis_leaves_out_the_steep_beginning_but_not_a_late_value(curves: list[Curve]) -> None:
    figure = comparison_curves(ACCURACY, Part.TEST, Axis.EPOCH, curves)
    low, high = figure["layout"]["yaxis"]["range"]
    _, mean, single = _traces(figure)
    late = [y for line in (mean, single) for x, y in zip(line["x"], line["y"], strict=True) if x >= 0.25]
    assert low <= min(late) <= max(late) <= high
    assert low > single["y"][0]
    whole = comparison_curves(ACCURACY, Part.TEST, Axis.STEP, curves)["layout"]
    assert whole["yaxis"]["range"] == [0, 100]
    assert whole["xaxis"]["type"] == "log"


def test_without_any_report_there_is_an_empty_figure() -> None:
    figure = comparison_curves(LOSS, Part.TEST, Axis.EPOCH, [Curve("A", 0, [[]])])
    assert figure["data"] == []
    assert all(map(math.isfinite, figure["layout"]["yaxis"]["range"]))
    go.Figure(figure)
