"""The confusion matrix as a plotly figure.

The figure is made in one call: adding traces and updating axes afterwards takes plotly five times as long.
"""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from torch import Tensor
from torch.nn import functional as F

from dashboard.ui.figure_parts import (
    ACCENT,
    BACKGROUND,
    BORDER,
    FAINT,
    MUTED,
    NEGATIVE,
    POSITIVE,
    TEXT,
    rectangle,
)
from dashboard.ui.text import signed
from mnist_core import Calibration
from mnist_core.inference.attribution import Margin


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
        "yaxis": {**axis, "title": "true digit", "autorange": "reversed"},
        "shapes": shapes,
    }
    return go.Figure([correct, mistaken], layout)


def reliability_diagram(calibration: Calibration) -> go.Figure:
    """Draw the accuracy of the answers against their confidence, and the number of answers below."""
    edges = 100 * calibration.edges.numpy()
    count = calibration.count.numpy()
    places = {"x": (edges[:-1] + edges[1:]) / 2, "width": 0.96 * (edges[1] - edges[0])}
    right = go.Bar(
        **places,
        y=100 * calibration.accuracy.numpy(),
        name="right",
        marker_color=POSITIVE,
        customdata=np.stack([100 * calibration.confidence.numpy(), count], axis=1),
        hovertemplate="%{customdata[1]:,} answers with %{customdata[0]:.1f} % confidence on average:<br>"
        "%{y:.1f} % are right<extra></extra>",
    )
    ideal = go.Scatter(
        x=[0, 100],
        y=[0, 100],
        name="perfectly calibrated",
        mode="lines",
        line={"color": TEXT, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    counts = go.Bar(
        **places,
        y=count,
        yaxis="y2",
        marker_color=FAINT,
        text=[f"{number:,}" if number else "" for number in count],
        textposition="outside",
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )
    percent = {"range": [0, 100.5], "dtick": 20, "ticksuffix": " %", "fixedrange": True}
    layout = {
        "xaxis": {**percent, "title": "confidence", "anchor": "y2"},
        "yaxis": {**percent, "title": "accuracy", "domain": [0.34, 1]},
        "yaxis2": {
            "title": "answers",
            "range": [0, 1.35 * count.max()],
            "domain": [0, 0.22],
            "tickvals": [],
            "fixedrange": True,
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 24, "t": 32, "b": 8},
    }
    return go.Figure([right, ideal, counts], layout)


def change_bars(shares: Mapping[str, Tensor]) -> go.Figure:
    """Draw ten probabilities, (10,), for each way to change a picture, by its name."""
    bars = [
        go.Bar(
            name=name,
            x=list(range(10)),
            y=(100 * probabilities).tolist(),
            marker_color=colour,
            hovertemplate="%{x}: %{y:.1f} %",
        )
        for (name, probabilities), colour in zip(shares.items(), (POSITIVE, FAINT), strict=False)
    ]
    layout = {
        "xaxis": {"dtick": 1, "fixedrange": True},
        "yaxis": {"range": [0, 100], "ticksuffix": " %", "fixedrange": True},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
        "barmode": "group",
        "showlegend": True,
    }
    return go.Figure(bars, layout)


OUTLINE = 64  # of 255: the ink at which a stroke seems to end


def margin_map(margin: Margin, image: Tensor) -> go.Figure:
    """Draw what each pixel adds to a margin, over the outline of the digit; zero has the page's colour.

    `image`, (28, 28) uint8, is the preprocessed image that the margin belongs to.
    """
    full = max(float(margin.map.abs().max()), 1e-9)
    pixels = go.Heatmap(
        z=margin.map.numpy(),
        zmin=-full,
        zmax=full,
        colorscale=[[0, NEGATIVE], [0.5, BACKGROUND], [1, POSITIVE]],
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
        line={"color": TEXT, "width": 1.5},
        showscale=False,
        hoverinfo="skip",
    )
    square = {"visible": False, "fixedrange": True, "constrain": "domain"}
    layout = {
        "xaxis": {**square, "range": [-0.5, 27.5]},
        "yaxis": {**square, "range": [27.5, -0.5], "scaleanchor": "x"},
        "shapes": [rectangle(-0.5, 27.5, -0.5, 27.5, BORDER, 1)],
    }
    return go.Figure([pixels, outline], layout)


def _smoothed(image: Tensor) -> Tensor:
    """Blur (28, 28) uint8 with 1-2-1 both ways, so that a stroke of every second pixel has one outline."""
    blurred = F.avg_pool2d(image.float()[None], 2, stride=1, padding=1)  # (1, 29, 29)
    return F.avg_pool2d(blurred, 2, stride=1)[0]
