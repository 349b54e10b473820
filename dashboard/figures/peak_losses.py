"""How high the loss rose at each learning rate, and where it was expected to break."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.train.figures import Figure
from dashboard.ui.colours import ACCENT, FAINT, NEGATIVE, SECOND


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
