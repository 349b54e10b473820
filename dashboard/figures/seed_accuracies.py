"""The accuracies of runs that differ in their seed alone, with their intervals."""

from collections.abc import Sequence

from dashboard.train.figures import Figure
from dashboard.ui.colours import ACCENT
from mnist_core import Score


def seed_accuracies(seeds: Sequence[int], scores: Sequence[Score]) -> Figure:
    """Draw a point for each seed with its 95 % interval."""
    values = [100 * score.accuracy for score in scores]
    points = {
        "type": "scatter",
        "x": [str(seed) for seed in seeds],
        "y": values,
        "mode": "markers",
        "marker": {"color": ACCENT, "size": 10},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [100 * score.interval[1] - value for score, value in zip(scores, values, strict=True)],
            "arrayminus": [
                100 * -score.interval[0] + value for score, value in zip(scores, values, strict=True)
            ],
            "color": ACCENT,
            "thickness": 1.5,
        },
        "hovertemplate": "seed %{x}: %{y:.2f} %<extra></extra>",
    }
    layout = {
        "xaxis": {"title": {"text": "seed"}, "type": "category", "fixedrange": True},
        "yaxis": {"title": {"text": "test accuracy"}, "ticksuffix": " %"},
    }
    return {"data": [points], "layout": layout}
