"""Why one digit leads another, as a plotly figure: what each pixel adds, over the outline of the digit."""

import numpy as np
import plotly.graph_objects as go
from torch import Tensor
from torch.nn import functional as F

from dashboard.ui.colours import BACKGROUND, BORDER, NEGATIVE, POSITIVE, TEXT
from dashboard.ui.numbers import signed
from dashboard.ui.shapes import rectangle
from mnist_core import Margin

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
