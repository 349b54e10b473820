"""The confusion matrix as a plotly figure.

The figure is made in one call: adding traces and updating axes afterwards takes plotly five times as long.
"""

import numpy as np
import plotly.graph_objects as go
from torch import Tensor

from dashboard.ui.colours import ACCENT, BACKGROUND, MUTED, NEGATIVE, TEXT
from dashboard.ui.shapes import rectangle


def confusion_heatmap(matrix: Tensor, *, shares: bool, chosen: tuple[int, int] | None = None) -> go.Figure:
    """Draw a confusion matrix, (10, 10) int64, as counts or as percent of each row.

    The diagonal is muted: its large numbers would leave no range of colours for the mistakes. A frame marks
    the cell `chosen`, (row, column).
    """
    counts = matrix.double().numpy()
    values = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) if shares else counts
    digits = 1 if shares else 0
    text = np.array([[f"{value:.{digits}f}" if value else "" for value in row] for row in values])
    right = np.eye(10, dtype=bool)
    cells = {
        "texttemplate": "%{text}",
        "hovertemplate": f"%{{y}} read as %{{x}}: %{{z:,.4~g}}{' %' if shares else ''}<extra></extra>",
        "hoverongaps": False,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
    }
    correct = go.Heatmap(
        z=np.where(right, values, np.nan),
        text=np.where(right, text, ""),
        colorscale=[[0, MUTED], [1, MUTED]],
        **cells,
    )
    mistaken = go.Heatmap(
        z=np.where(right, np.nan, values),
        text=np.where(right, "", text),
        zmin=0,
        zmax=max(values[~right].max(), 1e-9),
        colorscale=[[0, BACKGROUND], [1, NEGATIVE]],
        opacity=0.5,  # keeps the text readable on every colour
        textfont={"color": TEXT},
        **cells,
    )
    shapes = []
    if chosen is not None:
        row, column = chosen
        edges = (column - 0.5, column + 0.5, row - 0.5, row + 0.5)
        shapes.append(rectangle(*edges, ACCENT, 3))
    axis = {"dtick": 1, "ticks": "", "fixedrange": True, "showgrid": False, "zeroline": False}
    layout = {
        "xaxis": {**axis, "title": "read as", "side": "top"},
        "yaxis": {**axis, "title": "is", "autorange": "reversed"},
        "shapes": shapes,
    }
    return go.Figure([correct, mistaken], layout)
