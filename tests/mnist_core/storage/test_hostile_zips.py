"""Zips that are damaged or malicious: each is refused, and none does harm."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress

import pytest
import torch
from PIL import Image

from mnist_core.storage import drawings_zip
from mnist_core.storage.drawings_zip import (
    MAX_BYTES,
    MAX_DRAWINGS,
    MAX_SIDE,
    Drawing,
    drawings_from_zip,
    drawings_to_zip,
)
from tests.support.mutations import mutations
from tests.support.zips import DRAWINGS, WHOLE, files_of, png_of, zip_of


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _claiming(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes whose header claims this size."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")


def test_too_many_drawings_are_neither_written_nor_read() -> None:
    dot = Drawing(torch.ones(1, 1, dtype=torch.uint8), 1)
    with pytest.raises(ValueError, match="at most 500 drawings"):
        drawings_to_zip([dot] * (MAX_DRAWINGS + 1))
    files = {f"{number}.png": png_of(Image.new("L", (1, 1))) for number in range(MAX_DRAWINGS + 1)}
    table = "".join(f"{name},1\n" for name in files)
    with pytest.raises(ValueError, match="at most 500 drawings"):
        drawings_from_zip(zip_of(files | {"labels.csv": f"file,label\n{table}".encode()}))


def test_too_many_pixels_are_neither_written_nor_read(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = sum(drawing.image.numel() for drawing in DRAWINGS)
    monkeypatch.setattr(drawings_zip, "MAX_PIXELS", pixels)
    assert len(drawings_from_zip(drawings_to_zip(DRAWINGS))) == 4
    monkeypatch.setattr(drawings_zip, "MAX_PIXELS", pixels - 1)
    with pytest.raises(ValueError, match="pixels, found more"):
        drawings_to_zip(DRAWINGS)
    with pytest.raises(ValueError, match="pixels, found more"):
        drawings_from_zip(WHOLE)


def _with(name: str, data: bytes) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda files: files | {name: data}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_with("../../etc/passwd.png", b""), "without folders, found '../../etc/passwd.png'"),
        (_with("/etc/passwd", b""), "without folders"),
        (_with("folder/005.png", b""), "without folders"),
        (_with("c:\\005.png", b""), "without folders"),
        (_with("005.txt", b""), "without folders"),
        (_with("005.png", b""), "labels.csv: there is no label for 005.png"),
        (_with("001.png", b"not a PNG"), "001.png: not a PNG file"),
        (_with("001.png", png_of(Image.new("RGB", (9, 9)))), "001.png: expected 8-bit grey, .* mode RGB"),
        (_with("001.png", png_of(Image.new("I;16", (9, 9)))), "001.png: expected 8-bit grey"),
        (_with("001.png", png_of(Image.new("L", (MAX_SIDE + 1, 1)))), "001.png: .* found 2401 x 1"),
        (_with("001.png", png_of(Image.new("L", (9, 9), 255))), "001.png: damaged or blank .*without ink"),
        (_with("001.png", png_of(Image.new("L", (900, 900)))[:-60]), "001.png: damaged"),
        (_with("001.png", _claiming(2_000_000_000, 2_000_000_000)), "001.png: "),
        (_with("001.png", _claiming(10_000, 10_000)), "001.png: "),
        (_with("001.png", _claiming(9, 9)), "001.png: damaged"),
        (
            _with("labels.csv", b"file;label\n001.png;3\n"),
            "expected the columns file,label, found 'file;label'",
        ),
        (_with("labels.csv", b""), "labels.csv: not a CSV file"),
        (_with("labels.csv", b"\xff\xfe\x00"), "labels.csv: not a CSV file"),
        (_with("labels.csv", b'file,label\n"001'), "labels.csv: not a CSV file"),
        (_with("labels.csv", b"file,label\n001.png,ten\n"), "expected a file and a digit, 0 to 9"),
        (_with("labels.csv", b"file,label\n001.png,10\n"), "expected a file and a digit, 0 to 9"),
        (_with("labels.csv", b"file,label\n001.png\n"), "expected a file and a digit, 0 to 9"),
        (_with("labels.csv", b"file,label\n001.png,1\n001.png,1\n"), "'001.png' is named more than once"),
        (
            _with("labels.csv", b"file,label\n9.png,1\n"),
            "'9.png' is named more than once or is not in the zip",
        ),
        (
            lambda files: {name: files[name] for name in files if name != "labels.csv"},
            "expected labels.csv and no file name twice",
        ),
    ],
)
def test_a_zip_with_a_mistake_is_refused_with_the_reason(
    change: Callable[[dict[str, bytes]], dict[str, bytes]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        drawings_from_zip(zip_of(change(files_of(WHOLE))))


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip", WHOLE[:-1], WHOLE[: len(WHOLE) // 2]])
def test_an_incomplete_zip_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a complete zip"):
        drawings_from_zip(content)


def test_a_large_zip_is_refused_without_reading_it() -> None:
    with pytest.raises(ValueError, match="the zip to have at most 2,000,000 bytes, found 2,000,001"):
        drawings_from_zip(bytes(MAX_BYTES + 1))


def test_a_zip_that_unpacks_to_gigabytes_is_refused() -> None:
    bomb = zip_of({"labels.csv": bytes(20 << 20)})
    assert len(bomb) < 50_000
    with pytest.raises(ValueError, match="unpacked, to have at most 2,000,000 bytes, found 20,971,520"):
        drawings_from_zip(bomb)


def test_a_zip_that_lies_about_its_size_is_refused() -> None:
    bomb = zip_of({"labels.csv": bytes(20 << 20)}).replace(struct.pack("<I", 20 << 20), struct.pack("<I", 9))
    with pytest.raises(ValueError, match="not a complete zip"):
        drawings_from_zip(bomb)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_with_another_compression_is_refused(compression: int) -> None:
    with pytest.raises(ValueError, match="another compression"):
        drawings_from_zip(zip_of(files_of(WHOLE), compression))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_with_the_same_name_twice_is_refused() -> None:
    content = io.BytesIO(WHOLE)
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("001.png", b"another")
    with pytest.raises(ValueError, match="no file name twice"):
        drawings_from_zip(content.getvalue())


def test_a_zip_with_a_password_is_refused() -> None:
    locked = bytearray(WHOLE)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(signature)
        locked[at + flags] |= 1
    with pytest.raises(ValueError, match=r"not a complete zip .*password"):
        drawings_from_zip(bytes(locked))


def test_each_of_1000_damaged_zips_is_valid_or_refused() -> None:
    small = drawings_to_zip([DRAWINGS[0], DRAWINGS[2]])
    for damaged in mutations(small, 1000):
        with suppress(ValueError):
            assert len(drawings_from_zip(damaged)) <= 2


def test_each_of_1000_damaged_pngs_is_valid_or_refused() -> None:
    files = files_of(drawings_to_zip([DRAWINGS[3]]))
    for damaged in mutations(files["001.png"], 1000):
        with suppress(ValueError):
            assert drawings_from_zip(zip_of(files | {"001.png": damaged}))[0].label == 3
