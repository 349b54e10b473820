"""Images of one's own with their labels, as people have them: pictures in folders, a table, arrays, IDX."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mnist_core.arrays import tensor_of
from mnist_core.data.dataset import SIDE, Split
from mnist_core.data.idx import read_idx
from mnist_core.one_thread import one_thread
from mnist_core.preprocessing.drawing import prepare_drawing
from mnist_core.preprocessing.photo import find_digit
from mnist_core.storage.image_file import read_image_file

COLUMNS = 1 + SIDE * SIDE
NAMES = (("images", "labels"), ("x", "y"), ("X", "y"))  # of the arrays in an .npz file
LIGHT = 127  # levels of 255: what has a lighter border is dark on light


@one_thread()
def load_images(path: str | Path) -> Split:
    """Load images and their labels, checked, for `evaluate`, `predict_proba`, `train` and all others.

    Args:
        path: one of
            a folder with folders 0 to 9, which hold the pictures of that digit. Those of 28 x 28 pixels are
            taken as they are, light on dark; from others the digit is cut out and centred as MNIST's are;
            a .csv file whose rows are a label and 784 pixels of ink, 0 to 255, with or without a header;
            an .npz file with arrays images, (N, 28, 28) or (N, 784) uint8, and labels, (N,), or x and y;
            an IDX file of images, such as school-images-idx3-ubyte, beside the one with its labels; or .gz.

    Raises:
        OSError: there is no such file, or it cannot be read.
        ValueError: the message says what is wrong, and where.
    """
    path = Path(path)
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file or folder {path}")
    try:
        if path.suffix == ".csv":
            return _table(path)
        if path.suffix == ".npz":
            return _arrays(path)
        if "idx3-ubyte" in path.name:
            labels = path.with_name(path.name.replace("images-idx3", "labels-idx1"))
            return Split(read_idx(path), read_idx(labels))
    except ValueError as error:
        raise ValueError(str(error) if str(path) in str(error) else f"{path}: {error}") from error
    raise ValueError(f"{path}: expected a folder, or a file named .csv, .npz or ...-images-idx3-ubyte")


def _folder(folder: Path) -> Split:
    pictures = [
        (_picture(file), digit)
        for digit in range(10)
        for file in sorted(folder.glob(f"{digit}/*"))
        if file.is_file() and not file.name.startswith(".")
    ]
    if not pictures:
        raise ValueError(f"{folder}: expected folders 0 to 9 with pictures in them, found none")
    images, labels = zip(*pictures, strict=True)
    return Split(torch.stack(images), torch.tensor(labels))


def _picture(file: Path) -> Tensor:
    """Read a picture as (28, 28) uint8 ink."""
    pixels = torch.from_numpy(read_image_file(file))
    if pixels.shape[:2] == (SIDE, SIDE) and int(pixels[:, :, 3].min()) == 255:
        ink = pixels[:, :, :3].float().mean(dim=2).round().to(torch.uint8)
        border = torch.cat((ink[0], ink[-1], ink[:, 0], ink[:, -1]))
        return 255 - ink if int(border.median()) > LIGHT else ink
    drawing = prepare_drawing(find_digit(pixels).ink)
    if drawing is None:
        raise ValueError(f"{file}: no digit was found in the picture")
    return drawing.centred


def _table(path: Path) -> Split:
    with path.open(encoding="utf-8-sig") as file:
        first = file.readline()
    header = re.match(r"\s*[\d.]+\s*,", first) is None
    rows = np.loadtxt(path, np.float32, delimiter=",", skiprows=int(header), ndmin=2, encoding="utf-8-sig")
    if rows.shape[1] != COLUMNS or not len(rows):
        found = f"{len(rows):,} rows of {rows.shape[1]:,} values"
        raise ValueError(f"expected rows of a label and 784 pixels, found {found}")
    wrong = (rows < 0) | (rows > 255) | (rows != rows.round())
    if wrong.any():
        row, column = (int(place[0]) for place in wrong.nonzero())
        found = f"found {rows[row, column]:g} in row {row + 1 + header}, column {column + 1}"
        raise ValueError(f"expected whole numbers from 0 to 255, {found}")
    return Split(rows[:, 1:].astype(np.uint8).reshape(-1, SIDE, SIDE), rows[:, 0].astype(np.int64))


def _arrays(path: Path) -> Split:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays: Mapping[str, NDArray[Any]] = dict(file)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise ValueError(f"not a whole .npz file ({error})") from error
    for images, labels in NAMES:
        if images in arrays and labels in arrays:
            flat = tensor_of("images", arrays[images])
            return Split(flat.view(-1, SIDE, SIDE) if flat.shape[1:] == (SIDE**2,) else flat, arrays[labels])
    raise ValueError(f"expected arrays named images and labels, found {', '.join(arrays) or 'none'}")
