"""The map of learning rates and batch sizes, with the tries and the best settings on it."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.train.figures import Figure
from dashboard.ui.colours import ACCENT, BACKGROUND, TEXT
from dashboard.ui.shapes import rectangle

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
