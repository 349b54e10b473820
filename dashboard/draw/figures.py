"""The probability of each digit as bars, as plotly's own JSON; see curves.py for the reason."""

from collections.abc import Sequence

import torch

from dashboard.ui.figure_parts import ACCENT, FAINT
from dashboard.ui.learning_curves import Figure
from mnist_core.model import likeliest_digits

PERCENT = ["0 %", "50 %", "100 %"]  # plotly adds no suffix to ticks that are given as values


def probability_bars(probabilities: Sequence[float]) -> Figure:
    """Draw a bar for the probability of each digit, the largest in the accent colour."""
    percent = [100 * value for value in probabilities]
    likeliest = int(likeliest_digits(torch.tensor(probabilities)))
    bars = {
        "type": "bar",
        "x": list(range(10)),
        "y": percent,
        "marker": {"color": [ACCENT if digit == likeliest else FAINT for digit in range(10)]},
        "text": [f"{value:.0f}" if value >= 1 else "" for value in percent],
        "textposition": "outside",
        "hovertemplate": "%{x}: %{y:.2f} %<extra></extra>",
    }
    layout = {
        "xaxis": {"dtick": 1, "fixedrange": True},
        "yaxis": {"range": [0, 112], "tickvals": [0, 50, 100], "ticktext": PERCENT, "fixedrange": True},
    }
    return {"data": [bars], "layout": layout}
