"""A curve that a person sketched, and that of the run over it."""

from collections.abc import Sequence

from dashboard.train.figures import Axis, Figure, x_axis
from dashboard.ui.colours import ACCENT, SECOND

ZERO = 0.5  # where a logarithmic axis shows step 0


def sketched_curve(
    steps: Sequence[int], sketch: Sequence[float], reports: Sequence[tuple[int, float]]
) -> Figure:
    """Draw a sketch, in percent at some steps, and the accuracies of a run, 0 to 1 from step 0 on."""
    start = 100 * reports[0][1]
    traces = [
        _trace("your sketch", [0, *steps], [start, *sketch], SECOND, "dash"),
        _trace("the run", [step for step, _ in reports], [100 * one for _, one in reports], ACCENT, "solid"),
    ]
    layout = {
        "xaxis": x_axis(Axis.STEP, reports[-1][0]),
        "yaxis": {"title": {"text": "test accuracy"}, "range": [0, 101], "ticksuffix": " %"},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
        "hovermode": "x",
    }
    return {"data": traces, "layout": layout}


def _trace(name: str, steps: Sequence[int], values: Sequence[float], colour: str, dash: str) -> Figure:
    return {
        "type": "scatter",
        "name": name,
        "x": [max(step, ZERO) for step in steps],
        "customdata": list(steps),
        "y": list(values),
        "mode": "lines+markers",
        "line": {"color": colour, "width": 3, "dash": dash},
        "marker": {"color": colour, "size": 6},
        "hovertemplate": "step %{customdata:,}: %{y:.1f} %",
    }
