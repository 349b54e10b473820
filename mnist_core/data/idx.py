"""Read MNIST's four IDX files, and only if they are exactly the published ones."""

import gzip
import hashlib
import math
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

OWN = (
    'Digits of one\'s own are loaded with a name, as in load_digits(root, name="our-school"); letters and '
    "clothes are not read here"
)
MOST_BYTES = 1_000_000_000  # of a file: more than a million images


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
        root: the folder; the files are in it or, as torchvision stores them, in its subfolder MNIST/raw. They
            may be compressed (.gz), and be named as 7-Zip unpacks them (train-images.idx3-ubyte).

    Raises:
        FileNotFoundError: a file is missing; the message names what was found and what to do.
        ValueError: a file is truncated, or is not MNIST's.
    """
    return [_read(_find(root, file), file) for file in FILES]


def read_own(root: Path) -> list[Tensor]:
    """Read four files of the same names, of any digits of 28 x 28 pixels; as `read_mnist`.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: a file is damaged, or holds something else.
    """
    return [_read_own(_find(root, file), len(file.shape)) for file in FILES]


def _read_own(path: Path, dimensions: int) -> Tensor:
    values = read_idx(path)
    if values.ndim != dimensions or (dimensions == 3 and values.shape[1:] != (28, 28)):
        expected = "images of 28 x 28 pixels" if dimensions == 3 else "labels, one number each"
        raise ValueError(f"{path}: expected {expected}, found {' x '.join(map(str, values.shape))} values")
    return values


def _find(root: Path, file: IdxFile) -> Path:
    folders = (root, root / "MNIST" / "raw")
    other_name = file.name.replace("-idx", ".idx")
    names = [name + ending for ending in ("", ".gz") for name in (file.name, other_name)]
    for path in (folder / name for folder in folders for name in names):
        if path.is_file():
            return path
    raise FileNotFoundError(f"{root} has no {file.name}, also not as .gz: {_what_to_do(root)}")


def read_idx(path: Path) -> Tensor:
    """Read any IDX file of bytes, packed (.gz) or not, as images (N, 28, 28) or labels (N,) are; uint8.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not such a file, or not a whole one.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = bytearray(file.read(MOST_BYTES + 1))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} cannot be unpacked ({error})") from error
    if len(content) > MOST_BYTES:
        raise ValueError(f"{path}: expected at most {MOST_BYTES:,} bytes, found more")
    if content[:3] != b"\0\0\x08" or len(content) < 4 + 4 * content[3]:
        raise ValueError(f"{path} is not an IDX file of bytes")
    shape = [int.from_bytes(content[place : place + 4]) for place in range(4, 4 + 4 * content[3], 4)]
    values = torch.from_numpy(np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)))
    if math.prod(shape) != len(values):
        expected = " x ".join(map(str, shape))
        raise ValueError(f"{path} is damaged: expected {expected} bytes of values, found {len(values):,}")
    return values.view(shape)


def _what_to_do(root: Path) -> str:
    """Name what is in the folder where MNIST was looked for, and the one step to take."""
    if not root.is_dir():
        return "there is no such folder. Name the folder that holds MNIST's four files"
    inside = sorted(path.name for path in root.iterdir())
    archives = [name for name in inside if name.endswith((".zip", ".7z", ".tar", ".tar.gz", ".tgz"))]
    if archives:
        return f"it has {archives[0]}. Unpack it there"
    deeper = next((path.parent for path in root.glob("*/*") if _is_of_mnist(path)), None)
    if deeper is not None:
        return f"it has {deeper.name} with some of the files. Move MNIST's four files from there into {root}"
    if inside:
        shown = ", ".join(inside[:4]) + (f" and {len(inside) - 4} more" if len(inside) > 4 else "")
        return f"it has {shown}. Put MNIST's four files there, as they were downloaded"
    return "it is empty. Put MNIST's four files there, as they were downloaded"


def _is_of_mnist(path: Path) -> bool:
    plain = path.name.removesuffix(".gz").replace(".idx", "-idx")
    return path.is_file() and plain in {file.name for file in FILES}


def _read(path: Path, file: IdxFile) -> Tensor:
    expected = f"{path}: expected a file of {file.size:,} bytes with MD5 {file.md5}"
    # Read here and not by torchvision, because importing that takes 2 s. Reading the file only once also
    # means that the bytes used are those that were checked.
    if path.suffix == ".gz":
        expected = expected.replace("a file", "an archive of a file")
        content = _unpacked(path, expected, file.size)
    elif (size := path.stat().st_size) != file.size:
        raise ValueError(f"{expected}, found {size:,} bytes. Download it again")
    else:
        content = np.fromfile(path, np.uint8)
    if len(content) != file.size:
        raise ValueError(f"{expected}, found {len(content):,} bytes or more. Download it again")
    if (md5 := hashlib.md5(content.data, usedforsecurity=False).hexdigest()) != file.md5:
        raise ValueError(f"{expected}, found MD5 {md5}: these are not MNIST's digits. {OWN}")
    return torch.from_numpy(content)[-math.prod(file.shape) :].view(file.shape)


def _unpacked(path: Path, expected: str, size: int) -> NDArray[np.uint8]:
    """Unpack an archive, but no more than a byte beyond the size that it should have."""
    try:
        with gzip.open(path) as archive:
            return np.frombuffer(bytearray(archive.read(size + 1)), np.uint8)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{expected}, and it cannot be unpacked ({error}). Download it again") from error
