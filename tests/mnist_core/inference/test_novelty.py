"""NoveltyDetector: descriptions against scipy, neighbours by hand, and strange images told from digits."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage  # type: ignore[import-untyped]
from torch import Tensor

from mnist_core import Digits, Preprocessing, Split, preprocess
from mnist_core.inference.novelty import (
    BLUR,
    DIRECTIONS,
    GRID,
    NoveltyDetector,
    describe,
    fit_novelty_detector,
)


@pytest.fixture(scope="module")
def likeness(sample: Digits) -> NoveltyDetector:
    return fit_novelty_detector(sample.train)


def _described(image: Tensor) -> np.ndarray:
    """Describe one image, pixel by pixel."""
    upright = preprocess(image[None], Preprocessing.DESKEW)[0].numpy().astype(float)
    soft = np.outer([1, 2, 1], [1, 2, 1]) / 16
    padded = ndimage.convolve(np.pad(upright, 4), soft, mode="constant")
    across = ndimage.sobel(padded, axis=1, mode="constant")[4:-4, 4:-4]
    down = ndimage.sobel(padded, axis=0, mode="constant")[4:-4, 4:-4]
    centres = (np.arange(GRID) + 0.5) * 28 / GRID - 0.5
    near = np.exp(-(((np.arange(28) - centres[:, None]) / BLUR) ** 2) / 2)
    near /= near.sum(axis=1, keepdims=True)
    description = np.zeros((DIRECTIONS, GRID, GRID))
    for direction in range(DIRECTIONS):
        off = np.arctan2(down, across) - direction * math.tau / DIRECTIONS
        edge = np.hypot(across, down) * np.maximum(0, np.cos(off) - math.cos(math.tau / DIRECTIONS))
        description[direction] = np.sqrt(near @ edge @ near.T)
    return (description / np.linalg.norm(description)).ravel()


def test_a_description_agrees_with_scipy(sample: Digits) -> None:
    images = sample.test.images[:20]
    expected = np.stack([_described(image) for image in images])
    np.testing.assert_allclose(describe(images).numpy(), expected, atol=1e-4)


def test_many_images_are_described_as_each_alone(sample: Digits) -> None:
    images = sample.test.images[:600]
    alone = torch.cat([describe(image[None]) for image in images[::97]])
    torch.testing.assert_close(describe(images)[::97], alone)


def test_an_empty_image_is_like_nothing(likeness: NoveltyDetector) -> None:
    empty = torch.zeros(28, 28, dtype=torch.uint8)
    assert likeness.nearest(empty).similarity == 0


def test_a_known_digit_is_the_most_similar_to_itself(likeness: NoveltyDetector, sample: Digits) -> None:
    for index in (0, 1234, 3999):
        assert likeness.nearest(sample.train.images[index]).indices[0] == index


def test_the_nearest_digits_are_those_of_the_largest_products(
    likeness: NoveltyDetector, sample: Digits
) -> None:
    image = sample.test.images[7]
    products = likeness.known.numpy() @ describe(image[None])[0].numpy()
    nearest = likeness.nearest(image)
    order = products.argsort()[::-1][:3]
    assert nearest.indices == tuple(order)
    assert nearest.similarity == pytest.approx(products[order].mean())


def test_digits_of_the_test_set_are_rarely_unlike(likeness: NoveltyDetector, sample: Digits) -> None:
    similarities = [likeness.nearest(image).similarity for image in sample.test.images]
    assert np.mean(np.array(similarities) < likeness.least) <= 0.02


def test_a_nearest_digit_is_mostly_the_same_digit(likeness: NoveltyDetector, sample: Digits) -> None:
    first = [likeness.nearest(image).indices[0] for image in sample.test.images]
    assert (sample.train.labels[first] == sample.test.labels).double().mean() > 0.95


@pytest.mark.parametrize("count", [1, 3])
def test_too_few_digits_are_refused(sample: Digits, count: int) -> None:
    few = Split(sample.train.images[:count], sample.train.labels[:count])
    with pytest.raises(ValueError, match=f"expected at least 4 digits to compare with, got {count}"):
        fit_novelty_detector(few)
