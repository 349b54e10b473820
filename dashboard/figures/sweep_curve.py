"""The validation accuracy of one cell of a map, epoch by epoch, beside that of the best cell."""

from dashboard.train.figures import Figure
from dashboard.ui.colours import FAINT, POSITIVE
from mnist_core import SweepResult


def sweep_curve(result: SweepResult, best: SweepResult | None = None) -> Figure:
    """Draw the curve of a cell; that of the best, if it is another one, is faint."""
    traces = [_trace(result, "this cell", POSITIVE, "solid")]
    if best is not None and best.cell != result.cell:
        traces.insert(0, _trace(best, "the best", FAINT, "dash"))
    epochs = len(result.curve)
    layout = {
        "xaxis": {
            "title": {"text": "epoch"},
            "range": [0.8, epochs + 0.2],
            "dtick": max(1, epochs // 5),
            "fixedrange": True,
        },
        "yaxis": {"title": {"text": "validation accuracy"}, "ticksuffix": " %", "fixedrange": True},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
        "hovermode": "x",
        "showlegend": True,
    }
    return {"data": traces, "layout": layout}


def _trace(result: SweepResult, name: str, colour: str, dash: str) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [epoch for epoch, _ in result.curve],
        "y": [100 * metrics.accuracy for _, metrics in result.curve],
        "line": {"color": colour, "dash": dash, "width": 2.5},
        "marker": {"color": colour},
        "hovertemplate": "epoch %{x}: %{y:.2f} %",
    }
