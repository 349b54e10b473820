"""The map of learning rates and batch sizes, with the tries and the best settings on it."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import torch
import torch.nn.functional as F
from torch import Tensor

from dashboard.inside.figures import confusion_heatmap
from dashboard.ui.figure_parts import ACCENT, BACKGROUND, FAINT, NEGATIVE, SECOND, TEXT, rectangle
from dashboard.ui.learning_curves import Axis, Figure, x_axis
from mnist_core import Progress, Split
from mnist_core.evaluation.mcnemar import Score
from mnist_core.sweep.learning_curve import Reading

Place = tuple[int, float]  # batch size, learning rate
LN_10 = math.log(10)  # nats: the loss of a model that gives each digit the same probability


def settings_map(
    accuracies: Mapping[Place, float], tries: Sequence[Place], best: Place, equals: Collection[Place]
) -> Figure:
    """Draw the accuracy of all settings, and number the tries.

    The best settings have a solid frame, and those that a test cannot tell from them a dotted one.
    """
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
    shapes = [
        _frame(
            (rates.index(rate), batches.index(batch)),
            *(("dot", TEXT) if (batch, rate) != best else ("solid", ACCENT)),
        )
        for batch, rate in sorted({*equals, best})
    ]
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
        *(_frame(cell, "solid", ACCENT) for cell in _cells(most)),
        *(_frame(cell, "dot", TEXT) for cell in _cells(guess)),
    ]
    return figure


def _cells(pair: Pair) -> list[Pair]:
    return [pair, (pair[1], pair[0])]


def _frame(cell: Pair, dash: str, colour: str) -> dict[str, object]:
    """Frame a cell, counted from the left and from the bottom or the top."""
    across, along = cell
    frame = rectangle(across - 0.47, across + 0.47, along - 0.47, along + 0.47, colour, 3)
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


def losses_of_rates(
    runs: Mapping[float, Sequence[tuple[int, float]]],
    *,
    broken: Collection[float],
    guess: float,
    limit: float,
    end: int,
) -> Figure:
    """Draw the loss of runs over their steps; the axis follows it wherever it goes.

    Args:
        runs: learning rate -> steps taken, from 1 on, and the loss then.
        broken: the rates of those that are drawn as broken.
        guess: the rate that is marked as such.
        limit: the loss of a model that has learned nothing, from which every run begins.
        end: of the axis, in steps.
    """
    traces = []
    for place, rate in enumerate(sorted(runs)):
        points = [(step, loss) for step, loss in [(0, limit), *runs[rate]] if math.isfinite(loss)]
        name = f"rate {rate:g}{', as guessed' if rate == guess else ''}"
        colour = NEGATIVE if rate in broken else ACCENT
        line = _trace(name, points, colour, DASHES[place % len(DASHES)], "%{y:.2f}")
        width = 3 if rate == guess else 1.5
        traces.append({**line, "mode": "lines", "line": {**line["line"], "width": width}})
    highest = max([limit, *(loss for points in runs.values() for _, loss in points if math.isfinite(loss))])
    layout = {
        "xaxis": x_axis(Axis.STEP, end),
        "yaxis": {"title": {"text": "loss"}, "range": [0, 1.1 * highest]},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
        "hovermode": "x",
        "showlegend": True,
        "shapes": [{**_line("y", limit), "line": {"color": TEXT, "width": 1.5, "dash": "dash"}}],
        "annotations": [_label("untrained: ln 10", x=1, xref="paper", y=limit, xanchor="right")],
    }
    return {"data": traces, "layout": layout}


DASHES = ("solid", "dash", "dot", "dashdot")


def _line(axis: str, place: float) -> dict[str, Any]:
    other = "x" if axis == "y" else "y"
    ends = {f"{axis}0": place, f"{axis}1": place, f"{other}0": 0, f"{other}1": 1, f"{other}ref": "paper"}
    return {"type": "line", **ends}


def _label(text: str, **place: Any) -> dict[str, Any]:
    return {"text": text, "showarrow": False, "yanchor": "bottom", "xshift": 4, **place}


def differing_digits(counts: Mapping[tuple[int, int], int], guess: int) -> Figure:
    """Draw for each pair of seeds on how many digits exactly one is right, and the guess as a line."""
    bars = {
        "type": "bar",
        "x": [f"{one} and {other}" for one, other in counts],
        "y": list(counts.values()),
        "text": [f"{count:,}" for count in counts.values()],
        "textposition": "inside",
        "marker": {
            "color": [ACCENT, *(FAINT for _ in range(len(counts) - 1))]
        },  # the guess is about the first
        "hovertemplate": "seeds %{x}: %{y:,} digits<extra></extra>",
    }
    layout = {
        "xaxis": {"title": {"text": "seeds of the two runs"}, "type": "category", "fixedrange": True},
        "yaxis": {"title": {"text": "digits"}, "range": [0, 1.15 * max(guess, 1, *counts.values())]},
        "shapes": [{**_line("y", guess), "line": {"color": SECOND, "width": 3, "dash": "dash"}}],
        "annotations": [_label(f"guess: {guess:,}", x=1, xref="paper", y=guess, xanchor="right")],
    }
    return {"data": [bars], "layout": layout}


def accuracy_by_digits(readings: Sequence[Reading], guess: int) -> Figure:
    """Draw test and training accuracy by the number of digits, with right and with wrong labels.

    Lines are the means of all seeds, bands go from the lowest to the highest; a dotted line marks a guess.
    """
    traces: list[dict[str, Any]] = []
    for is_wrong, labels in ((False, ""), (True, ", wrong labels")):
        own = [one for one in readings if bool(one.config.wrong_labels) == is_wrong]
        counts = sorted({one.config.training_digits or 0 for one in own})
        for part, colour in (("test", ACCENT), ("training", SECOND)):
            values = [
                [
                    100 * (one.test if part == "test" else one.train)
                    for one in own
                    if one.config.training_digits == count
                ]
                for count in counts
            ]
            traces += _banded(f"{part}{labels}", counts, values, colour, dashed=is_wrong)
    line = {"color": TEXT, "width": 1.5, "dash": "dot"}
    counts = sorted({one.config.training_digits or 0 for one in readings})
    at = math.log10(guess)
    layout = {
        "xaxis": {
            "title": {"text": "training digits (logarithmic)"},
            "type": "log",
            "range": [math.log10(counts[0]) - 0.05, math.log10(counts[-1]) + 0.1],
            "tickvals": counts[::3] + counts[-1:],
            "ticktext": [f"{count:,}" for count in counts[::3] + counts[-1:]],
            "fixedrange": True,
        },
        "yaxis": {"title": {"text": "accuracy"}, "range": [0, 101], "ticksuffix": " %", "fixedrange": True},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 8, "t": 48, "b": 8},
        "hovermode": "closest",
        "shapes": [
            {"type": "line", "x0": guess, "x1": guess, "y0": 0, "y1": 1, "yref": "paper", "line": line}
        ],
        "annotations": [
            {
                "text": "guess",
                "x": at,
                "y": 0,
                "yref": "paper",
                "yanchor": "bottom",
                "xanchor": "left",
                "showarrow": False,
            }
        ],
    }
    return {"data": traces, "layout": layout}


def _banded(
    name: str, counts: Sequence[int], values: Sequence[Sequence[float]], colour: str, *, dashed: bool
) -> list[dict[str, Any]]:
    """Draw the mean of some values at each count, in a band from the lowest to the highest."""
    shared = {"type": "scatter", "legendgroup": name, "mode": "lines"}
    highest, lowest = [max(some) for some in values], [min(some) for some in values]
    band = {
        **shared,
        "x": [*counts, *reversed(counts)],
        "y": [*highest, *reversed(lowest)],
        "line": {"width": 0, "color": colour},
        "fill": "toself",
        "fillcolor": colour,
        "opacity": 0.2,
        "hoverinfo": "skip",
        "showlegend": False,
    }
    line = {
        **shared,
        "name": name,
        "x": list(counts),
        "y": [sum(some) / len(some) for some in values],
        "line": {"color": colour, "width": 2.5, "dash": "dash" if dashed else "solid"},
        "hovertemplate": "%{x:,} digits: %{y:.1f} %",
    }
    return [band, line]


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


def sketched_curve(steps: Sequence[int], sketch: Sequence[float], reports: Sequence[Progress]) -> Figure:
    """Draw a sketch, in percent at some steps, and over it the test accuracy and loss of a run so far.

    The loss has its own axis on the right, from zero to a little above where it begins. The axes belong to
    the sketch and not to the run, so that they stay while it learns.
    """
    start = 100 * reports[0].test.accuracy if reports else 10.0
    points = [(0, start), *zip(steps, sketch, strict=True)]
    accuracy = [(report.step, 100 * report.test.accuracy) for report in reports]
    losses = [(report.step, report.test.loss) for report in reports]
    highest = max([LN_10, *(loss for _, loss in losses if math.isfinite(loss))])
    layout = {
        "xaxis": x_axis(Axis.STEP, steps[-1]),
        "yaxis": {"title": {"text": "test accuracy"}, "range": [0, 101], "ticksuffix": " %"},
        "yaxis2": {
            "title": {"text": "test loss"},
            "range": [0, 1.1 * highest],
            "overlaying": "y",
            "tickmode": "auto",  # not those of the accuracy
            "side": "right",
            "showgrid": False,
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
        "hovermode": "x",
    }
    traces = [
        _trace("your sketch", points, SECOND, "dash", "%{y:.0f} %"),
        _trace("accuracy of the run", accuracy, ACCENT, "solid", "%{y:.1f} %"),
        {**_trace("loss of the run", losses, TEXT, "dot", "%{y:.3f}"), "yaxis": "y2"},
    ]
    return {"data": traces, "layout": layout}


def _trace(
    name: str, points: Sequence[tuple[int, float]], colour: str, dash: str, value: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": name,
        "x": [max(step, ZERO) for step, _ in points],
        "customdata": [step for step, _ in points],
        "y": [y for _, y in points],
        "mode": "lines+markers",
        "line": {"color": colour, "width": 3, "dash": dash},
        "marker": {"color": colour, "size": 6},
        "hovertemplate": f"step %{{customdata:,}}: {value}",
    }


DOTS = 9  # of the 784 pixels that the diagram draws


def layer_diagram(digit: int) -> Figure:
    """Draw the layer: a line from each pixel to each of the ten sums, those to one digit in colour."""
    pixels = [(0.0, 1 - place / (DOTS - 1)) for place in range(DOTS)]
    sums = [(1.0, 1 - place / 9) for place in range(10)]
    lines = [
        {
            "type": "line",
            "x0": x0,
            "y0": y0,
            "x1": x1,
            "y1": y1,
            "line": {"color": ACCENT if place == digit else FAINT, "width": 2 if place == digit else 0.6},
            "layer": "below",
        }
        for place, (x1, y1) in enumerate(sums)
        for x0, y0 in pixels
    ]
    ends = {
        "type": "scatter",
        "x": [x for x, _ in pixels + sums],
        "y": [y for _, y in pixels + sums],
        "mode": "markers",
        "marker": {
            "symbol": ["square"] * DOTS + ["circle"] * 10,
            "size": [12] * DOTS + [22] * 10,
            "color": [TEXT] * DOTS + [ACCENT if place == digit else FAINT for place in range(10)],
        },
        "hoverinfo": "skip",
    }
    names = [
        {"x": 1.05, "y": y, "text": f"sum for {place}", "xanchor": "left", "showarrow": False}
        for place, (_, y) in enumerate(sums)
    ]
    pixel_names = [
        {"x": -0.04, "y": y, "text": text, "xanchor": "right", "showarrow": False}
        for y, text in ((1.0, "pixel 1"), (1 - 1 / (DOTS - 1), "pixel 2"), (0.5, "…"), (0.0, "pixel 784"))
    ]
    axis = {"visible": False, "fixedrange": True}
    layout = {
        "xaxis": {**axis, "range": [-0.35, 1.35]},
        "yaxis": {**axis, "range": [-0.08, 1.08]},
        "shapes": lines,
        "annotations": [*names, *pixel_names],
        "showlegend": False,
    }
    return {"data": [ends], "layout": layout}


def curve_with_digits(
    x: Sequence[float], y: Sequence[float], digits: Sequence[tuple[float, float]], *, titles: tuple[str, str]
) -> Figure:
    """Draw a curve with a point for each digit on it; `titles` are those of the axes."""
    shown = [(digit, *place) for digit, place in enumerate(digits) if all(map(math.isfinite, place))]
    curve = {
        "type": "scatter",
        "x": list(x),
        "y": list(y),
        "mode": "lines",
        "line": {"color": FAINT, "width": 2},
    }
    points = {
        "type": "scatter",
        "x": [one for _, one, _ in shown],
        "y": [one for _, _, one in shown],
        "text": [str(digit) for digit, _, _ in shown],
        "mode": "markers+text",
        "textposition": "top center",
        "marker": {"color": ACCENT, "size": 8},
        "hovertemplate": "%{text}: %{x:.3f} → %{y:.3f}<extra></extra>",
    }
    across, up = titles
    layout = {
        "xaxis": {"title": {"text": across}},
        "yaxis": {"title": {"text": up}, "rangemode": "tozero"},
        "showlegend": False,
        "margin": {"l": 8, "r": 8, "t": 20, "b": 8},
    }
    return {"data": [curve, points], "layout": layout}


def exponential(logits: Sequence[float]) -> Figure:
    """Draw e^z, divided by that of the largest logit so that it fits, with the ten logits on it."""
    largest = max(logits)
    low = min(*logits, largest - 4)
    z = [low + (largest - low) * place / 100 for place in range(101)]
    powers = [(one, math.exp(one - largest)) for one in logits]
    return curve_with_digits(
        z, [math.exp(one - largest) for one in z], powers, titles=("z", "e<sup>z</sup>, the largest as 1")
    )


def negative_logarithm(probabilities: Sequence[float]) -> Figure:
    """Draw -ln p from 0.5 % to 100 %, with those of the ten probabilities that lie there."""
    p = [0.005 * 200 ** (place / 100) for place in range(101)]
    points = [(one, -math.log(one)) if one >= p[0] else (math.nan, math.nan) for one in probabilities]
    return curve_with_digits(p, [-math.log(one) for one in p], points, titles=("p", "loss, -ln p"))


TAKEN = 2  # steps of length 1 before the one that is drawn: from zero alone, the valley is a wide one


def losses_after_a_step(train: Split, lengths: Sequence[float]) -> list[float]:
    """Compute the loss over raw digits after `TAKEN` steps and another one, for each length of the last.

    The gradient is that over all the digits, (P - Y)ᵀX / N. Along it the logits change evenly with the
    length, so they are computed once.
    """
    x = F.pad(train.images.flatten(1).float() / 255, (0, 1), value=1.0)  # (N, 785), the last for the bias
    weights = torch.zeros(10, 785)
    for _ in range(TAKEN + 1):
        logits = x @ weights.T  # (N, 10)
        gradient = (logits.softmax(dim=1) - F.one_hot(train.labels, 10)).T @ x / len(x)  # (10, 785)
        weights = weights - gradient
    change = x @ gradient.T
    return [float(F.cross_entropy(logits - length * change, train.labels)) for length in lengths]


def valley(train: Split) -> Figure:
    """Draw the loss over the length of one step, with a short step and one that is too long."""
    lengths = [0.02 * place for place in range(151)]
    losses = losses_after_a_step(train, lengths)
    lowest = min(range(len(losses)), key=losses.__getitem__)
    beyond = next(
        (place for place in range(lowest, len(losses)) if losses[place] > losses[0]), len(losses) - 1
    )
    end = min(len(losses), round(1.2 * beyond) + 1)
    short, long = lowest // 2, min(end - 1, round(1.1 * beyond))
    steps = [
        {
            "type": "scatter",
            "name": name,
            "x": [0, lengths[place]],
            "y": [losses[0], losses[place]],
            "mode": "lines+markers",
            "line": {"color": colour, "width": 2, "dash": dash},
            "marker": {"size": 9},
            "hovertemplate": "length %{x:.2f}: loss %{y:.2f}",
        }
        for name, place, colour, dash in (
            ("a short step", short, ACCENT, "solid"),
            ("a step that is too long", long, NEGATIVE, "dash"),
        )
    ]
    curve = {
        "type": "scatter",
        "name": "the loss",
        "x": lengths[:end],
        "y": losses[:end],
        "mode": "lines",
        "line": {"color": TEXT, "width": 2},
        "hovertemplate": "length %{x:.2f}: loss %{y:.2f}",
    }
    layout = {
        "xaxis": {"title": {"text": "length of the step: the learning rate"}},
        "yaxis": {"title": {"text": "loss after it"}, "rangemode": "tozero"},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
    }
    return {"data": [curve, *steps], "layout": layout}
