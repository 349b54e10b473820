"""Deskewing and moment normalization against numpy and scipy."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage  # type: ignore[import-untyped]

from mnist_core.data.dataset import Digits
from mnist_core.preprocessing.normalization import (
    MIN_DEVIATION,
    MIN_SIDE,
    NEAR,
    SIDE_SIZE,
    SIZE,
    WINDOW,
    deskew,
    normalize_moments,
    normalize_sides,
)

Image = NDArray[np.float64]


def moments(ink: Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the centroid (y, x) and the covariance of y and x with numpy."""
    places = np.indices(ink.shape).reshape(2, -1)
    weights = ink.ravel()
    return np.average(places, axis=1, weights=weights), np.cov(places, aweights=weights, ddof=0)


def resampled(ink: Image, centroid: NDArray[np.float64], matrix: NDArray[np.float64]) -> Image:
    """Return the image whose pixel p is the ink at centroid + matrix (p - centre), with scipy."""
    offset = centroid - matrix @ [13.5, 13.5]
    result: Image = ndimage.affine_transform(ink, matrix, offset, order=1, mode="grid-constant")
    return result


def upright(covariance: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shear that makes upright ink slanted, and the covariance of the ink set upright."""
    shear = np.array([[1, 0], [covariance[0, 1] / covariance[0, 0], 1]])
    inverse = np.linalg.inv(shear)
    return shear, inverse @ covariance @ inverse.T


def slanted(ink: Image, shear: float) -> Image:
    return resampled(ink, np.array([13.5, 13.5]), np.array([[1, 0], [-shear, 1]]))


def batch(ink: Image) -> torch.Tensor:
    return torch.from_numpy(ink[None]).float()


@pytest.fixture(scope="module")
def images(sample: Digits) -> list[Image]:
    return [image.numpy().astype(float) for image in sample.test.images[:40]]


def test_deskewing_agrees_with_numpy_and_scipy(images: list[Image]) -> None:
    for ink in images:
        centroid, covariance = moments(ink)
        shear, _ = upright(covariance)
        expected = resampled(ink, centroid, shear)
        assert np.abs(deskew(batch(ink))[0].numpy() - expected).max() < 0.02


def windowed(ink: Image) -> Image:
    """Weight the ink by a Gaussian fitted to it, which makes what sticks out count less."""
    centroid, covariance = moments(ink)
    shear, upright_covariance = upright(covariance)
    places = np.indices(ink.shape).reshape(2, -1) - centroid[:, None]
    deviations = (np.linalg.inv(shear) @ places) / np.sqrt(np.diag(upright_covariance))[:, None]
    weighted: Image = ink * np.exp(-(deviations**2).sum(axis=0) / 2 / WINDOW**2).reshape(ink.shape)
    return weighted


def test_moment_normalization_agrees_with_numpy_and_scipy(images: list[Image]) -> None:
    for ink in images:
        centroid, covariance = moments(windowed(ink))
        shear, upright_covariance = upright(covariance)
        sides = np.maximum(np.sqrt(np.diag(upright_covariance)), MIN_DEVIATION)
        scale = np.diag(sides / (SIZE * np.sqrt(sides / sides.max())))
        expected = resampled(ink, centroid, shear @ scale)
        assert np.abs(normalize_moments(batch(ink))[0].numpy() - expected).max() < 0.05


def test_normalization_by_sides_agrees_with_numpy_and_scipy(images: list[Image]) -> None:
    to = np.arange(28) - 13.5
    for ink in images:
        weighted = windowed(ink)
        centroid, covariance = moments(weighted)
        shear, _ = upright(covariance)
        down, across = np.linalg.inv(shear) @ (np.indices(ink.shape).reshape(2, -1) - centroid[:, None])
        sizes = []
        for distance in (-down, down, -across, across):
            outward = np.maximum(distance, 0)
            mass = np.minimum(outward / NEAR, 1) @ weighted.ravel()
            sizes.append(max(np.sqrt(outward**2 @ weighted.ravel() / mass), MIN_SIDE))
        y = np.where(to < 0, sizes[0], sizes[1]) * to / SIDE_SIZE
        x = np.where(to < 0, sizes[2], sizes[3]) * to / SIDE_SIZE
        rows, columns = np.meshgrid(y, x, indexing="ij")
        places = centroid[:, None] + shear @ np.stack((rows.ravel(), columns.ravel()))
        expected = ndimage.map_coordinates(ink, places, order=1, mode="grid-constant").reshape(28, 28)
        assert np.abs(normalize_sides(batch(ink))[0].numpy() - expected).max() < 0.05


def test_a_straight_stroke_is_the_same_alone_in_a_batch_and_upside_down() -> None:
    strokes = torch.zeros(9, 28, 28)
    for index, height in enumerate(range(9, 18)):  # the centroid is on a row or between two
        strokes[index, 5 : 5 + height, 12:15] = 200
        strokes[index, 5, 13:17] = strokes[index, 4 + height, 10:14] = 100  # slanted
    together = normalize_sides(strokes)
    alone = torch.cat([normalize_sides(stroke[None]) for stroke in strokes])
    upside_down = normalize_sides(strokes.flip(1)).flip(1)
    assert (alone - together).abs().max() < 0.05
    assert (upside_down - together).abs().max() < 0.05


def test_a_dot_and_a_blank_image_stay_what_they_are() -> None:
    dot = np.zeros((28, 28))
    dot[5:7, 20:22] = 255
    found = normalize_sides(batch(dot))[0].numpy()
    assert found[13:15, 13:15].min() > 200
    assert found.sum() < 16 * 4 * 255  # enlarged, but not without limit
    assert not normalize_sides(torch.zeros(2, 28, 28)).any()


def test_a_deskewed_digit_is_upright_and_centred(images: list[Image]) -> None:
    for ink in images:
        centroid, covariance = moments(deskew(batch(ink))[0].numpy().astype(float))
        assert abs(covariance[0, 1] / covariance[0, 0]) < 0.02
        assert centroid == pytest.approx([13.5, 13.5], abs=0.1)


@pytest.mark.parametrize("shear", [-0.4, -0.2, 0.1, 0.3])  # a larger shear would move ink out of the image
@pytest.mark.parametrize("normalize", [deskew, normalize_moments, normalize_sides])
def test_a_digit_sheared_by_a_known_amount_comes_back_upright(
    images: list[Image], shear: float, normalize: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    for ink in images:
        blurred = ndimage.gaussian_filter(ink, 1)  # so that resampling twice loses little
        straight = deskew(batch(blurred))
        again = normalize(batch(slanted(straight[0].numpy().astype(float), shear)))
        correlation = np.corrcoef(normalize(straight).ravel(), again.ravel())[0, 1]
        assert correlation > 0.98
