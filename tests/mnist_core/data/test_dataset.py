"""The digits against torchvision's reader and MNIST's published numbers, and the sample against MNIST."""

import gzip
import hashlib
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from mnist_core.data import dataset
from mnist_core.data.dataset import Digits, Split, counts_of, load_digits
from mnist_core.data.torchvision_shim import import_torchvision
from tests.support.idx import idx, write_idx
from tests.support.paths import ROOT

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


def test_each_digit_of_the_sample_is_in_the_same_split_of_mnist_with_its_label(
    sample: Digits, mnist: Digits
) -> None:
    assert _pairs(sample.train) <= _pairs(mnist.train)
    assert _pairs(sample.test) <= _pairs(mnist.test)


def _pairs(split: Split) -> set[tuple[bytes, int]]:
    return {
        (image.tobytes(), label)
        for image, label in zip(split.images.numpy(), split.labels.tolist(), strict=True)
    }


@pytest.mark.slow
def test_the_script_writes_the_same_sample_again(
    mnist_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = tmp_path / "again.png"
    monkeypatch.setattr(sys, "argv", ["sample", str(mnist_folder), "--output", str(again)])
    monkeypatch.setattr(sys, "path", [*sys.path])  # which it adds to
    runpy.run_path(str(ROOT / "scripts" / "sample"), run_name="__main__")
    assert again.read_bytes() == dataset.SAMPLE.read_bytes()


def test_each_digit_is_equally_frequent_in_both_parts_of_the_sample(sample: Digits) -> None:
    assert sample.source == "sample"
    assert sample.train.labels.bincount().tolist() == [400] * 10
    assert sample.test.labels.bincount().tolist() == [100] * 10


def test_no_digit_of_the_sample_is_in_both_parts(sample: Digits) -> None:
    train, test = ({image.numpy().tobytes() for image in part.images} for part in (sample.train, sample.test))
    assert not train & test


@pytest.mark.parametrize(
    ("mode", "size"), [("L", (2800, 28)), ("L", (1400, 2800)), ("RGB", (2800, 1400)), ("I;16", (2800, 1400))]
)
def test_a_picture_of_another_shape_is_not_taken_for_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, size: tuple[int, int]
) -> None:
    monkeypatch.delenv("MNIST_ROOT", raising=False)
    monkeypatch.setenv("DIGIT_LAB_CACHE", str(tmp_path))
    monkeypatch.setattr(dataset, "SAMPLE", tmp_path / "other.png")
    Image.new(mode, size).save(dataset.SAMPLE)
    with pytest.raises(ValueError, match=r"other\.png: expected 100 x 50 grey squares of 28 pixels"):
        load_digits(download=False)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES.float(), LABELS, r"expected \(N, 28, 28\) uint8.*got \(3, 28, 28\) float32"),
        (IMAGES.view(3, 784), LABELS, r"got \(3, 784\) uint8"),
        (IMAGES[0], LABELS, r"got \(28, 28\) uint8"),
        (IMAGES[:0], LABELS[:0], "N at least 1"),
        (IMAGES.tolist(), LABELS, "expected a tensor or a numpy array, got list"),
        (np.array(["3"]), LABELS, "expected a tensor or an array of numbers, got one of <U1"),
        (IMAGES, LABELS[:2], r"expected \(3,\) whole numbers, .*got \(2,\) int64"),
        (IMAGES, LABELS.float(), r"got \(3,\) float32"),
        (IMAGES, LABELS + 1, "expected digits 0 to 9, got values from 1 to 10"),
        (IMAGES, LABELS - 1, "got values from -1 to 8"),
    ],
)
def test_a_split_with_a_mistake_is_refused_with_the_reason(images: Any, labels: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Split(images, labels)


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.int64, np.dtype(">i4")])
def test_a_split_takes_numpy_arrays_as_people_have_them(kind: Any) -> None:
    images, labels = np.arange(3 * 784, dtype=np.uint8).reshape(3, 28, 28)[::-1], np.array([0, 5, 9], kind)
    labels.flags.writeable = False
    split = Split(images, labels)
    assert split.images.numpy().tolist() == images.tolist()
    assert torch.equal(split.labels, LABELS)


def test_digits_have_a_known_source_or_a_name_of_ones_own() -> None:
    split = Split(IMAGES, LABELS)
    assert len(Digits(split, split, "sample").train) == 3
    assert Digits(split, split, "our-school").source == "our-school"
    assert counts_of("our-school") == (3, 3)
    for source in ("../elsewhere", "", "a" * 41, None):
        with pytest.raises(ValueError, match=r"expected mnist, sample, or a name of at most 40 letters"):
            Digits(split, split, source)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("end", ["", ".gz"])
def test_digits_of_ones_own_are_loaded_with_a_name_and_only_then(
    sample: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    write_idx(tmp_path, sample, end)
    own = load_digits(str(tmp_path), name="our-school")
    assert own.source == "our-school"
    assert torch.equal(own.train.images, sample.train.images)
    assert torch.equal(own.test.labels, sample.test.labels)
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path))
    for root in (None, tmp_path):
        with pytest.raises(ValueError, match="expected a"):
            load_digits(root)
    for name in ("mnist", "sample"):
        with pytest.raises(ValueError, match="a name other than mnist and sample"):
            load_digits(tmp_path, name=name)


def test_a_mnist_with_one_byte_changed_is_refused_and_named(
    mnist_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (mnist_folder / "MNIST" / "raw").glob("*-ubyte"):
        (tmp_path / path.name).symlink_to(path)
    changed = bytearray((tmp_path / "t10k-labels-idx1-ubyte").read_bytes())
    changed[1_000] ^= 1
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(changed)
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path))
    with pytest.raises(ValueError, match=r"t10k-labels.*not MNIST's digits\. .* loaded with a name"):
        load_digits()


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("train-labels-idx1-ubyte", np.arange(40) % 26 + 1, "values from 1 to 26. Only digits are read here"),
        ("train-labels-idx1-ubyte", np.zeros((40, 2)), "expected labels, one number each, found 40 x 2"),
        ("train-images-idx3-ubyte", np.zeros((40, 20, 20)), "28 x 28 pixels, found 40 x 20"),
        ("train-labels-idx1-ubyte", np.zeros(39), r"expected \(40,\) whole numbers"),
    ],
    ids=["letters", "pairs", "small", "too few"],
)
def test_other_things_than_digits_are_refused(
    few: Digits, tmp_path: Path, name: str, values: NDArray[Any], message: str
) -> None:
    part = Split(few.train.images[:40], few.train.labels[:40])
    write_idx(tmp_path, Digits(part, part, "sample"))
    (tmp_path / name).write_bytes(idx(values))
    with pytest.raises(ValueError, match=message):
        load_digits(tmp_path, name="ours")


@pytest.mark.slow
@pytest.mark.parametrize("pack", [False, True], ids=["7-Zip", "gz"])
def test_mnist_is_taken_as_people_have_it(
    mnist_folder: Path, mnist: Digits, tmp_path: Path, pack: bool
) -> None:
    for path in (mnist_folder / "MNIST" / "raw").glob("*-ubyte"):
        if pack:
            (tmp_path / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 1))
        else:
            (tmp_path / path.name.replace("-idx", ".idx")).symlink_to(path)
    digits = load_digits(tmp_path)
    assert digits.source == "mnist"
    assert torch.equal(digits.test.images, mnist.test.images)
    assert torch.equal(digits.train.labels, mnist.train.labels)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "it is empty. Put MNIST's four files there"),
        (["archive.zip", "notes.txt"], "it has archive.zip. Unpack it there"),
        (["mnist/train-images.idx3-ubyte"], "it has mnist with some of the files. Move"),
        (list("abcdef"), "it has a, b, c, d and 2 more. Put MNIST's four files there"),
    ],
)
def test_a_missing_file_in_a_given_folder_is_named_with_what_was_found_and_what_to_do(
    tmp_path: Path, files: list[str], message: str
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(FileNotFoundError) as caught:
        load_digits(tmp_path)
    assert str(caught.value).startswith(
        f"{tmp_path} has no train-images-idx3-ubyte, also not as .gz: {message}"
    )


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(bytes(12)),
        gzip.compress(bytes(50_000_000)),
        gzip.compress(bytes(99))[:-9],
        b"no archive",
    ],
    ids=["short", "long", "cut", "other"],
)
def test_an_archive_of_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"ubyte\.gz: expected an archive of .* Download it again"):
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
