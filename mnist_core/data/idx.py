"""Read MNIST's four IDX files, and only if they are exactly the published ones."""

import hashlib
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class IdxFile(NamedTuple):
    """An uncompressed file: a header of 4 bytes plus 4 for each dimension, then the values, one byte each."""

    name: str
    shape: tuple[int, ...]
    md5: str

    @property
    def size(self) -> int:
        """Bytes in the whole file."""
        return 4 + 4 * len(self.shape) + math.prod(self.shape)


# Checksums of the unpacked files: torchvision has those of the .gz files only.
FILES = (
    IdxFile("train-images-idx3-ubyte", (60_000, 28, 28), "6bbc9ace898e44ae57da46a324031adb"),
    IdxFile("train-labels-idx1-ubyte", (60_000,), "a25bea736e30d166cdddb491f175f624"),
    IdxFile("t10k-images-idx3-ubyte", (10_000, 28, 28), "2646ac647ad5339dbf082846283269ea"),
    IdxFile("t10k-labels-idx1-ubyte", (10_000,), "27ae3e4e09519cfbb04c329615203637"),
)


def read_mnist(root: Path) -> list[Tensor]:
    """Read training images, training labels, test images and test labels, all uint8, from a folder.

    Args:
        root: the folder; the files are in it or, as torchvision stores them, in its subfolder MNIST/raw.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: a file is truncated, or is not MNIST's.
    """
    folder = root if any((root / file.name).is_file() for file in FILES) else root / "MNIST" / "raw"
    return [_read(folder / file.name, file) for file in FILES]


def _read(path: Path, file: IdxFile) -> Tensor:
    expected = f"{path}: expected a file of {file.size:,} bytes with MD5 {file.md5}"
    if not path.is_file():
        raise FileNotFoundError(f"{expected}, but there is none")
    if (size := path.stat().st_size) != file.size:
        raise ValueError(f"{expected}, found {size:,} bytes")
    # Read here and not by torchvision, because importing that takes 2 s. Reading the file only once also
    # means that the bytes used are those that were checked.
    content = np.fromfile(path, np.uint8)
    if (md5 := hashlib.md5(content.data, usedforsecurity=False).hexdigest()) != file.md5:
        raise ValueError(f"{expected}, found MD5 {md5}")
    return torch.from_numpy(content)[-math.prod(file.shape) :].view(file.shape)
