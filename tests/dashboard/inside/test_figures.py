"""The confusion matrix: what is in its cells, and which cell is framed."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from dashboard.inside.figures import confusion_heatmap, margin_map, reliability_diagram
from dashboard.ui.figure_parts import BACKGROUND
from mnist_core import Predictions, calibration_curve
from mnist_core.inference.attribution import Margin

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


def test_a_bar_stands_over_its_bin_and_says_how_many_answers_it_stands_for() -> None:
    probabilities = torch.full((4, 10), 0.03)
    probabilities[:, 0] = 0.73
    diagram = reliability_diagram(calibration_curve(Predictions(probabilities, torch.tensor([0, 0, 0, 1]))))
    right, _, counts = diagram.data
    place = list(right.x).index(75)
    assert right.y[place] == 75
    assert np.isnan(np.delete(right.y, place)).all()
    assert counts.text[place] == "4"
    assert sum(map(bool, counts.text)) == 1


def test_a_perfectly_calibrated_model_is_a_straight_line_from_corner_to_corner() -> None:
    probabilities = torch.full((2, 10), 0.1)
    diagram = reliability_diagram(calibration_curve(Predictions(probabilities, torch.tensor([0, 1]))))
    _, ideal, _ = diagram.data
    assert ideal.name == "perfectly calibrated"
    assert list(ideal.x) == list(ideal.y) == [0, 100]


BLANK = torch.zeros(28, 28, dtype=torch.uint8)


@pytest.mark.parametrize("shift", [-5.0, 0.0, 5.0])
def test_zero_has_the_colour_of_the_page_however_one_sided_a_margin_is(shift: float) -> None:
    pixels = torch.randn(28, 28, generator=torch.Generator().manual_seed(1)) + shift
    heatmap, _ = margin_map(Margin(pixels, bias=0.0), BLANK).data
    assert heatmap.zmin == -heatmap.zmax == pytest.approx(-pixels.abs().max().item())
    assert heatmap.colorscale[1] == (0.5, BACKGROUND) == (0.5, "var(--st-background-color)")


def test_a_margin_of_nothing_is_drawn_too() -> None:
    heatmap, _ = margin_map(Margin(torch.zeros(28, 28), bias=0.0), BLANK).data
    assert heatmap.zmin < 0 < heatmap.zmax


def test_the_outline_surrounds_a_hatched_stroke_as_a_whole() -> None:
    hatched = BLANK.clone()
    hatched[8:20:2, 8:20] = 255  # every second row
    _, outline = margin_map(Margin(torch.zeros(28, 28), bias=0.0), hatched).data
    within = np.array(outline.z) > outline.contours.start
    assert within[8:19, 8:20].all()
    assert not within[:7].any()
    assert not within[:, 21:].any()
