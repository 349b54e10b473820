"""Drawings that a person kept, each with the digit it was meant to be, as one zip of PNG files and a CSV."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mnist_core.storage.file_store import FileStore
from mnist_core.storage.files import home_folder, write_atomically

MAX_DRAWINGS = 500
MAX_SIDE = 2_400  # a canvas of 600 px at a device pixel ratio of 4
MAX_PIXELS = 64_000_000  # of all drawings together, one byte each in memory
MAX_BYTES = 8_000_000  # of the zip, and of what it unpacks to
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may ask for gigabytes to unpack
LABELS = "labels.csv"
HEADER = ["file", "label"]
NOT_PNG = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A drawing, (H, W) uint8 with ink 0..255, and the digit 0..9 that it was meant to be.

    ValueError for a side above 2,400 pixels, an empty canvas, or another label.
    """

    image: Tensor = field(repr=False)
    label: int

    def __post_init__(self) -> None:
        """Check image and label."""
        image, label = self.image, self.label
        if image.dtype != torch.uint8 or image.ndim != 2 or max(image.shape) > MAX_SIDE:
            found = f"{tuple(image.shape)} {image.dtype}"
            raise ValueError(f"image: expected (H, W) uint8, at most {MAX_SIDE:,} pixels a side, got {found}")
        if not image.any():
            raise ValueError("image: expected a drawing, got an empty canvas")
        if type(label) is not int or not 0 <= label <= 9:
            raise ValueError(f"label: expected a digit from 0 to 9, got {label!r:.40}")


def drawings_to_zip(drawings: Sequence[Drawing]) -> bytes:
    """Make the zip: 001.png and so on, gray, ink dark on white, and labels.csv with the columns file, label.

    The same drawings give the same bytes. ValueError for more than 500 drawings, 64 million pixels or 8 MB.
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
            archive.writestr(zipfile.ZipInfo(name), data)  # ZipInfo: no time of day
    _check_size("the zip", len(content.getvalue()))
    return content.getvalue()


def drawings_from_zip(content: bytes) -> list[Drawing]:
    """Read such a zip from wherever, in the order of its CSV; ValueError says what is wrong with it.

    Nothing in it is written to disk.
    """
    files = _unpacked(content)
    drawings: list[Drawing] = []
    pixels = 0
    for name, label in _labels(files.pop(LABELS)):
        if name not in files:
            raise ValueError(f"{LABELS}: {name!r:.60} is named more than once or is not in the zip")
        image = _opened(name, files.pop(name))
        pixels = _checked_amount(len(drawings) + 1, pixels + image.width * image.height)
        drawings.append(_drawing(name, image, label))
    if files:
        raise ValueError(f"{LABELS}: {next(iter(files))} is in the zip, but has no label")
    return drawings


def _unpacked(content: bytes) -> dict[str, bytes]:
    _check_size("the zip", len(content))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            _check_size("the zip, unpacked,", sum(entry.file_size for entry in entries))
            if len(names) < len(entries) or LABELS not in names:
                raise ValueError(f"expected {LABELS} and each file once, found {len(entries)} files")
            for name in names - {LABELS}:
                if not re.fullmatch(r"[\w -]{1,60}\.png", name):
                    raise ValueError(f"expected {LABELS} and PNG files in no folder, found {name!r:.60}")
            if any(entry.compress_type not in COMPRESSIONS for entry in entries):
                raise ValueError("expected files that are stored or deflated, found another compression")
            return {entry.filename: archive.read(entry) for entry in entries}
    # RuntimeError asks for a password, UnicodeDecodeError is about a name
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, UnicodeDecodeError) as error:
        raise ValueError(f"not a whole zip ({error!s:.100})") from error


def _labels(table: bytes) -> Iterator[tuple[str, int]]:
    try:
        header, *rows = csv.reader(io.StringIO(table.decode("utf-8-sig"), newline=""), strict=True)
    except (csv.Error, ValueError) as error:
        raise ValueError(f"{LABELS}: not a CSV file ({error!s:.100})") from error
    if header != HEADER:
        raise ValueError(f"{LABELS}: expected the columns file,label, found {','.join(header)!r:.60}")
    for row in rows:
        if len(row) != 2 or not re.fullmatch("[0-9]", row[1]):
            raise ValueError(f"{LABELS}: expected a file and a digit 0 to 9, found {','.join(row)!r:.60}")
        yield row[0], int(row[1])


def _opened(name: str, png: bytes) -> Image.Image:
    """Read the head of a PNG file: its pixels are unpacked only once their number is known to be harmless."""
    try:
        image = Image.open(io.BytesIO(png), formats=["PNG"])
    except NOT_PNG as error:
        raise ValueError(f"{name}: not a PNG file ({error!s:.100})") from error
    if image.mode != "L" or max(image.size) > MAX_SIDE:
        found = f"{image.width} x {image.height}, mode {image.mode}"
        raise ValueError(f"{name}: expected 8-bit gray, at most {MAX_SIDE:,} pixels a side, found {found}")
    return image


def _drawing(name: str, image: Image.Image, label: int) -> Drawing:
    try:
        return Drawing(torch.from_numpy(255 - np.asarray(image)), label)
    except NOT_PNG as error:
        raise ValueError(f"{name}: damaged or blank ({error!s:.100})") from error


def _checked_amount(drawings: int, pixels: int) -> int:
    if drawings > MAX_DRAWINGS or pixels > MAX_PIXELS:
        raise ValueError(f"expected at most {MAX_DRAWINGS} drawings and {MAX_PIXELS:,} pixels, found more")
    return pixels


def _check_size(what: str, size: int) -> None:
    if size > MAX_BYTES:
        raise ValueError(f"expected {what} to have at most {MAX_BYTES:,} bytes, found {size:,}")


def drawing_store() -> FileStore:
    """The kept drawings of the 500 people who last kept one, each under a person's id."""
    return FileStore(home_folder() / "drawings", ".zip")


def store_drawings(person: str, drawings: Sequence[Drawing]) -> None:
    """Put a person's drawings on the shelf, in the place of the earlier ones.

    ValueError for what is not an id or for too many drawings, OSError where they cannot be written.
    """
    content = drawings_to_zip(drawings)
    drawing_store().put(person, lambda path: write_atomically(path, content))


def stored_drawings(person: str) -> list[Drawing]:
    """Fetch a person's drawings; KeyError where there are none, ValueError for no id or a damaged file."""
    return drawings_from_zip(drawing_store().find(person).read_bytes())
