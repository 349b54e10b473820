"""The map of a margin: zero has the colour of the page, and the outline is that of the digit."""

import numpy as np
import pytest
import torch

from dashboard.inside.figures import margin_map
from dashboard.ui.colours import BACKGROUND
from mnist_core import Margin

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
