"""MNIST's four IDX files, read only when they are exactly the published ones."""

import hashlib
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class IdxFile(NamedTuple):
    """One uncompressed file: a header of 4 bytes and 4 more a dimension, then the values, one byte each."""

    name: str
    shape: tuple[int, ...]
    md5: str

    @property
    def size(self) -> int:
        """Bytes in the whole file."""
        return 4 + 4 * len(self.shape) + math.prod(self.shape)


# torchvision publishes the checksums of the .gz files only; these are of what they hold.
FILES = (
    IdxFile("train-images-idx3-ubyte", (60_000, 28, 28), "6bbc9ace898e44ae57da46a324031adb"),
    IdxFile("train-labels-idx1-ubyte", (60_000,), "a25bea736e30d166cdddb491f175f624"),
    IdxFile("t10k-images-idx3-ubyte", (10_000, 28, 28), "2646ac647ad5339dbf082846283269ea"),
    IdxFile("t10k-labels-idx1-ubyte", (10_000,), "27ae3e4e09519cfbb04c329615203637"),
)


def read_mnist(root: Path) -> list[Tensor]:
    """Read training images, training labels, test images, test labels, all uint8, from root.

    root holds the files themselves or, as torchvision lays them out, MNIST/raw with them. Raises
    FileNotFoundError for a missing file, ValueError for one that is cut off or not MNIST's.
    """
    folder = root if any((root / file.name).is_file() for file in FILES) else root / "MNIST" / "raw"
    return [_read(folder / file.name, file) for file in FILES]


def _read(path: Path, file: IdxFile) -> Tensor:
    expected = f"{path}: expected a file of {file.size:,} bytes with MD5 {file.md5}"
    if not path.is_file():
        raise FileNotFoundError(f"{expected}, found none")
    if (size := path.stat().st_size) != file.size:
        raise ValueError(f"{expected}, found {size:,} bytes")
    # Not by torchvision, whose import takes 2 s; and what was checked is then exactly what is used.
    content = np.fromfile(path, np.uint8)
    if (md5 := hashlib.md5(content.data, usedforsecurity=False).hexdigest()) != file.md5:
        raise ValueError(f"{expected}, found MD5 {md5}")
    return torch.from_numpy(content)[-math.prod(file.shape) :].view(file.shape)
