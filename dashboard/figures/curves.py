"""The figures that change while a model learns, as plotly's own JSON.

A `go.Figure` of each would take twenty times as long to make, several times a second; the tests let plotly
check them instead.
"""

import math
from collections.abc import Sequence
from typing import Any

from mnist_core import Progress

TEST = "var(--st-primary-color)"
TRAIN = "var(--digit-1)"
PREVIOUS = "var(--st-gray-color)"
PERCENT = ["0 %", "50 %", "100 %"]  # plotly puts no suffix to ticks at values of our own

Figure = dict[str, Any]  # {"data": traces, "layout": ...}
Marks = Sequence[tuple[float, str]]  # epochs at which the settings changed, and in what


def accuracy_curves(
    history: Sequence[Progress], before: Sequence[Progress], goal: float, marks: Marks = ()
) -> Figure:
    """Draw training and test accuracy over the epochs, and the test accuracy of the run before, faintly."""
    percent = [100 * value for p in (*history, *before) for value in (p.test.accuracy, p.train.accuracy)]
    low = 5 * math.floor(min(percent, default=0) / 5)
    high = min(100, 5 * math.ceil(max(percent, default=100) / 5))
    traces = [
        *_trace("test", history, [100 * p.test.accuracy for p in history], TEST, 3, unit=" %"),
        *_trace("training", history, [100 * p.train.accuracy for p in history], TRAIN, 2, unit=" %"),
        *_trace(
            "run before, test", before, [100 * p.test.accuracy for p in before], PREVIOUS, 1.5, unit=" %"
        ),
    ]
    axis = {"title": {"text": "accuracy"}, "range": [low, max(high, low + 5)], "ticksuffix": " %"}
    return {"data": traces, "layout": _layout(_end(goal, history, before), axis, marks)}


def loss_curves(
    history: Sequence[Progress], before: Sequence[Progress], goal: float, marks: Marks = ()
) -> Figure:
    """Draw training and test loss over the epochs, in nats, and the test loss of the run before, faintly."""
    losses = [value for p in (*history, *before) for value in (p.test.loss, p.train.loss)]
    step = 10 ** math.floor(math.log10(max(losses, default=1) or 1))
    traces = [
        *_trace("test", history, [p.test.loss for p in history], TEST, 3),
        *_trace("training", history, [p.train.loss for p in history], TRAIN, 2),
        *_trace("run before, test", before, [p.test.loss for p in before], PREVIOUS, 1.5),
    ]
    axis = {"title": {"text": "loss"}, "range": [0, step * math.ceil(max(losses, default=2.5) / step)]}
    return {"data": traces, "layout": _layout(_end(goal, history, before), axis, marks)}


def probability_bars(probabilities: Sequence[float]) -> Figure:
    """Draw a bar for the probability of each digit, the largest in the accent colour."""
    percent = [100 * value for value in probabilities]
    bars = {
        "type": "bar",
        "x": list(range(10)),
        "y": percent,
        "marker": {"color": [TEST if value == max(percent) else PREVIOUS for value in percent]},
        "text": [f"{value:.0f}" if value >= 1 else "" for value in percent],
        "textposition": "outside",
        "hovertemplate": "%{x}: %{y:.2f} %<extra></extra>",
    }
    layout = {
        "xaxis": {"dtick": 1, "fixedrange": True},
        "yaxis": {"range": [0, 112], "tickvals": [0, 50, 100], "ticktext": PERCENT, "fixedrange": True},
    }
    return {"data": [bars], "layout": layout}


def _trace(
    name: str, reports: Sequence[Progress], values: list[float], colour: str, width: float, *, unit: str = ""
) -> list[Figure]:
    if not values:
        return []
    return [
        {
            "type": "scatter",
            "name": name,
            "x": [p.epoch for p in reports],
            "y": values,
            "mode": "lines" if len(values) > 1 else "markers",
            "line": {"color": colour, "width": width, "dash": "dot" if colour == PREVIOUS else "solid"},
            "marker": {"color": colour},
            "hovertemplate": "epoch %{x:.2f}: %{y:.4g}" + unit,
        }
    ]


def _end(goal: float, *runs: Sequence[Progress]) -> float:
    return max(goal, *(reports[-1].epoch for reports in runs if reports), 0)


def _layout(end: float, yaxis: dict[str, Any], marks: Marks) -> dict[str, Any]:
    return {
        "xaxis": {"title": {"text": "epoch"}, "range": [0, end]},
        "yaxis": yaxis,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
        "hovermode": "x",
        "shapes": [_line(epoch) for epoch, _ in marks],
        "annotations": [_words(epoch, words, first=epoch == 0) for epoch, words in marks],
    }


def _line(epoch: float) -> dict[str, Any]:
    ends = {"type": "line", "x0": epoch, "x1": epoch, "y0": 0, "y1": 1, "yref": "paper"}
    return {**ends, "line": {"color": PREVIOUS, "width": 1}}


def _words(epoch: float, words: str, *, first: bool) -> dict[str, Any]:
    """Write along a line, on its left; at the very start there is room on the right alone."""
    return {
        "text": words,
        "textangle": -90,
        "showarrow": False,
        "x": epoch,
        "xanchor": "left" if first else "right",
        "y": 0,
        "yref": "paper",
        "yanchor": "bottom",
    }
