"""The learning curves, as plotly's own JSON.

They are made several times a second; a `go.Figure` of each would take twenty times as long. The tests let
plotly check them instead.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.figures.colours import ACCENT, FAINT, SECOND
from mnist_core import Metrics, Progress

Figure = dict[str, Any]  # {"data": traces, "layout": ...}
Changes = Sequence[tuple[float, str]]  # epochs at which the settings changed, and in what

TEST, TRAIN, PREVIOUS = ACCENT, SECOND, FAINT


@dataclass(frozen=True)
class Quantity:
    """What a curve shows: its name, how to read it from metrics, its unit, and the range of its axis."""

    name: str
    read: Callable[[Metrics], float]
    unit: str
    axis_range: Callable[[Sequence[float]], list[float]]


def _accuracy_range(test: Sequence[float]) -> list[float]:
    low = 5 * math.floor(min(test, default=0) / 5)
    return [low, max(min(100, 5 * math.ceil(max(test, default=100) / 5)), low + 5)]


def _loss_range(test: Sequence[float]) -> list[float]:
    step = 10 ** math.floor(math.log10(max(test, default=1) or 1))
    return [0, step * math.ceil(max(test, default=2.5) / step)]


ACCURACY = Quantity("accuracy", lambda metrics: 100 * metrics.accuracy, " %", _accuracy_range)
LOSS = Quantity("loss", lambda metrics: metrics.loss, "", _loss_range)


def learning_curves(
    quantity: Quantity,
    history: Sequence[Progress],
    previous: Sequence[Progress],
    final_epoch: float,
    changes: Changes = (),
    previous_name: str = "previous run",
) -> Figure:
    """Draw a quantity over the epochs, for training and test digits, and faintly that of the previous run.

    The axis is set by the test curves: the first point of the training curve is taken while the model still
    learns the very first batches.
    """
    test = [quantity.read(report.test) for report in history]
    train = [quantity.read(report.train) for report in history]
    other = [quantity.read(report.test) for report in previous]
    traces = [
        *_trace("test", history, test, TEST, 3, quantity.unit),
        *_trace("training", history, train, TRAIN, 2, quantity.unit),
        *_trace(previous_name, previous, other, PREVIOUS, 1.5, quantity.unit),
    ]
    end = max(final_epoch, *(reports[-1].epoch for reports in (history, previous) if reports), 0)
    layout = {
        "xaxis": {"title": {"text": "epoch"}, "range": [0, end]},
        "yaxis": {
            "title": {"text": quantity.name},
            "range": quantity.axis_range([*test, *other]),
            "ticksuffix": quantity.unit,
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
        "hovermode": "x",
        "shapes": [_line(epoch) for epoch, _ in changes],
        "annotations": [_label(epoch, words, first=epoch == 0) for epoch, words in changes],
    }
    return {"data": traces, "layout": layout}


def _trace(
    name: str, reports: Sequence[Progress], values: list[float], colour: str, width: float, unit: str
) -> list[Figure]:
    if not values:
        return []
    return [
        {
            "type": "scatter",
            "name": name,
            "x": [report.epoch for report in reports],
            "y": values,
            "mode": "lines" if len(values) > 1 else "markers",
            "line": {"color": colour, "width": width, "dash": "dot" if colour == PREVIOUS else "solid"},
            "marker": {"color": colour},
            "hovertemplate": f"epoch %{{x:.2f}}: %{{y:.4g}}{unit}",
        }
    ]


def _line(epoch: float) -> dict[str, Any]:
    ends = {"type": "line", "x0": epoch, "x1": epoch, "y0": 0, "y1": 1, "yref": "paper"}
    return {**ends, "line": {"color": PREVIOUS, "width": 1}}


def _label(epoch: float, words: str, *, first: bool) -> dict[str, Any]:
    """Write along a line, on its left; at the very start there is only room on the right."""
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
