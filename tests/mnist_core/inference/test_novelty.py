"""Novelty detection: descriptors against scipy, neighbours against numpy, and how it treats digits."""

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
    descriptors,
    fit_novelty_detector,
)


@pytest.fixture(scope="module")
def detector(sample: Digits) -> NoveltyDetector:
    return fit_novelty_detector(sample.train)


def _descriptor(image: Tensor) -> np.ndarray:
    """Describe one image with scipy and numpy."""
    upright = preprocess(image[None], Preprocessing.DESKEW)[0].numpy().astype(float)
    soft = np.outer([1, 2, 1], [1, 2, 1]) / 16
    padded = ndimage.convolve(np.pad(upright, 4), soft, mode="constant")
    across = ndimage.sobel(padded, axis=1, mode="constant")[4:-4, 4:-4]
    down = ndimage.sobel(padded, axis=0, mode="constant")[4:-4, 4:-4]
    centres = (np.arange(GRID) + 0.5) * 28 / GRID - 0.5
    near = np.exp(-(((np.arange(28) - centres[:, None]) / BLUR) ** 2) / 2)
    near /= near.sum(axis=1, keepdims=True)
    descriptor = np.zeros((DIRECTIONS, GRID, GRID))
    for direction in range(DIRECTIONS):
        off = np.arctan2(down, across) - direction * math.tau / DIRECTIONS
        edge = np.hypot(across, down) * np.maximum(0, np.cos(off) - math.cos(math.tau / DIRECTIONS))
        descriptor[direction] = np.sqrt(near @ edge @ near.T)
    return (descriptor / np.linalg.norm(descriptor)).ravel()


def test_descriptors_agree_with_scipy(sample: Digits) -> None:
    images = sample.test.images[:20]
    expected = np.stack([_descriptor(image) for image in images])
    np.testing.assert_allclose(descriptors(images).numpy(), expected, atol=1e-4)


def test_an_image_has_the_same_descriptor_alone_and_among_others(sample: Digits) -> None:
    images = sample.test.images[:600]
    alone = torch.cat([descriptors(image[None]) for image in images[::97]])
    torch.testing.assert_close(descriptors(images)[::97], alone)


def test_an_image_without_ink_is_not_similar_to_any_digit(detector: NoveltyDetector) -> None:
    empty = torch.zeros(28, 28, dtype=torch.uint8)
    assert detector.neighbours(empty).similarity == 0


def test_a_training_digit_is_its_own_nearest_neighbour(detector: NoveltyDetector, sample: Digits) -> None:
    for index in (0, 1234, 3999):
        assert detector.neighbours(sample.train.images[index]).indices[0] == index


def test_the_neighbours_are_the_digits_with_the_largest_products(
    detector: NoveltyDetector, sample: Digits
) -> None:
    image = sample.test.images[7]
    products = detector.reference.numpy() @ descriptors(image[None])[0].numpy()
    neighbours = detector.neighbours(image)
    order = products.argsort()[::-1][:3]
    assert neighbours.indices == tuple(order)
    assert neighbours.similarity == pytest.approx(products[order].mean())


def test_test_digits_are_rarely_rejected(detector: NoveltyDetector, sample: Digits) -> None:
    similarities = [detector.neighbours(image).similarity for image in sample.test.images]
    assert np.mean(np.array(similarities) < detector.threshold) <= 0.02


def test_the_nearest_neighbour_mostly_has_the_same_label(detector: NoveltyDetector, sample: Digits) -> None:
    first = [detector.neighbours(image).indices[0] for image in sample.test.images]
    assert (sample.train.labels[first] == sample.test.labels).double().mean() > 0.95


@pytest.mark.parametrize("count", [1, 3])
def test_fewer_than_four_digits_are_refused(sample: Digits, count: int) -> None:
    few = Split(sample.train.images[:count], sample.train.labels[:count])
    with pytest.raises(ValueError, match=f"expected at least 4 digits to compare with, got {count}"):
        fit_novelty_detector(few)
