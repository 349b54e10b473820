"""The confusion matrix: what is in its cells, and which cell is framed."""

import numpy as np
import torch
from numpy.testing import assert_allclose

from dashboard.inside.figures import confusion_heatmap

MATRIX = torch.randint(0, 50, (10, 10), generator=torch.Generator().manual_seed(3))


def _whole(figure: object) -> np.ndarray:
    """Lay the muted diagonal and the mistakes over each other."""
    right, wrong = (np.array(trace.z, dtype=float) for trace in figure.data)  # type: ignore[attr-defined]
    assert (np.isnan(right) != np.isnan(wrong)).all()
    return np.where(np.isnan(right), wrong, right)


def test_cells_hold_the_counts() -> None:
    assert_allclose(_whole(confusion_heatmap(MATRIX, shares=False)), MATRIX.numpy())


def test_shares_of_a_row_add_up_to_a_hundred_percent() -> None:
    whole = _whole(confusion_heatmap(MATRIX, shares=True))
    assert_allclose(whole.sum(axis=1), 100)
    assert_allclose(whole[3, 8] / whole[3, 5], MATRIX[3, 8] / MATRIX[3, 5])


def test_a_digit_that_does_not_occur_has_shares_of_zero() -> None:
    matrix = MATRIX.clone()
    matrix[4] = 0
    assert not _whole(confusion_heatmap(matrix, shares=True))[4].any()


def test_empty_cells_have_no_text() -> None:
    right, wrong = confusion_heatmap(torch.eye(10, dtype=torch.int64) * 7, shares=False).data
    assert [right.text[digit][digit] for digit in range(10)] == ["7"] * 10
    assert not any(cell for row in wrong.text for cell in row)


def test_the_chosen_cell_is_framed() -> None:
    (frame,) = confusion_heatmap(MATRIX, shares=False, chosen=(3, 8)).layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (7.5, 8.5, 2.5, 3.5)
    assert confusion_heatmap(MATRIX, shares=False).layout.shapes == ()
