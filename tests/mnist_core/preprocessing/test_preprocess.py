"""preprocess(): what it accepts, what it leaves unchanged, and that its results belong to its version."""

import threading

import numpy as np
import pytest
import torch
from PIL import Image

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Digits
from mnist_core.preprocessing.preprocess import CHUNK, VERSION, Preprocessing, preprocess
from mnist_core.training.loop import train
from tests.support.paths import ROOT

CHANGING = [how for how in Preprocessing if how is not Preprocessing.RAW]


def test_the_results_are_those_of_the_version(sample: Digits) -> None:
    """If results change on purpose, raise VERSION and save the new picture: all rows below one another."""
    path = ROOT / "tests" / "data" / f"preprocessed_version_{VERSION}.png"
    rows = [torch.cat(list(preprocess(sample.test.images[:10], how)), dim=1) for how in CHANGING]
    found = torch.cat(rows).numpy().astype(int)  # (84, 280)
    expected = np.asarray(Image.open(path)).astype(int)
    assert np.abs(found - expected).max() <= 2  # sums may round differently on another machine


@pytest.mark.parametrize("how", CHANGING)
@pytest.mark.parametrize("count", [1, CHUNK])
def test_one_image_or_one_chunk_starts_no_thread(
    sample: Digits, monkeypatch: pytest.MonkeyPatch, how: Preprocessing, count: int
) -> None:
    def refuse(thread: threading.Thread) -> None:
        pytest.fail("a thread was started")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert len(preprocess(sample.test.images[:count], how)) == count


@pytest.mark.parametrize("how", Preprocessing)
def test_an_image_without_ink_stays_empty(how: Preprocessing) -> None:
    assert not preprocess(torch.zeros(3, 28, 28, dtype=torch.uint8), how).any()


@pytest.mark.parametrize("how", CHANGING)
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
def test_an_image_gives_the_same_result_alone_and_among_others(sample: Digits, how: Preprocessing) -> None:
    many = sample.train.images[:600]
    before = many.clone()
    together = preprocess(many, how)
    assert together.dtype == torch.uint8
    assert torch.equal(many, before)
    for index in (0, 255, 256, 599):
        alone = preprocess(many[index : index + 1], how)
        assert (alone.int() - together[index].int()).abs().max() <= 1  # the order of the sums differs
    assert preprocess(many[:0], how).shape == (0, 28, 28)


def test_raw_images_are_not_changed(sample: Digits) -> None:
    assert torch.equal(preprocess(sample.test.images, Preprocessing.RAW), sample.test.images)


def test_progress_rises_to_one(sample: Digits) -> None:
    reported: list[float] = []
    preprocess(sample.test.images, Preprocessing.DESKEW, progress=reported.append)
    assert len(reported) > 1
    assert reported == sorted(reported)
    assert reported[-1] == 1


def test_progress_is_one_at_once_for_a_single_chunk(sample: Digits) -> None:
    reported: list[float] = []
    preprocess(sample.test.images[:3], Preprocessing.DESKEW, progress=reported.append)
    assert reported == [1]


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
def test_other_shapes_and_dtypes_are_refused_with_what_was_expected(
    images: torch.Tensor, how: Preprocessing
) -> None:
    with pytest.raises(ValueError, match=r"images: expected \(N, 28, 28\) uint8"):
        preprocess(images, how)


def test_an_unknown_preprocessing_is_refused() -> None:
    with pytest.raises(ValueError, match="sideways"):
        preprocess(torch.zeros(1, 28, 28, dtype=torch.uint8), "sideways")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "accuracy"),
    [
        (Preprocessing.RAW, 0.918),
        (Preprocessing.DESKEW, 0.952),
        (Preprocessing.MOMENTS, 0.96),
        (Preprocessing.DIRECTIONS, 0.983),
    ],
)
def test_each_preprocessing_reaches_its_test_accuracy(
    mnist: Digits, how: Preprocessing, accuracy: float
) -> None:
    *_, last = train(TrainingConfig(learning_rate=0.5, preprocessing=how, reports_per_epoch=1), mnist)
    assert last.test.accuracy > accuracy
