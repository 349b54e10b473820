"""The curves of several runs in one figure, as plotly's own JSON; nothing in it is smoothed."""

import html
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.ui.learning_curves import HOVER, LATE, Axis, Figure, Part, Quantity, x_axis
from mnist_core import Progress

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
