import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage  # type: ignore[import-untyped]

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Digits
from mnist_core.preprocessing.normalization import (
    LEAST,
    SIZE,
    WINDOW,
    Preprocessing,
    align,
    deskew,
    preprocess,
)
from mnist_core.training.loop import train

Image = NDArray[np.float64]

SHAPED = [Preprocessing.DESKEW, Preprocessing.DIRECTIONS]


def moments(ink: Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The centroid (y, x) and the covariance of y and x, by numpy."""
    places = np.indices(ink.shape).reshape(2, -1)
    weights = ink.ravel()
    return np.average(places, axis=1, weights=weights), np.cov(places, aweights=weights, ddof=0)


def resampled(ink: Image, centroid: NDArray[np.float64], matrix: NDArray[np.float64]) -> Image:
    """The image whose pixel p is the ink at centroid + matrix (p - centre), by scipy."""
    offset = centroid - matrix @ [13.5, 13.5]
    result: Image = ndimage.affine_transform(ink, matrix, offset, order=1, mode="grid-constant")
    return result


def upright(covariance: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The shear that takes upright (y, x) to leaning ones, and the covariance once upright."""
    shear = np.array([[1, 0], [covariance[0, 1] / covariance[0, 0], 1]])
    back = np.linalg.inv(shear)
    return shear, back @ covariance @ back.T


def leaning(ink: Image, shear: float) -> Image:
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


def test_alignment_agrees_with_numpy_and_scipy(images: list[Image]) -> None:
    for ink in images:
        centroid, covariance = moments(ink)
        shear, once = upright(covariance)
        places = np.indices(ink.shape).reshape(2, -1) - centroid[:, None]
        deviations = (np.linalg.inv(shear) @ places) / np.sqrt(np.diag(once))[:, None]
        window = np.exp(-(deviations**2).sum(axis=0) / 2 / WINDOW**2).reshape(ink.shape)

        centroid, covariance = moments(ink * window)
        shear, once = upright(covariance)
        sides = np.maximum(np.sqrt(np.diag(once)), LEAST)
        scale = np.diag(sides / (SIZE * np.sqrt(sides / sides.max())))
        expected = resampled(ink, centroid, shear @ scale)
        assert np.abs(align(batch(ink))[0].numpy() - expected).max() < 0.05


def test_a_deskewed_digit_does_not_lean(images: list[Image]) -> None:
    for ink in images:
        centroid, covariance = moments(deskew(batch(ink))[0].numpy().astype(float))
        assert abs(covariance[0, 1] / covariance[0, 0]) < 0.02
        assert centroid == pytest.approx([13.5, 13.5], abs=0.1)


@pytest.mark.parametrize("shear", [-0.4, -0.2, 0.1, 0.3])  # more would push ink over the edge
@pytest.mark.parametrize("stand", [deskew, align])
def test_a_digit_sheared_by_a_known_amount_comes_back_upright(
    images: list[Image], shear: float, stand: object
) -> None:
    assert callable(stand)
    for ink in images:
        blurred = ndimage.gaussian_filter(ink, 1)  # so that resampling twice loses little
        straight = deskew(batch(blurred))
        again = stand(batch(leaning(straight[0].numpy().astype(float), shear)))
        likeness = np.corrcoef(stand(straight).ravel(), again.ravel())[0, 1]
        assert likeness > 0.98


@pytest.mark.parametrize("how", Preprocessing)
def test_an_empty_image_stays_empty(how: Preprocessing) -> None:
    assert not preprocess(torch.zeros(3, 28, 28, dtype=torch.uint8), how).any()


@pytest.mark.parametrize("how", SHAPED)
def test_no_image_is_too_odd(how: Preprocessing) -> None:
    odd = torch.zeros(5, 28, 28, dtype=torch.uint8)
    odd[0, 0, 27] = 1
    odd[1] = 255
    odd[2, 13] = 255
    odd[3, :, 5] = 255
    odd[4] = 255 * torch.eye(28, dtype=torch.uint8)
    preprocessed = preprocess(odd, how)
    assert preprocessed.shape == odd.shape
    assert preprocessed[1:].any(dim=2).any(dim=1).all()


@pytest.mark.parametrize("how", Preprocessing)
def test_an_image_comes_out_the_same_alone_or_among_many(sample: Digits, how: Preprocessing) -> None:
    many = sample.train.images[:600]
    before = many.clone()
    together = preprocess(many, how)
    assert together.dtype == torch.uint8
    assert torch.equal(many, before)
    for index in (0, 255, 256, 599):
        alone = preprocess(many[index : index + 1], how)
        assert (alone.int() - together[index].int()).abs().max() <= 1  # sums in another order
    assert preprocess(many[:0], how).shape == (0, 28, 28)


def test_raw_images_are_left_as_they_are(sample: Digits) -> None:
    assert torch.equal(preprocess(sample.test.images, Preprocessing.RAW), sample.test.images)


def test_progress_rises_to_one(sample: Digits) -> None:
    told: list[float] = []
    preprocess(sample.test.images, Preprocessing.DESKEW, progress=told.append)
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == 1


@pytest.mark.parametrize("how", Preprocessing)
@pytest.mark.parametrize(
    "images",
    [
        torch.zeros(28, 28, dtype=torch.uint8),
        torch.zeros(1, 28, 27, dtype=torch.uint8),
        torch.zeros(1, 28, 28),
        torch.zeros(1, 784, dtype=torch.uint8),
    ],
    ids=["one image", "too narrow", "floats", "flat"],
)
def test_anything_but_images_is_refused_with_what_was_expected(
    images: torch.Tensor, how: Preprocessing
) -> None:
    with pytest.raises(ValueError, match=r"expected images of shape \(N, 28, 28\) and dtype torch.uint8"):
        preprocess(images, how)


def test_an_unknown_normalization_is_refused() -> None:
    with pytest.raises(ValueError, match="sideways"):
        preprocess(torch.zeros(1, 28, 28, dtype=torch.uint8), "sideways")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("how", "accuracy"),
    [(Preprocessing.RAW, 0.918), (Preprocessing.DESKEW, 0.952), (Preprocessing.DIRECTIONS, 0.98)],
)
def test_the_test_digits_are_read(mnist: Digits, how: Preprocessing, accuracy: float) -> None:
    *_, last = train(TrainingConfig(learning_rate=0.5, preprocessing=how, reports_per_epoch=1), mnist)
    assert last.test.accuracy > accuracy
