"""Write IDX files, MNIST's format: a header, then the values, one byte each."""

import gzip
import struct
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mnist_core import Digits


def idx(values: NDArray[Any]) -> bytes:
    """Return the file of an array."""
    header = struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return header + values.astype("u1").tobytes()


def write_idx(folder: Path, digits: Digits, end: str = "") -> None:
    """Write the four files of digits to a folder; packed if `end` is .gz."""
    for name, split in (("train", digits.train), ("t10k", digits.test)):
        for kind, values in (("images-idx3", split.images), ("labels-idx1", split.labels)):
            content = idx(values.numpy())
            (folder / f"{name}-{kind}-ubyte{end}").write_bytes(gzip.compress(content) if end else content)
