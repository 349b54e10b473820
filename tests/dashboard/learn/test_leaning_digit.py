"""Where a digit stands and how far it leans, against pictures made so; and the example that leans."""

import math

import pytest
import torch

from dashboard.lab.digits_loader import example_digit
from dashboard.learn.leaning_digit import leaning_digit, placement
from mnist_core import Digits
from mnist_core.preprocessing.drawing import shrink


def _bar(shear: float, left: int = 10) -> torch.Tensor:
    """Draw a bar of two columns from row 4 to 23 that moves `shear` columns to the right per row up."""
    image = torch.zeros(28, 28, dtype=torch.uint8)
    for row in range(4, 24):
        column = left + round(shear * (23 - row))
        image[row, column : column + 2] = 255
    return image


@pytest.mark.parametrize("shear", [-0.3, 0.0, 0.25, 0.5])
def test_a_sheared_bar_leans_as_far_as_it_was_sheared(shear: float) -> None:
    measured = placement(_bar(shear))
    assert measured.lean == pytest.approx(math.degrees(math.atan(shear)), abs=1.0)
    assert measured.height == 20


def test_the_distance_to_the_middle_is_that_of_the_centre_of_mass() -> None:
    image = torch.zeros(28, 28, dtype=torch.uint8)
    image[17, 18] = 200
    assert placement(image).off_centre == pytest.approx(5.0)


def test_an_empty_picture_has_no_place() -> None:
    with pytest.raises(ValueError, match="ink"):
        placement(torch.zeros(28, 28, dtype=torch.uint8))


def test_the_example_is_small_off_the_centre_and_leans_to_the_right(sample: Digits) -> None:
    ink = leaning_digit(sample.test.images[example_digit(sample)])
    assert ink.shape == (280, 280)
    assert ink.dtype == torch.uint8
    measured = placement(shrink(ink))
    assert measured.off_centre > 5
    assert measured.height < 14
    assert measured.lean > 10
