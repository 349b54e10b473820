"""The figures of the tab Compare: curves of several runs, the map of settings, and the curve of a cell."""

import html
import math
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.lab.setting_choices import SETTINGS
from dashboard.ui.figure_parts import BACKGROUND, FAINT, MUTED, NEGATIVE, POSITIVE, TEXT
from dashboard.ui.learning_curves import HOVER, LATE, Axis, Figure, Part, Quantity, x_axis
from dashboard.ui.text import percent
from mnist_core import Progress, SweepResult

Place = tuple[Any, float]  # what its row stands for, such as a batch size; and its learning rate
DOUBLINGS = 2.0  # how many times the mistakes of the best double from full colour to none
FEWEST_MISTAKES = 0.5  # a model without any has fewer than one: the logarithm needs a number


def sweep_map(
    learning_rates: Sequence[float],
    rows: Sequence[Any],
    results: Mapping[Place, SweepResult],
    *,
    setting: str = "batch_size",
    best: Place | None = None,
    equals: Collection[Place] = (),
    chosen: Place | None = None,
) -> Figure:
    """Draw the validation accuracy of the cells of one input.

    The colour tells how many mistakes a cell makes beside the best one here: full for the best, none for
    four times as many, in equal steps for each doubling. Diverged cells have a cross; cells to come, grey.

    Args:
        learning_rates: of the columns.
        rows: the values of the setting that changes from row to row, from the bottom.
        results: those that are there.
        setting: the name of that setting.
        best: the place that carries the mark of the best; None if it is on another map.
        equals: places that cannot be told apart from it; the line goes around them and the best.
        chosen: the place whose curve is open; it has a dotted frame unless it is the best.
    """
    places = [[(row, rate) for rate in learning_rates] for row in rows]
    sound = {place: one for place, one in results.items() if not one.diverged}
    diverged = [place for place, one in results.items() if one.diverged]
    fewest = min(map(_mistakes, sound.values()), default=FEWEST_MISTAKES)
    values = _table(places, lambda place: _colour(sound.get(place), fewest))
    cells = {
        "x": list(range(len(learning_rates))),
        "y": list(range(len(rows))),
        "type": "heatmap",
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hoverongaps": False,
    }
    ground = {
        **cells,
        "z": np.zeros_like(values),
        "colorscale": [[0, MUTED], [1, MUTED]],
        "hoverinfo": "skip",
    }
    hover = {
        **cells,
        "z": values,
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, BACKGROUND], [1, POSITIVE]],
        "opacity": 0.6,  # keeps the text readable on every colour
        "text": [[_number(sound.get(place)) for place in row] for row in places],
        "texttemplate": "%{text}",
        "textfont": {"color": TEXT},
        "customdata": [
            [_describe_place(setting, place, results.get(place)) for place in row] for row in places
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    crosses = {
        "type": "scatter",
        "mode": "markers",
        "x": [learning_rates.index(rate) for _, rate in diverged],
        "y": [rows.index(row) for row, _ in diverged],
        "marker": {"symbol": "x-thin", "size": 9, "line": {"width": 2, "color": TEXT}},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    # Hovered and clicked in place of the crosses, which have no words of their own.
    under = {
        **hover,
        "z": _table(places, lambda place: 0.0 if place in diverged else math.nan),
        "colorscale": [[0, MUTED], [1, MUTED]],
        "opacity": 1,
        "text": None,
        "texttemplate": "",
    }
    layout = {
        "xaxis": _axis("learning rate", [f"{rate:g}" for rate in learning_rates]),
        "yaxis": _axis(SETTINGS[setting].label.lower(), [SETTINGS[setting].show(row) for row in rows]),
        "shapes": _marks(learning_rates, rows, best, {*equals, *([best] if best else [])}, chosen),
        "showlegend": False,
    }
    return {"data": [ground, hover, under, crosses], "layout": layout}


def _table(places: list[list[Place]], value: Callable[[Place], float]) -> Any:
    return np.array([[value(place) for place in row] for row in places], dtype=float)


def _mistakes(result: SweepResult) -> float:
    return max(result.validation.count - result.validation.right, FEWEST_MISTAKES)


def _colour(result: SweepResult | None, fewest: float) -> float:
    """Return the place on the scale, 1 for the fewest mistakes and 0 for four times as many; nan if none."""
    if result is None:
        return math.nan
    return max(0.0, 1 - math.log2(_mistakes(result) / fewest) / DOUBLINGS)


def _number(result: SweepResult | None) -> str:
    return "" if result is None else f"{100 * result.validation.accuracy:.1f}"


def _describe_place(setting: str, place: Place, result: SweepResult | None) -> str:
    if result is None:
        return ""
    row, rate = place
    low, high = result.validation.interval
    loss = result.metrics.loss
    lines = [
        f"{SETTINGS[setting].describe(row)}, rate {rate:g}",
        f"{percent(result.validation.accuracy, 2)} ({100 * low:.2f} to {100 * high:.2f})",
        f"loss {loss:.4g}" if math.isfinite(loss) else "loss not finite",
        f"{result.seconds:.2f} s",
    ]
    return "<br>".join([*lines, "diverged"] if result.diverged else lines)


def _marks(
    rates: Sequence[float],
    rows: Sequence[Any],
    best: Place | None,
    region: Collection[Place],
    chosen: Place | None,
) -> list[dict[str, object]]:
    """Draw a line around the region, a frame around the best, and a dotted one around the chosen cell."""
    at = {(row, rate): (x, y) for y, row in enumerate(rows) for x, rate in enumerate(rates)}
    inside = {at[place] for place in region if place in at}
    shapes: list[dict[str, object]] = []
    if inside:
        line = {"color": TEXT, "width": 2}
        shapes.append({"type": "path", "path": outline(inside), "line": line})
    if best in at:
        shapes.append(_frame(*at[best], 0.43, {"color": NEGATIVE, "width": 3}))
    if chosen in at and chosen != best:
        shapes.append(_frame(*at[chosen], 0.36, {"color": TEXT, "width": 1.5, "dash": "dot"}))
    return shapes


def _frame(x: int, y: int, inset: float, line: dict[str, object]) -> dict[str, object]:
    edges = {"x0": x - inset, "x1": x + inset, "y0": y - inset, "y1": y + inset}
    return {"type": "rect", **edges, "line": line}


def outline(cells: Collection[tuple[int, int]]) -> str:
    """Return the sides of cells (x, y) that have no other of the cells beside them, as a path for plotly."""
    sides = []
    for x, y in sorted(cells):
        left, right, low, high = x - 0.5, x + 0.5, y - 0.5, y + 0.5
        for beside, side in (
            ((x - 1, y), (left, low, left, high)),
            ((x + 1, y), (right, low, right, high)),
            ((x, y - 1), (left, low, right, low)),
            ((x, y + 1), (left, high, right, high)),
        ):
            if beside not in cells:
                sides.append("M{},{}L{},{}".format(*side))
    return "".join(sides)


def _axis(title: str, names: Sequence[str]) -> dict[str, object]:
    return {
        "title": {"text": title},
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "range": [-0.54, len(names) - 0.46],  # the line around the region is not cut off
        "ticks": "",
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
    }


def sweep_curve(result: SweepResult, best: SweepResult | None = None) -> Figure:
    """Draw the curve of a cell; that of the best, if it is another one, is faint."""
    traces = [_trace(result, "this cell", POSITIVE, "solid")]
    if best is not None and best.cell != result.cell:
        traces.insert(0, _trace(best, "the best", FAINT, "dash"))
    epochs = len(result.curve)
    layout = {
        "xaxis": {
            "title": {"text": "epoch"},
            "range": [0.8, epochs + 0.2],
            "dtick": max(1, epochs // 5),
            "fixedrange": True,
        },
        "yaxis": {"title": {"text": "validation accuracy"}, "ticksuffix": " %", "fixedrange": True},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
        "hovermode": "x",
        "hoverdistance": -1,
        "showlegend": True,
    }
    return {"data": traces, "layout": layout}


def _trace(result: SweepResult, name: str, colour: str, dash: str) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [epoch for epoch, _ in result.curve],
        "y": [100 * metrics.accuracy for _, metrics in result.curve],
        "line": {"color": colour, "dash": dash, "width": 2.5},
        "marker": {"color": colour},
        "hovertemplate": "epoch %{x}: %{y:.2f} %",
    }


# Ten of the categorical colours, those that stand out from either background first.
COLOUR_PLACES = (0, 6, 4, 2, 5, 8, 7, 9, 1, 3)
DASHES = ("solid", "dash", "dot", "dashdot")  # so that the colours need not be told apart
BAND = 0.2  # opacity


@dataclass(frozen=True, eq=False)
class Curve:
    """One curve: its name, its place among the colours, and the history of each seed, at least one."""

    name: str
    place: int
    histories: Sequence[Sequence[Progress]]


@dataclass(frozen=True)
class _Point:
    """A point of a curve: the mean over the seeds, and the standard deviation around it, 0 for one seed."""

    x: float
    step: int
    epoch: float
    mean: float
    deviation: float


def comparison_curves(quantity: Quantity, part: Part, over: Axis, curves: Sequence[Curve]) -> Figure:
    """Draw a quantity for each run; for several seeds the mean, in a band of one standard deviation."""
    points = [_points(quantity, part, over, curve) for curve in curves]
    traces = [
        trace
        for curve, known in zip(curves, points, strict=True)
        if known
        for trace in _traces(curve, known, quantity, over)
    ]
    end = max((known[-1].x for known in points if known), default=1.0)
    layout = {
        "xaxis": x_axis(over, end),
        "yaxis": {
            "title": {"text": f"{part} {quantity.name}"},
            "range": list(_range(quantity, over, points)),
            "ticksuffix": quantity.unit,
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
        "hovermode": "closest",
    }
    return {"data": traces, "layout": layout}


def _points(quantity: Quantity, part: Part, over: Axis, curve: Curve) -> list[_Point]:
    """Put the reports of all seeds together, as far as each has come: they report after the same steps."""
    points = []
    for reports in zip(*curve.histories, strict=False):
        metrics = [known for report in reports if (known := part.of(report)) is not None]
        if len(metrics) < len(reports):
            return []
        values = list(map(quantity.read, metrics))
        points.append(
            _Point(
                x=statistics.fmean(over.place(report) for report in reports),
                step=reports[0].step,
                epoch=reports[0].epoch,
                mean=statistics.fmean(values),
                deviation=statistics.stdev(values) if len(values) > 1 else 0.0,
            )
        )
    return points


def _traces(curve: Curve, points: list[_Point], quantity: Quantity, over: Axis) -> list[dict[str, Any]]:
    name, colour = html.escape(curve.name), f"var(--digit-{COLOUR_PLACES[curve.place % len(COLOUR_PLACES)]})"
    several = len(curve.histories) > 1
    spread = f" ± %{{customdata[1]:.2g}}{quantity.unit}" if several else ""
    place = HOVER[over].replace("%{customdata:,}", "%{customdata[0]:,}")
    line = {
        "type": "scatter",
        "name": name,
        "legendgroup": str(curve.place),
        "x": [point.x for point in points],
        "y": [point.mean for point in points],
        "customdata": [[point.step, point.deviation] for point in points],
        "mode": "lines" if len(points) > 1 else "markers",
        "line": {"color": colour, "width": 2.5, "dash": DASHES[curve.place % len(DASHES)]},
        "marker": {"color": colour},
        "hovertemplate": f"{place}: %{{y:.4g}}{quantity.unit}{spread}",
    }
    if not several:
        return [line]
    upper = [point.mean + point.deviation for point in points]
    lower = [point.mean - point.deviation for point in points]
    band = {
        "type": "scatter",
        "legendgroup": str(curve.place),
        "showlegend": False,
        "x": [point.x for point in (*points, *reversed(points))],
        "y": [*upper, *reversed(lower)],
        "mode": "lines",
        "line": {"width": 0, "color": colour},
        "fill": "toself",
        "fillcolor": colour,
        "opacity": BAND,
        "hoverinfo": "skip",
    }
    return [band, line]


def _range(quantity: Quantity, over: Axis, points: Sequence[Sequence[_Point]]) -> tuple[float, float]:
    """Leave out the steep beginning, so that small differences at the end are seen."""
    if over is Axis.STEP:
        return quantity.whole
    late = [
        value
        for known in points
        for point in known
        if point.epoch >= max(LATE, known[-1].epoch / 10)
        for value in (point.mean - point.deviation, point.mean + point.deviation)
    ]
    if not late:
        return quantity.whole
    low, high = min(late), max(late)
    step = 10 ** math.floor(math.log10(max(high - low, 1e-3))) / 2
    return step * math.floor(low / step), step * math.ceil(high / step + 1e-9)
