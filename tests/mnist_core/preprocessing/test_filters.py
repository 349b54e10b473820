"""Filters as matrices against scipy."""

import numpy as np
import pytest
import torch
from scipy import ndimage  # type: ignore[import-untyped]

from mnist_core.preprocessing.filters import filter_matrix, gaussian_taps

TAPS = [[2.0], [1, 2, 4], [-0.5, 0, 0.5], [1, -2, 0, 3, 5], list(range(1, 14))]


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    return torch.randn(28, 28, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("taps", TAPS, ids=len)
def test_a_product_from_the_left_filters_columns(image: torch.Tensor, taps: list[float]) -> None:
    expected = ndimage.correlate1d(image.double().numpy(), taps, axis=0, mode="constant")
    np.testing.assert_allclose(filter_matrix(taps) @ image, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("taps", TAPS, ids=len)
def test_a_product_with_the_transpose_from_the_right_filters_rows(
    image: torch.Tensor, taps: list[float]
) -> None:
    expected = ndimage.correlate1d(image.double().numpy(), taps, axis=1, mode="constant")
    np.testing.assert_allclose(image @ filter_matrix(taps).T, expected, rtol=1e-4, atol=1e-4)


def test_whole_numbers_as_taps_give_floats_too() -> None:
    assert filter_matrix([-1, 0, 1]).dtype == torch.float32


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.5])
@pytest.mark.parametrize("radius", [1, 3, 8])
def test_gaussian_taps_are_the_filter_of_scipy(sigma: float, radius: int) -> None:
    impulse = np.zeros(2 * radius + 1)
    impulse[radius] = 1
    expected = ndimage.gaussian_filter1d(impulse, sigma, radius=radius, mode="constant")
    taps = gaussian_taps(sigma, radius)
    np.testing.assert_allclose(taps, expected, atol=1e-6)
    assert sum(taps) == pytest.approx(1)
