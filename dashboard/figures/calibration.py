"""A reliability diagram as a plotly figure."""

import numpy as np
import plotly.graph_objects as go

from dashboard.ui.colours import FAINT, POSITIVE, TEXT
from mnist_core import Calibration


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
