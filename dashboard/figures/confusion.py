"""What a model learned and how it answers, as plotly figures.

Each is made in one piece: adding traces to a figure and updating its axes takes plotly five times as long.
"""

import numpy as np
import plotly.graph_objects as go
from torch import Tensor
from torch.nn import functional as F

from dashboard.text.numbers import signed
from mnist_core import Margin

FOR, AGAINST = "var(--st-blue-color)", "var(--st-orange-color)"  # a pair that colour-blind eyes tell apart
PAPER, INK, FAINT = "var(--st-background-color)", "var(--st-text-color)", "var(--st-gray-color)"
MUTED = "var(--st-secondary-background-color)"
CHOSEN = "var(--st-primary-color)"

OUTLINE = 64  # of 255: where a stroke seems to end


def margin_map(margin: Margin, image: Tensor) -> go.Figure:
    """Draw what each pixel adds to a margin, zero being the page's own colour, over the digit's outline.

    `image` is (28, 28) uint8, the preprocessed one that the margin is of.
    """
    full = max(float(margin.map.abs().max()), 1e-9)
    pixels = go.Heatmap(
        z=margin.map.numpy(),
        zmin=-full,
        zmax=full,
        colorscale=[[0, AGAINST], [0.5, PAPER], [1, FOR]],
        customdata=image.numpy() / np.float32(255),
        hovertemplate="row %{y}, column %{x}<br>ink %{customdata:.2f}<br>adds %{z:+.3f}<extra></extra>",
        colorbar={
            "orientation": "h",
            "y": 0,
            "yanchor": "top",
            "thickness": 10,
            "outlinewidth": 0,
            "tickvals": [-full, 0, full],
            "ticktext": [signed(-full), "0", signed(full)],
        },
    )
    outline = go.Contour(
        z=_smoothed(image).numpy(),
        contours={"start": OUTLINE, "end": OUTLINE, "size": 1, "coloring": "none"},
        line={"color": INK, "width": 1.5},
        showscale=False,
        hoverinfo="skip",
    )
    square = {"visible": False, "fixedrange": True, "constrain": "domain"}
    layout = {
        "xaxis": {**square, "range": [-0.5, 27.5]},
        "yaxis": {**square, "range": [27.5, -0.5], "scaleanchor": "x"},
        "shapes": [_frame(-0.5, 27.5, -0.5, 27.5, {"color": "var(--st-border-color)", "width": 1})],
    }
    return go.Figure([pixels, outline], layout)


def _smoothed(image: Tensor) -> Tensor:
    """Blur (28, 28) uint8 with 1-2-1 both ways, so that a stroke of every second pixel has one outline."""
    blurred = F.avg_pool2d(image.float()[None], 2, stride=1, padding=1)  # (1, 29, 29)
    return F.avg_pool2d(blurred, 2, stride=1)[0]


def confusion_heatmap(matrix: Tensor, *, shares: bool, chosen: tuple[int, int] | None = None) -> go.Figure:
    """Draw a confusion matrix, (10, 10) int64, as counts or as percent of each row.

    What is read right is muted, or its large numbers would leave no colour for the mistakes. `chosen` is a
    cell to be framed, (row, column).
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
        colorscale=[[0, PAPER], [1, AGAINST]],
        opacity=0.5,  # of the colours, not of the text, which is readable on any of them then
        textfont={"color": INK},
        **cells,
    )
    frames = []
    if chosen is not None:
        row, column = chosen
        edges = (column - 0.5, column + 0.5, row - 0.5, row + 0.5)
        frames.append(_frame(*edges, {"color": CHOSEN, "width": 3}))
    axis = {"dtick": 1, "ticks": "", "fixedrange": True, "showgrid": False, "zeroline": False}
    layout = {
        "xaxis": {**axis, "title": "read as", "side": "top"},
        "yaxis": {**axis, "title": "is", "autorange": "reversed"},
        "shapes": frames,
    }
    return go.Figure([correct, mistaken], layout)


def _frame(
    left: float, right: float, top: float, bottom: float, line: dict[str, object]
) -> dict[str, object]:
    return {"type": "rect", "x0": left, "x1": right, "y0": top, "y1": bottom, "line": line}
