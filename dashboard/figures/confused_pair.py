"""The confusion matrix with the pair that was guessed and the pair that is confused most."""

import plotly.graph_objects as go
from torch import Tensor

from dashboard.inside.figures import confusion_heatmap
from dashboard.ui.colours import ACCENT, TEXT
from dashboard.ui.shapes import rectangle

Pair = tuple[int, int]


def confused_pair(matrix: Tensor, *, guess: Pair, most: Pair) -> go.Figure:
    """Draw a confusion matrix, (10, 10) int64, with both cells of each pair framed; the guess is dashed."""
    figure = confusion_heatmap(matrix, shares=False)
    figure.layout.shapes = [
        *(_frame(cell, ACCENT, "solid") for cell in _cells(most)),
        *(_frame(cell, TEXT, "dot") for cell in _cells(guess)),
    ]
    return figure


def _cells(pair: Pair) -> list[Pair]:
    return [pair, (pair[1], pair[0])]


def _frame(cell: Pair, colour: str, dash: str) -> dict[str, object]:
    row, column = cell
    frame = rectangle(column - 0.5, column + 0.5, row - 0.5, row + 0.5, colour, 3)
    return frame | {"line": {"color": colour, "width": 3, "dash": dash}}
