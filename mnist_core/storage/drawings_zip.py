"""A person's drawings and the digits that they are meant to be, as a zip of PNG files with a CSV table."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mnist_core.storage.file_store import FileStore
from mnist_core.storage.files import home_folder, write_atomically

T = TypeVar("T")
MAX_DRAWINGS = 500
MAX_SIDE = 2_400  # a canvas of 600 px at a device pixel ratio of 4
MAX_PIXELS = 64_000_000  # of all drawings together, one byte each in memory
MAX_BYTES = 2_000_000  # of the zip, and of all its files together when unpacked
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may need gigabytes of memory
LABELS = "labels.csv"
HEADER = ["file", "label"]
# What Pillow may raise for a file that is not a PNG image, or is a damaged one.
PNG_ERRORS = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A drawing with its label.

    Attributes:
        image: (H, W) uint8, ink 0..255; each side is at most 2,400 pixels.
        label: the digit that it is meant to be, 0..9.

    Raises:
        ValueError: another shape or dtype, an image without ink, or another label.
    """

    image: Tensor = field(repr=False)
    label: int

    def __post_init__(self) -> None:
        """Check image and label."""
        image, label = self.image, self.label
        if image.dtype != torch.uint8 or image.ndim != 2 or max(image.shape) > MAX_SIDE:
            found = f"{tuple(image.shape)} {image.dtype}"
            raise ValueError(
                f"image: expected (H, W) uint8, at most {MAX_SIDE:,} pixels per side, got {found}"
            )
        if not image.any():
            raise ValueError("image: expected a drawing, got one without ink")
        if type(label) is not int or not 0 <= label <= 9:
            raise ValueError(f"label: expected a digit from 0 to 9, got {label!r:.40}")


def drawings_to_zip(drawings: Iterable[Drawing]) -> bytes:
    """Make a zip: 001.png and so on, in grey with dark ink on white, and labels.csv with a row for each.

    The columns of the table are file and label. The same drawings give the same bytes.

    Raises:
        ValueError: more than 500 drawings, 64 million pixels or 2 MB.
    """
    files, rows, pixels = {}, [HEADER], 0
    for number, drawing in enumerate(drawings, start=1):
        pixels = _checked_amount(number, pixels + drawing.image.numel())
        name, png = f"{number:03}.png", io.BytesIO()
        Image.fromarray(255 - drawing.image.numpy()).save(png, "PNG")
        files[name] = png.getvalue()
        rows.append([name, str(drawing.label)])
    table, content = io.StringIO(), io.BytesIO()
    csv.writer(table).writerows(rows)
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in {LABELS: table.getvalue().encode(), **files}.items():
            archive.writestr(zipfile.ZipInfo(name), data)  # a ZipInfo has a fixed date
    _check_size("the zip", len(content.getvalue()))
    return content.getvalue()


def drawings_from_zip(content: bytes) -> list[Drawing]:
    """Read the drawings from such a zip, in the order of its table; errors as for `each_drawing_in`."""
    return list(each_drawing_in(content))


def each_drawing_in(content: bytes) -> Iterator[Drawing]:
    """Read the drawings from such a zip one by one, in the order of its table.

    The zip may come from anyone: it is read in memory, and its size is checked before anything is unpacked.

    Raises:
        ValueError: the message says what is wrong with the zip.
        OSError: the operating system refused something, which says nothing about the zip.
    """
    files = _unpack(content)
    pixels = 0
    for number, (name, label) in enumerate(_labels(files.pop(LABELS)), start=1):
        if name not in files:
            raise ValueError(f"{LABELS}: {name!r:.60} is named more than once or is not in the zip")
        image = _open(name, files.pop(name))
        pixels = _checked_amount(number, pixels + image.width * image.height)
        yield _drawing(name, image, label)
    if files:
        raise ValueError(f"{LABELS}: there is no label for {next(iter(files))}")


def _unpack(content: bytes) -> dict[str, bytes]:
    _check_size("the zip", len(content))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            _check_size("the zip, unpacked,", sum(entry.file_size for entry in entries))
            if len(names) < len(entries) or LABELS not in names:
                raise ValueError(f"expected {LABELS} and no file name twice, found {len(entries)} files")
            for name in names - {LABELS}:
                if not re.fullmatch(r"[\w -]{1,60}\.png", name):
                    raise ValueError(f"expected {LABELS} and PNG files without folders, found {name!r:.60}")
            if any(entry.compress_type not in COMPRESSIONS for entry in entries):
                raise ValueError("expected files that are stored or deflated, found another compression")
            return {entry.filename: archive.read(entry) for entry in entries}
    # RuntimeError: the zip has a password; UnicodeDecodeError: a file name cannot be decoded
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, UnicodeDecodeError) as error:
        raise ValueError(f"not a complete zip file ({error!s:.100})") from error


def _labels(table: bytes) -> Iterator[tuple[str, int]]:
    try:
        header, *rows = csv.reader(io.StringIO(table.decode("utf-8-sig"), newline=""), strict=True)
    except (csv.Error, ValueError) as error:
        raise ValueError(f"{LABELS}: not a CSV file ({error!s:.100})") from error
    if header != HEADER:
        raise ValueError(f"{LABELS}: expected the columns file,label, found {','.join(header)!r:.60}")
    for row in rows:
        if len(row) != 2 or not re.fullmatch("[0-9]", row[1]):
            raise ValueError(f"{LABELS}: expected a file and a digit, 0 to 9, found {','.join(row)!r:.60}")
        yield row[0], int(row[1])


def _open(name: str, png: bytes) -> Image.Image:
    """Read the header of a PNG file, but not yet the pixels: first their number must be checked."""
    try:
        image = Image.open(io.BytesIO(png), formats=["PNG"])
    except PNG_ERRORS as error:
        _raise_if_not_of_the_content(error)
        raise ValueError(f"{name}: not a PNG file ({error!s:.100})") from error
    if image.mode != "L" or max(image.size) > MAX_SIDE:
        found = f"{image.width} x {image.height}, mode {image.mode}"
        raise ValueError(f"{name}: expected 8-bit grey, at most {MAX_SIDE:,} pixels per side, found {found}")
    return image


def _drawing(name: str, image: Image.Image, label: int) -> Drawing:
    try:
        return Drawing(torch.from_numpy(255 - np.asarray(image)), label)
    except PNG_ERRORS as error:
        _raise_if_not_of_the_content(error)
        raise ValueError(f"{name}: damaged or blank ({error!s:.100})") from error


def _raise_if_not_of_the_content(error: Exception) -> None:
    """Raise what the operating system refused; what Pillow says of an image has no error number."""
    if isinstance(error, OSError) and error.errno:  # such as too many open files while Pillow loads a module
        raise error


def _checked_amount(drawings: int, pixels: int) -> int:
    if drawings > MAX_DRAWINGS or pixels > MAX_PIXELS:
        raise ValueError(f"expected at most {MAX_DRAWINGS} drawings and {MAX_PIXELS:,} pixels, found more")
    return pixels


def _check_size(what: str, size: int) -> None:
    if size > MAX_BYTES:
        raise ValueError(f"expected {what} to have at most {MAX_BYTES:,} bytes, found {size:,}")


def drawing_store() -> FileStore:
    """The drawings of each person."""
    return FileStore(home_folder() / "drawings", ".zip")


def store_drawings(person_id: str, drawings: Iterable[Drawing]) -> None:
    """Save a person's drawings, which replace the earlier ones.

    Raises:
        ValueError: not an id, or too many drawings.
        OSError: the file cannot be written.
    """
    content = drawings_to_zip(drawings)
    drawing_store().put(person_id, lambda path: write_atomically(path, content))


def stored_drawings(person_id: str, take: Callable[[Drawing], T]) -> list[T]:
    """Take a person's drawings one by one, none if none were stored; return what was made of each.

    ValueError for a bad id, or FileUnreadable.
    """
    store = drawing_store()
    store.touch(person_id)
    return store.read(person_id, lambda path: list(map(take, each_drawing_in(path.read_bytes())))) or []
