"""Direction maps against scipy and plain trigonometry, and on strokes whose direction is known."""

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage  # type: ignore[import-untyped]

from mnist_core import Digits
from mnist_core.preprocessing.direction_maps import (
    BLUR,
    DIRECTIONS,
    FAINT,
    PLACES,
    POWER,
    SHARPENING,
    STRONG,
    direction_maps,
    filter_matrix,
    picture_of_directions,
)


def _bar(angle: float) -> torch.Tensor:
    """A wide stroke through the middle of an image, at an angle in degrees, clockwise from horizontal."""
    y, x = np.indices((28, 28)) - 13.5
    turn = np.deg2rad(angle)
    across = np.abs(y * np.cos(turn) - x * np.sin(turn))
    along = np.abs(x * np.cos(turn) + y * np.sin(turn))
    return torch.from_numpy(255.0 * ((across < 2) & (along < 9))[None]).float()


def _expected(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute (7, 7, 16) levels pixel by pixel: an angle, two shares, and a Gaussian around each place."""
    dx, dy = (ndimage.sobel(image, axis, mode="constant") / 8 for axis in (1, 0))
    step = 2 * math.pi / DIRECTIONS
    strengths = np.zeros((PLACES, PLACES, DIRECTIONS))
    places = 4 * np.arange(PLACES) + 1.5
    for row, column in np.argwhere(np.hypot(dx, dy) > 0):
        length, angle = (
            math.hypot(dx[row, column], dy[row, column]),
            math.atan2(dy[row, column], dx[row, column]),
        )
        lower, rest = divmod(angle % (2 * math.pi), step)
        # length * (cos, sin)(rest) = a (1, 0) + b (cos, sin)(step)
        b = length * math.sin(rest) / math.sin(step)
        a = length * math.cos(rest) - b * math.cos(step)
        weight = np.outer(
            np.exp(-(((row - places) / BLUR) ** 2) / 2), np.exp(-(((column - places) / BLUR) ** 2) / 2)
        ) / (2 * math.pi * BLUR**2)
        strengths[:, :, int(lower) % DIRECTIONS] += a * weight
        strengths[:, :, (int(lower) + 1) % DIRECTIONS] += b * weight
    neighbours = np.roll(strengths, 1, axis=2) + np.roll(strengths, -1, axis=2)
    sharpened = np.clip((strengths - SHARPENING * neighbours) / STRONG, 0, 1)
    return 255 * np.where(sharpened < FAINT, sharpened / FAINT * FAINT**POWER, sharpened**POWER)


def _apart(maps: torch.Tensor) -> NDArray[np.float32]:
    """Take the maps of an image apart: (28, 28) to (7, 7, 16), place's row and column and direction."""
    row, column, direction = np.ogrid[:7, :7, :16]
    apart: NDArray[np.float32] = maps.numpy()[4 * row + direction // 4, 4 * column + direction % 4]
    return apart


def test_the_maps_agree_with_a_computation_pixel_by_pixel(sample: Digits) -> None:
    for image in sample.test.images[:5]:
        found = _apart(direction_maps(image[None].float())[0])
        np.testing.assert_allclose(found, _expected(image.numpy().astype(float)), atol=0.5)


@pytest.mark.parametrize("angle", [0, 22.5, 45, 90, 135])
def test_the_two_edges_of_a_stroke_are_the_two_directions_across_it(angle: float) -> None:
    strengths = _apart(direction_maps(_bar(angle))[0]).sum(axis=(0, 1))
    expected = {round((angle + turn) / 22.5) % DIRECTIONS for turn in (90, 270)}
    assert set(strengths.argsort()[-2:].tolist()) == expected


def test_places_far_from_any_ink_are_empty() -> None:
    image = torch.zeros(1, 28, 28)
    image[0, 24:, 24:] = 255
    assert _apart(direction_maps(image).round()[0])[:2, :2].max() == 0


def test_an_image_without_ink_has_no_directions() -> None:
    assert direction_maps(torch.zeros(3, 28, 28)).abs().max() == 0


def test_an_image_alone_gives_the_same_as_among_others(sample: Digits) -> None:
    images = sample.test.images[:50].float()
    alone = torch.cat([direction_maps(image[None]) for image in images])
    assert (direction_maps(images) - alone).abs().max() < 0.05


@pytest.mark.parametrize("taps", [[2], [1, 2, 4], [-0.5, 0, 0.5], [1, -2, 0, 3, 5], [*range(1, 14)]], ids=len)
def test_a_filter_as_a_matrix_filters_columns_and_its_transpose_rows(taps: list[float]) -> None:
    image = torch.randn(28, 28, generator=torch.Generator().manual_seed(0))
    for axis, found in enumerate((filter_matrix(taps) @ image, image @ filter_matrix(taps).T)):
        expected = ndimage.correlate1d(image.double().numpy(), list(map(float, taps)), axis, mode="constant")
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("angle", [0, 30, 90, 150])
def test_the_picture_of_a_stroke_s_directions_has_its_ink_where_the_stroke_is(angle: float) -> None:
    bar = _bar(angle)
    picture = picture_of_directions(direction_maps(bar))[0].numpy()
    smooth = ndimage.gaussian_filter(bar[0].numpy(), 2.0)
    assert np.corrcoef(picture.ravel(), smooth.ravel())[0, 1] > 0.8


def test_least_squares_gives_a_smooth_picture_back_from_its_gradient() -> None:
    y, x = np.indices((28, 28)) - 13.5
    hill = torch.from_numpy(np.exp(-(x**2 + y**2) / 50)).float()[None]
    picture = picture_of_directions(direction_maps(255 * hill) ** 3, exponent=1.0)[0].numpy()
    assert np.corrcoef(picture.ravel(), hill[0].numpy().ravel())[0, 1] > 0.95
