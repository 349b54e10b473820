"""Filters as matrices against scipy."""

import numpy as np
import pytest
import torch
from scipy import ndimage  # type: ignore[import-untyped]

from mnist_core.preprocessing.direction_maps import filter_matrix

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
