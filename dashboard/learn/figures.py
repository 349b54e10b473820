"""The map of learning rates and batch sizes, with the tries and the best settings on it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import torch
import torch.nn.functional as F
from torch import Tensor

from dashboard.inside.figures import confusion_heatmap
from dashboard.ui.figure_parts import ACCENT, BACKGROUND, FAINT, NEGATIVE, SECOND, TEXT, rectangle
from dashboard.ui.learning_curves import Axis, Figure, x_axis
from mnist_core import Score, Split

Place = tuple[int, float]  # batch size, learning rate


def settings_map(accuracies: Mapping[Place, float], tries: Sequence[Place], best: Place) -> Figure:
    """Draw the accuracy of all settings; the best has a frame, and the tries have their numbers."""
    batches, rates = sorted({batch for batch, _ in accuracies}), sorted({rate for _, rate in accuracies})
    values = np.array([[100 * accuracies[batch, rate] for rate in rates] for batch in batches])
    cells = {
        "type": "heatmap",
        "z": values,
        "x": list(range(len(rates))),
        "y": list(range(len(batches))),
        "zmin": float(np.quantile(values, 0.25)),  # the better three quarters share the colours
        "zmax": float(values.max()),
        "colorscale": [[0, BACKGROUND], [1, ACCENT]],
        "opacity": 0.6,  # keeps the text readable on every colour
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "text": [[f"{value:.0f}" for value in row] for row in values],
        "texttemplate": "%{text}",
        "textfont": {"color": TEXT},
        "customdata": [[f"batch {batch:,}, rate {rate:g}" for rate in rates] for batch in batches],
        "hovertemplate": "%{customdata}: %{z:.1f} %<extra></extra>",
    }
    column, row = rates.index(best[1]), batches.index(best[0])
    shapes = [rectangle(column - 0.5, column + 0.5, row - 0.5, row + 0.5, ACCENT, 3)]
    numbers: dict[Place, str] = {}
    for number, place in enumerate(tries, start=1):
        numbers[place] = f"{numbers[place]}, {number}" if place in numbers else str(number)
    notes = [
        {
            "x": rates.index(rate) - 0.47,
            "y": batches.index(batch) + 0.47,
            "text": f"<b>{text}</b>",
            "showarrow": False,
            "xanchor": "left",
            "yanchor": "top",
            "bgcolor": TEXT,
            "font": {"color": BACKGROUND, "size": 11},
        }
        for (batch, rate), text in numbers.items()
    ]
    axis = {"ticks": "", "fixedrange": True, "showgrid": False, "zeroline": False}
    layout = {
        "xaxis": _axis("learning rate", [f"{rate:g}" for rate in rates], axis),
        "yaxis": _axis("batch size", [f"{batch:,}" for batch in batches], axis),
        "shapes": shapes,
        "annotations": notes,
    }
    return {"data": [cells], "layout": layout}


def _axis(title: str, names: Sequence[str], axis: Mapping[str, object]) -> dict[str, object]:
    return {**axis, "title": {"text": title}, "tickvals": list(range(len(names))), "ticktext": list(names)}


Pair = tuple[int, int]


def confused_pair(matrix: Tensor, *, guess: Pair, most: Pair) -> go.Figure:
    """Draw a confusion matrix, (10, 10) int64, with both cells of each pair framed; the guess is dashed."""
    figure = confusion_heatmap(matrix, shares=False)
    figure.layout.shapes = [
        *(_frame(cell, ACCENT, "solid") for cell in _cells(most)),
        *(_frame(cell, TEXT, "dot") for cell in _cells(guess)),
    ]
    return figure


def _cells(pair: Pair) -> list[Pair]:
    return [pair, (pair[1], pair[0])]


def _frame(cell: Pair, colour: str, dash: str) -> dict[str, object]:
    row, column = cell
    frame = rectangle(column - 0.5, column + 0.5, row - 0.5, row + 0.5, colour, 3)
    return frame | {"line": {"color": colour, "width": 3, "dash": dash}}


NOISE_SEED = 7


def first_step_pictures(train: Split, digit: int) -> dict[str, Tensor]:
    """Draw what the weights of a digit may look like after one step, each (28, 28) float32.

    The strongest value of each is 1 or -1, except that "blank" is zero everywhere.
    """
    ink = train.images.float() / 255
    own, every = ink[train.labels == digit].mean(dim=0), ink.mean(dim=0)
    noise = torch.randn(28, 28, generator=torch.Generator().manual_seed(NOISE_SEED))
    pictures = {"noise": noise, "outline": _outline(own), "contrast": own - every}
    scaled = {name: picture / picture.abs().max().clamp(min=1e-9) for name, picture in pictures.items()}
    return {**scaled, "blank": torch.zeros(28, 28)}


def correlation(one: Tensor, other: Tensor) -> float:
    """Compute the correlation of two pictures of the same shape; nan if one is the same everywhere."""
    pair = torch.stack([one.flatten(), other.flatten()]).double()
    if bool((pair.amax(dim=1) == pair.amin(dim=1)).any()):
        return float("nan")
    return float(torch.corrcoef(pair)[0, 1])


def _outline(image: Tensor) -> Tensor:
    """Return the steepness of a picture: large along the edges of its strokes, zero elsewhere."""
    padded = F.pad(image[None, None], (1, 1, 1, 1))[0, 0]
    across, down = padded[1:-1, 2:] - padded[1:-1, :-2], padded[2:, 1:-1] - padded[:-2, 1:-1]
    return torch.hypot(across, down)


def peak_losses(
    peaks: Mapping[float, float], *, limit: float, guess: float, offered: Sequence[float]
) -> Figure:
    """Draw the highest loss of each run over its learning rate, with the limit and the guess as lines."""
    rates = sorted(rate for rate in peaks if math.isfinite(peaks[rate]))
    points = {
        "type": "scatter",
        "name": "highest loss",
        "x": rates,
        "y": [peaks[rate] for rate in rates],
        "mode": "lines+markers",
        "line": {"color": FAINT, "width": 1.5, "dash": "dot"},
        "marker": {
            "size": 12,
            "color": [NEGATIVE if peaks[rate] > limit else ACCENT for rate in rates],
        },
        "hovertemplate": "learning rate %{x}: %{y:.2f}<extra></extra>",
    }
    highest = max([10.0, *(peaks[rate] for rate in rates)])
    layout = {
        "xaxis": {
            "title": {"text": "learning rate"},
            "type": "log",
            "range": [math.log10(offered[0]) - 0.1, math.log10(offered[-1]) + 0.1],
            "tickvals": list(offered),
            "ticktext": [f"{rate:g}" for rate in offered],
        },
        "yaxis": {
            "title": {"text": "highest test loss"},
            "type": "log",
            "range": [math.log10(0.2), math.log10(highest) + 0.1],
            "tickvals": [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100],
        },
        "showlegend": False,
        "shapes": [
            {**_line("y", limit), "line": {"color": NEGATIVE, "width": 1.5, "dash": "dash"}},
            {**_line("x", guess), "line": {"color": SECOND, "width": 2}},
        ],
        "annotations": [
            _label("untrained: ln 10", x=0.01, xref="paper", y=math.log10(limit), xanchor="left"),
            _label(
                "your guess",
                x=math.log10(guess),
                y=0.02,
                yref="paper",
                xanchor="left" if guess < math.sqrt(offered[0] * offered[-1]) else "right",
            ),
        ],
    }
    return {"data": [points], "layout": layout}


def _line(axis: str, place: float) -> dict[str, Any]:
    other = "x" if axis == "y" else "y"
    ends = {f"{axis}0": place, f"{axis}1": place, f"{other}0": 0, f"{other}1": 1, f"{other}ref": "paper"}
    return {"type": "line", **ends}


def _label(text: str, **place: Any) -> dict[str, Any]:
    return {"text": text, "showarrow": False, "yanchor": "bottom", "xshift": 4, **place}


def seed_accuracies(seeds: Sequence[int], scores: Sequence[Score]) -> Figure:
    """Draw a point for each seed with its 95 % interval."""
    values = [100 * score.accuracy for score in scores]
    points = {
        "type": "scatter",
        "x": [str(seed) for seed in seeds],
        "y": values,
        "mode": "markers",
        "marker": {"color": ACCENT, "size": 10},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [100 * score.interval[1] - value for score, value in zip(scores, values, strict=True)],
            "arrayminus": [
                100 * -score.interval[0] + value for score, value in zip(scores, values, strict=True)
            ],
            "color": ACCENT,
            "thickness": 1.5,
        },
        "hovertemplate": "seed %{x}: %{y:.2f} %<extra></extra>",
    }
    layout = {
        "xaxis": {"title": {"text": "seed"}, "type": "category", "fixedrange": True},
        "yaxis": {"title": {"text": "test accuracy"}, "ticksuffix": " %"},
    }
    return {"data": [points], "layout": layout}


ZERO = 0.5  # where a logarithmic axis shows step 0


def sketched_curve(
    steps: Sequence[int], sketch: Sequence[float], reports: Sequence[tuple[int, float]]
) -> Figure:
    """Draw a sketch, in percent at some steps, and the accuracies of a run, 0 to 1 from step 0 on."""
    start = 100 * reports[0][1]
    traces = [
        _trace("your sketch", [0, *steps], [start, *sketch], SECOND, "dash"),
        _trace("the run", [step for step, _ in reports], [100 * one for _, one in reports], ACCENT, "solid"),
    ]
    layout = {
        "xaxis": x_axis(Axis.STEP, reports[-1][0]),
        "yaxis": {"title": {"text": "test accuracy"}, "range": [0, 101], "ticksuffix": " %"},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
        "hovermode": "x",
    }
    return {"data": traces, "layout": layout}


def _trace(name: str, steps: Sequence[int], values: Sequence[float], colour: str, dash: str) -> Figure:
    return {
        "type": "scatter",
        "name": name,
        "x": [max(step, ZERO) for step in steps],
        "customdata": list(steps),
        "y": list(values),
        "mode": "lines+markers",
        "line": {"color": colour, "width": 3, "dash": dash},
        "marker": {"color": colour, "size": 6},
        "hovertemplate": "step %{customdata:,}: %{y:.1f} %",
    }
