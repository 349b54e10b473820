"""The learning curves, as plotly's own JSON.

They are made several times a second; a `go.Figure` of each would take twenty times as long. The tests let
plotly check them instead.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from dashboard.ui.figure_parts import ACCENT, FAINT, SECOND
from dashboard.ui.text import signed
from mnist_core import Metrics, Progress

Figure = dict[str, Any]  # {"data": traces, "layout": ...}
Changes = Sequence[tuple[float, str]]  # x values at which the settings changed, and in what

TEST, TRAIN, PREVIOUS = ACCENT, SECOND, FAINT

LATE = 0.25  # epochs: earlier reports are steep, and set no axis except the logarithmic one
MARK = 0.45  # share of the height that a mark for changed settings takes
ZERO = 0.5  # where a logarithmic axis shows step 0
APART = 3.5  # of two ticks on a logarithmic axis, at least: a label nearer to that of the last step covers it
GAP = 0.25  # opacity
BEYOND = 0.03  # of the axis, behind the last step
ROOM = 0.05  # of the axis above and below what it shows: a dot at 99 % is not cut off
REPLAYED, DOTTED = (
    "replayed",
    "dotted",
)  # curves that follow a film, the second with a dot at its end: chart.js


class Axis(StrEnum):
    """What the curves are drawn over; the values appear on the page."""

    EPOCH = "epoch"
    STEP = "step (logarithmic)"
    SECONDS = "seconds"

    def place(self, report: Progress) -> float:
        """Return the x value of a report."""
        if self is Axis.STEP:
            return max(report.step, ZERO)
        return report.epoch if self is Axis.EPOCH else report.seconds


class Part(StrEnum):
    """Which digits the curves are about; the values appear on the page."""

    TEST = "test"
    TRAINING = "training"
    VALIDATION = "validation"

    def of(self, report: Progress) -> Metrics | None:
        """Return the metrics of these digits; None if the run has none."""
        if self is Part.TEST:
            return report.test
        return report.train if self is Part.TRAINING else report.validation


@dataclass(frozen=True)
class Quantity:
    """What a curve shows: its name, how to read it from metrics, its unit, and the range of its axis."""

    name: str
    read: Callable[[Metrics], float]
    unit: str
    whole: tuple[float, float]  # from the first step on, which a run with steps too long may exceed
    free_side: str  # of the figure, where the curve is not: "bottom" or "top"

    def axis_range(self, late: Sequence[float]) -> tuple[float, float]:
        """Return the ends of the axis, farther away if late values are beyond them."""
        low, high = self.whole
        highest = max(late, default=high)
        if highest > high:
            step = 10 ** math.floor(math.log10(highest))
            high = step * math.ceil(highest / step)
        room = ROOM * (high - low)
        return low - room, high + room


ACCURACY = Quantity("accuracy", lambda metrics: 100 * metrics.accuracy, " %", (0, 100), "bottom")
LOSS = Quantity("loss", lambda metrics: metrics.loss, "", (0, 2.5), "top")


def learning_curves(
    quantity: Quantity,
    history: Sequence[Progress],
    previous: Sequence[Progress],
    end: float,
    changes: Changes = (),
    *,
    over: Axis = Axis.STEP,
    previous_name: str = "previous run",
    gap: bool = False,
) -> Figure:
    """Draw a quantity for training and test digits, and faintly that of the previous run.

    The axes show a run from its first step to its last, so that they stay while it learns; that of the loss
    grows if steps overshoot. `end` is the largest x value that the run will reach, if it is known; `gap`
    fills what is between training and test digits.
    """
    late = [quantity.read(report.test) for report in (*history, *previous) if report.epoch >= LATE]
    draw = partial(_trace, quantity, over)
    traces = [
        *(_gap(quantity, over, history) if gap and history else ()),
        *draw("test", history, Part.TEST, TEST, 3),
        *draw("training", history, Part.TRAINING, TRAIN, 2),
        *draw(previous_name, previous, Part.TEST, PREVIOUS, 1.5),
    ]
    layout = {
        "xaxis": x_axis(over, max(end, *(over.place(runs[-1]) for runs in (history, previous) if runs), 0)),
        "yaxis": {
            "title": {"text": quantity.name},
            "range": list(quantity.axis_range(late)),
            "ticksuffix": quantity.unit,
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
        "hovermode": "x",
        "hoverdistance": -1,  # the nearest report, however far: the first of them are far apart
        "shapes": [_line(place, quantity.free_side) for place, _ in changes],
        "annotations": [_label(place, words, quantity.free_side, over) for place, words in changes],
    }
    return {"data": traces, "layout": layout}


def x_axis(over: Axis, end: float) -> dict[str, Any]:
    """Return the layout of an x axis from the start of a run to an x value."""
    title = {"title": {"text": over.value}}
    if over is not Axis.STEP:
        return {**title, "range": [0, end * (1 + BEYOND)]}
    last = max(round(end), 10)
    first, span = math.log10(ZERO), math.log10(last / ZERO)
    powers = [10**power for power in range(math.ceil(math.log10(last))) if 10**power * APART <= last]
    return {
        **title,
        "type": "log",
        "range": [first - 0.05, first + span * (1 + BEYOND)],
        "tickvals": [ZERO, *powers, last],
        "ticktext": ["0", *(f"{power:,}" for power in (*powers, last))],
    }


HOVER = {
    Axis.EPOCH: "epoch %{x:.2f}",
    Axis.STEP: "step %{customdata:,}",
    Axis.SECONDS: "%{x:.2f} s",
}


def _trace(
    quantity: Quantity,
    over: Axis,
    name: str,
    reports: Sequence[Progress],
    part: Part,
    colour: str,
    width: float,
) -> list[Figure]:
    """Draw one line; chart.js adds a dot at the newest point of that of the test digits."""
    if not reports:
        return []
    return [
        {
            "type": "scatter",
            "name": name,
            "x": [over.place(report) for report in reports],
            "customdata": [report.step for report in reports],
            "y": [quantity.read(metrics) for report in reports if (metrics := part.of(report))],
            "mode": "lines",
            "line": {"color": colour, "width": width, "dash": "dot" if colour == PREVIOUS else "solid"},
            "meta": "" if colour == PREVIOUS else DOTTED if part is Part.TEST else REPLAYED,
            "hovertemplate": f"{HOVER[over]}: %{{y:.4g}}{quantity.unit}",
        }
    ]


def _gap(quantity: Quantity, over: Axis, reports: Sequence[Progress]) -> list[Figure]:
    """Fill what is between the two curves, and write how much it is at the end; chart.js cuts it as them."""
    way = [*reports, *reversed(reports)]
    test = [quantity.read(report.test) for report in reports]
    training = [quantity.read(report.train) for report in reports]
    unit = " points" if quantity is ACCURACY else ""
    return [
        {
            "type": "scatter",
            "name": f"gap {signed(training[-1] - test[-1], 1 if unit else 3)}{unit}",
            "x": [over.place(report) for report in way],
            "customdata": [report.step for report in way],
            "y": [*test, *reversed(training)],
            "mode": "lines",
            "line": {"width": 0, "color": TRAIN},
            "fill": "toself",
            "fillcolor": TRAIN,
            "opacity": GAP,
            "meta": REPLAYED,
            "legendrank": 1001,  # after the others, under which it is drawn
            "hoverinfo": "skip",
        }
    ]


def _line(place: float, side: str) -> dict[str, Any]:
    """Mark a place at one side of the figure, so that the mark does not cross the curve."""
    y0, y1 = (0, MARK) if side == "bottom" else (1 - MARK, 1)
    ends = {"type": "line", "x0": place, "x1": place, "y0": y0, "y1": y1, "yref": "paper"}
    return {**ends, "line": {"color": PREVIOUS, "width": 1}}


def _label(place: float, words: str, side: str, over: Axis) -> dict[str, Any]:
    """Write along the mark, on its left; at the very start there is only room on the right."""
    logarithmic = over is Axis.STEP  # plotly takes the logarithm of a line's place, but not of a label's
    return {
        "text": words,
        "textangle": -90,
        "showarrow": False,
        "x": math.log10(max(place, ZERO)) if logarithmic else place,
        "xanchor": "left" if place <= (ZERO if logarithmic else 0) else "right",
        "y": 0 if side == "bottom" else 1,
        "yref": "paper",
        "yanchor": side,
    }
