"""The digits: MNIST, or a sample of it if MNIST is not available."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mnist_core.arrays import Array, describe, images_of, labels_of
from mnist_core.data.idx import read_mnist, read_own
from mnist_core.storage.files import cache_folder

SIDE = 28  # pixels: the height and width of every image

# The digits that come with the package; their source and licence are in LICENSE-sample.md beside them.
SAMPLE = Path(__file__).with_name("sample.png")

# The number of digits in each source, for training and for testing.
SOURCES = {"mnist": (60_000, 10_000), "sample": (4_000, 1_000)}


@dataclass(frozen=True, eq=False)
class Split:
    """Images with their labels.

    Attributes:
        images: (N, 28, 28) uint8, ink 0..255; N is at least 1.
        labels: (N,) int64, 0..9.

    Both are given as tensors or as numpy arrays.

    Raises:
        ValueError: another shape, dtype or label.
    """

    images: Tensor = field(repr=False)
    labels: Tensor

    def __init__(self, images: Array, labels: Array) -> None:
        """Check shapes, dtypes and the range of the labels, which may be of any whole-number type."""
        images, labels = images_of(images), labels_of(labels)
        if not len(images):
            raise ValueError("images: expected (N, 28, 28) uint8, N at least 1, got none")
        if labels.dtype != torch.int64 or labels.shape != images.shape[:1]:
            raise ValueError(
                f"labels: expected ({len(images)},) whole numbers, one per image, got {describe(labels)}"
            )
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high > 9:
            raise ValueError(f"labels: expected digits 0 to 9, got values from {low} to {high}")
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "labels", labels)

    def __len__(self) -> int:
        """Count the digits."""
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Digits:
    """Digits for training and others for testing.

    Attributes:
        train: what a model learns from.
        test: what it is tested with.
        source: "mnist" (60,000 + 10,000 digits), "sample" (4,000 + 1,000), or a name of one's own, of at most
            40 letters, digits, "-" and "_".
        note: why the digits are the sample, as a sentence; empty if there is nothing to explain.

    Raises:
        ValueError: another source.
    """

    train: Split
    test: Split
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        """Check the source, and note how many digits there are."""
        check_source(self.source)
        if self.source not in SOURCES:
            _own_counts[self.source] = (len(self.train), len(self.test))


_own_counts: dict[str, tuple[int, int]] = {}


def check_source(source: object) -> None:
    """Raise ValueError unless it is "mnist", "sample", or a name that somebody may give their own digits."""
    if not isinstance(source, str) or not re.fullmatch(r"[\w-]{1,40}", source):
        raise ValueError(
            "source: expected mnist, sample, or a name of at most 40 letters, digits, - and _, "
            f"got {source!r:.60}"
        )


def counts_of(source: str) -> tuple[int, int] | None:
    """Count the digits of a source, to train and to test with; None for own ones that are not here."""
    return SOURCES.get(source) or _own_counts.get(source)


def load_digits(
    root: str | Path | None = None,
    *,
    name: str | None = None,
    download: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Digits:
    """Load MNIST from a given folder; without one, from the cache, by download, or the sample instead.

    Args:
        root: the folder; if None, the environment variable `MNIST_ROOT` may name it. The four files
            are in it or, as torchvision stores them, in its subfolder MNIST/raw; see `read_mnist`.
        name: of one's own digits: the folder then has any digits of 28 x 28 pixels, in files of the same
            names. Without a name the files must be MNIST's, byte by byte.
        download: whether to download files that are missing or damaged in the cache. If the download fails,
            the result is the sample, and its note says why.
        progress: called during the download with the bytes so far and the bytes in total.

    Raises:
        FileNotFoundError: a file is missing in the given folder.
        ValueError: a file in the given folder is truncated, or is not MNIST's; with a name, it holds other
            things than digits.
    """
    if name is not None:
        if root is None or name in SOURCES:
            found = f"{root} and {name!r}"
            raise ValueError(f"expected a folder, and a name other than mnist and sample, got {found}")
        return _own(Path(root), name)
    if given := root or os.environ.get("MNIST_ROOT"):
        return _mnist(Path(given))
    try:
        return _mnist(cache_folder())
    except (OSError, ValueError):
        if not download:
            return _sample()
    from mnist_core.data.download import download_mnist  # here because importing requests takes 0.1 s

    try:
        download_mnist(cache_folder(), progress)
        return _mnist(cache_folder())
    except (OSError, ValueError) as error:
        return _sample(note=f"The download failed: {error}.")


def _mnist(root: Path) -> Digits:
    train_images, train_labels, test_images, test_labels = read_mnist(root)
    return Digits(Split(train_images, train_labels.long()), Split(test_images, test_labels.long()), "mnist")


def _own(root: Path, name: str) -> Digits:
    check_source(name)
    train_images, train_labels, test_images, test_labels = read_own(root)
    try:
        return Digits(Split(train_images, train_labels), Split(test_images, test_labels), name)
    except ValueError as error:
        raise ValueError(f"{root}: {error}. Only digits are read here, no letters or clothes") from error


def _sample(note: str = "") -> Digits:
    """Read the picture that scripts/sample wrote: 50 rows of 100 digits, 40 of them for training."""
    rows, columns = 50, 100
    with Image.open(SAMPLE, formats=["PNG"]) as picture:
        if (picture.mode, picture.size) != ("L", (columns * SIDE, rows * SIDE)):
            raise ValueError(f"{SAMPLE}: expected {columns} x {rows} grey squares of {SIDE} pixels")
        pixels = torch.from_numpy(np.array(picture))
    images = pixels.view(rows, SIDE, columns, SIDE).transpose(1, 2).reshape(-1, SIDE, SIDE)
    labels = torch.arange(10).repeat(len(images) // 10)  # a row is 0 to 9, ten times over
    counts = list(SOURCES["sample"])
    train, test = map(Split, images.split(counts), labels.split(counts))
    return Digits(train, test, "sample", note)
