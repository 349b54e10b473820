"""The curves of several runs: plotly checks the figures, the tests hold the numbers against the reports."""

import math
import re
import statistics
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from dashboard.compare.figures import (
    COLOUR_PLACES,
    Curve,
    Place,
    comparison_curves,
    outline,
    sweep_curve,
    sweep_map,
)
from dashboard.ui.learning_curves import ACCURACY, LOSS, Axis, Part
from mnist_core import (
    Cell,
    Digits,
    Metrics,
    Preprocessing,
    Progress,
    SweepResult,
    TrainingConfig,
    train,
    wilson_interval,
)

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


RATES, BATCHES = (0.01, 0.1, 1.0), (10, 100)
COUNT = 1_000


def _result(batch: int, rate: float, mistakes: int, loss: float = 0.1) -> SweepResult:
    right = torch.arange(COUNT) >= mistakes
    curve = tuple((epoch, Metrics(loss, 0.5 + 0.1 * epoch)) for epoch in (1, 2, 3))
    return SweepResult(Cell(Preprocessing.RAW, batch, rate), curve, right, 0.25)


RESULTS: dict[Place, SweepResult] = {
    (10, 0.01): _result(10, 0.01, 20),
    (10, 0.1): _result(10, 0.1, 40),
    (10, 1.0): _result(10, 1.0, 900, math.nan),
    (100, 0.01): _result(100, 0.01, 160),
    (100, 0.1): _result(100, 0.1, 320),
}


def _map(**marks: Any) -> dict[str, Any]:
    return sweep_map(RATES, BATCHES, RESULTS, **marks)


def _trace(figure: dict[str, Any], number: int) -> Any:
    return figure["data"][number]


def test_each_doubling_of_the_mistakes_takes_half_of_the_colour() -> None:
    expected = np.array([[1, 1 / 2, np.nan], [0, 0, np.nan]])  # 160 are more than four times 20
    np.testing.assert_allclose(_trace(_map(), 1)["z"], expected, atol=1e-9)


def test_a_cell_without_mistakes_has_the_full_colour_and_one_mistake_is_a_step_paler() -> None:
    results = {(10, 0.01): _result(10, 0.01, 0), (10, 0.1): _result(10, 0.1, 1)}
    values = _trace(sweep_map(RATES, BATCHES, results), 1)["z"]
    np.testing.assert_allclose(values[0][:2], [1, 1 / 2])


def test_the_numbers_are_those_of_the_digits_held_out() -> None:
    accuracies = np.array([[one.right.numpy().mean() for one in RESULTS.values()]])[0] * 100
    texts = [text for row in _trace(_map(), 1)["text"] for text in row]
    assert texts == [
        f"{accuracies[0]:.1f}",
        f"{accuracies[1]:.1f}",
        "",
        *(f"{a:.1f}" for a in accuracies[3:]),
        "",
    ]


def test_hover_tells_accuracy_with_its_interval_loss_and_seconds() -> None:
    words = _trace(_map(), 1)["customdata"]
    low, high = wilson_interval(COUNT - 40, COUNT)
    assert words[0][1] == (
        f"batch 10, rate 0.1<br>96.00\N{NO-BREAK SPACE}% ({100 * low:.2f} to {100 * high:.2f})"
        "<br>loss 0.1<br>0.25 s"
    )
    assert words[0][2].endswith("loss not finite<br>0.25 s<br>diverged")
    assert words[1][2] == ""


def test_only_what_has_diverged_has_a_cross_and_its_own_ground() -> None:
    crosses = _trace(_map(), 3)
    assert list(zip(crosses["x"], crosses["y"], strict=True)) == [(2, 0)]
    np.testing.assert_array_equal(np.isfinite(_trace(_map(), 2)["z"]), [[0, 0, 1], [0, 0, 0]])


def test_the_axes_stay_while_it_fills() -> None:
    empty = sweep_map(RATES, BATCHES, {})
    assert np.isnan(_trace(empty, 1)["z"]).all()
    for axis in ("xaxis", "yaxis"):
        assert empty["layout"][axis] == _map()["layout"][axis]
    assert empty["layout"]["xaxis"]["ticktext"] == ["0.01", "0.1", "1"]
    assert empty["layout"]["yaxis"]["ticktext"] == ["10", "100"]
    assert empty["layout"]["shapes"] == []


def test_the_best_the_region_and_the_open_cell_are_marked() -> None:
    region, best, opened = _map(best=(10, 0.01), equals=[(10, 0.1)], chosen=(100, 0.1))["layout"]["shapes"]
    assert region["path"] == outline({(0, 0), (1, 0)})
    assert (best["x0"] + best["x1"], best["y0"] + best["y1"]) == (0, 0)
    assert (opened["x0"] + opened["x1"], opened["y0"] + opened["y1"]) == (2, 2)
    assert opened["line"]["dash"] == "dot"
    assert len(_map(best=(10, 0.01), chosen=(10, 0.01))["layout"]["shapes"]) == 2


def test_a_map_without_the_best_still_marks_its_equals() -> None:
    (region,) = _map(equals=[(10, 0.1)])["layout"]["shapes"]
    assert region["path"] == outline({(1, 0)})


@pytest.mark.parametrize("seed", range(5))
def test_the_outline_has_each_side_between_a_cell_inside_and_one_outside(seed: int) -> None:
    inside = np.random.default_rng(seed).random((4, 5)) < 0.5
    padded = np.pad(inside, 1)
    sides = int((padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum())
    path = outline({(int(x), int(y)) for y, x in np.argwhere(inside)})
    drawn = re.findall(r"M(-?[\d.]+),(-?[\d.]+)L(-?[\d.]+),(-?[\d.]+)", path)
    assert len(drawn) == len(set(drawn)) == sides
    assert all(math.dist((float(a), float(b)), (float(c), float(d))) == 1 for a, b, c, d in drawn)


def test_the_curve_of_a_cell_is_beside_that_of_the_best_if_they_are_two() -> None:
    one, best = RESULTS[100, 0.1], RESULTS[10, 0.01]
    names = [trace["name"] for trace in sweep_curve(one, best)["data"]]
    assert names == ["the best", "this cell"]
    (alone,) = sweep_curve(best, best)["data"]
    np.testing.assert_allclose(alone["y"], [60, 70, 80])
    assert alone["x"] == [1, 2, 3]
