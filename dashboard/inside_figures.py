"""What a model learned and how it answers, as plotly figures.

Each is made in one piece: adding traces to a figure and updating its axes takes plotly five times as long.
"""

import numpy as np
import plotly.graph_objects as go
from torch import Tensor

from dashboard.numbers import signed
from mnist_core import Calibration, Margin

FOR, AGAINST = "var(--st-blue-color)", "var(--st-orange-color)"  # a pair that colour-blind eyes tell apart
PAPER, INK, FAINT = "var(--st-background-color)", "var(--st-text-color)", "var(--st-gray-color)"
MUTED = "var(--st-secondary-background-color)"
CHOSEN = "var(--st-primary-color)"

OUTLINE = 64  # of 255: where a stroke seems to end


def margin_map(margin: Margin, image: Tensor) -> go.Figure:
    """Draw what each pixel adds to a margin, zero being the page's own colour, over the digit's outline.

    `image` is (28, 28) uint8, the normalized one that the margin is of.
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
        z=image.numpy(),
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
        **cells,
    )
    frames = []
    if chosen is not None:
        row, column = chosen
        edges = (column - 0.5, column + 0.5, row - 0.5, row + 0.5)
        frames.append(_frame(*edges, {"color": CHOSEN, "width": 3}))
    axis = {"dtick": 1, "fixedrange": True, "showgrid": False, "zeroline": False}
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


def reliability_diagram(calibration: Calibration) -> go.Figure:
    """Draw how often answers are right over how sure they are, and below how many there are of each."""
    edges = 100 * calibration.edges.numpy()
    count = calibration.count.numpy()
    places = {"x": (edges[:-1] + edges[1:]) / 2, "width": 0.96 * (edges[1] - edges[0])}
    right = go.Bar(
        **places,
        y=100 * calibration.accuracy.numpy(),
        name="right",
        marker_color=FOR,
        customdata=np.stack([100 * calibration.confidence.numpy(), count], axis=1),
        hovertemplate="%{customdata[1]:,} answers, %{customdata[0]:.1f} % sure on average:<br>"
        "%{y:.1f} % are right<extra></extra>",
    )
    ideal = go.Scatter(
        x=[0, 100],
        y=[0, 100],
        name="as often right as sure",
        mode="lines",
        line={"color": INK, "width": 1.5, "dash": "dot"},
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
        "xaxis": {**percent, "title": "probability of the answer", "anchor": "y2"},
        "yaxis": {**percent, "title": "read right", "domain": [0.34, 1]},
        "yaxis2": {
            "title": "answers",
            "range": [0, 1.35 * count.max()],
            "domain": [0, 0.22],
            "tickvals": [],
            "fixedrange": True,
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
    }
    return go.Figure([right, ideal, counts], layout)
