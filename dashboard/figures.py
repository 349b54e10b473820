"""Training curves as plotly figures."""

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mnist_core import Progress

TEST = "var(--st-primary-color)"
TRAIN = "var(--digit-1)"
BEFORE = "var(--st-gray-color)"


Marks = Sequence[tuple[float, str]]  # epochs at which the settings changed, and in what


def accuracy_curves(
    history: Sequence[Progress], before: Sequence[Progress], goal: float, marks: Marks = ()
) -> go.Figure:
    """Draw training and test accuracy over the epochs, and the test accuracy of the run before, faintly."""
    percent = [100 * value for p in (*history, *before) for value in (p.test.accuracy, p.train.accuracy)]
    figure = _curves(
        goal,
        marks,
        ("test", [p.epoch for p in history], [100 * p.test.accuracy for p in history]),
        ("training", [p.epoch for p in history], [100 * p.train.accuracy for p in history]),
        ("run before, test", [p.epoch for p in before], [100 * p.test.accuracy for p in before]),
        unit=" %",
    )
    low = 5 * math.floor(min(percent, default=0) / 5)
    high = min(100, 5 * math.ceil(max(percent, default=100) / 5))
    figure.update_yaxes(title="accuracy", range=[low, max(high, low + 5)], ticksuffix=" %")
    return figure


def loss_curves(
    history: Sequence[Progress], before: Sequence[Progress], goal: float, marks: Marks = ()
) -> go.Figure:
    """Draw training and test loss over the epochs, in nats, and the test loss of the run before, faintly."""
    losses = [value for p in (*history, *before) for value in (p.test.loss, p.train.loss)]
    figure = _curves(
        goal,
        marks,
        ("test", [p.epoch for p in history], [p.test.loss for p in history]),
        ("training", [p.epoch for p in history], [p.train.loss for p in history]),
        ("run before, test", [p.epoch for p in before], [p.test.loss for p in before]),
    )
    step = 10 ** math.floor(math.log10(max(losses, default=1) or 1))
    figure.update_yaxes(title="loss", range=[0, step * math.ceil(max(losses, default=2.5) / step)])
    return figure


def _curves(
    goal: float, marks: Marks, *curves: tuple[str, list[float], list[float]], unit: str = ""
) -> go.Figure:
    styles = (
        {"color": TEST, "width": 3},
        {"color": TRAIN, "width": 2},
        {"color": BEFORE, "width": 1.5, "dash": "dot"},
    )
    figure = go.Figure()
    for (name, epochs, values), line in zip(curves, styles, strict=True):
        if epochs:
            figure.add_scatter(
                x=np.array(epochs, np.float32),
                y=np.array(values, np.float32),
                name=name,
                line=line,
                mode="lines" if len(epochs) > 1 else "markers",
                hovertemplate="epoch %{x:.2f}: %{y:.4g}" + unit,
            )
    for epoch, words in marks:
        figure.add_vline(
            epoch,
            line={"color": BEFORE, "width": 1},
            annotation={"text": words, "textangle": -90, "xanchor": "right", "yanchor": "bottom", "y": 0},
        )
    ends = [goal, *(epochs[-1] for _, epochs, _ in curves if epochs)]
    figure.update_xaxes(title="epoch", range=[0, max(ends)])
    figure.update_layout(
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        margin={"l": 8, "r": 8, "t": 32, "b": 8},
        hovermode="x",
    )
    return figure


def probability_bars(probabilities: Sequence[float]) -> go.Figure:
    """Draw a bar for the probability of each digit, the largest in the accent colour."""
    percent = [100 * value for value in probabilities]
    figure = go.Figure(
        go.Bar(
            x=list(range(10)),
            y=percent,
            marker_color=[TEST if value == max(percent) else BEFORE for value in percent],
            text=[f"{value:.0f}" if value >= 1 else "" for value in percent],
            textposition="outside",
            hovertemplate="%{x}: %{y:.2f} %<extra></extra>",
        )
    )
    figure.update_xaxes(dtick=1, fixedrange=True)
    figure.update_yaxes(range=[0, 112], tickvals=[0, 50, 100], ticksuffix=" %", fixedrange=True)
    return figure
