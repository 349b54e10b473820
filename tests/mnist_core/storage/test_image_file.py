"""Image files: what a viewer shows is read, and what is hostile is refused before it is unpacked."""

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from mnist_core.storage.image_file import CANVAS, MAX_SCANS, PNG, UPLOAD, read_image, read_image_file
from tests.support.mutations import mutations

PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8))


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _claiming(width: int, height: int, bits: int = 8, colour: int = 6, *more: bytes) -> bytes:
    """Return a PNG of a few bytes whose header claims this size."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    data = _chunk(b"IDAT", zlib.compress(b""))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + data + _chunk(b"IEND", b"")


@pytest.fixture
def never_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test in which pixels are unpacked."""

    def load(self: ImageFile.ImageFile) -> None:
        pytest.fail(f"{self.size} pixels were unpacked")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_a_png_of_any_mode_is_read_as_a_viewer_shows_it(mode: str) -> None:
    image = PICTURE.convert(mode)
    assert np.array_equal(read_image(_saved(image, "PNG")), np.asarray(image.convert("RGBA")))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_is_read_as_pillow_reads_it(mode: str) -> None:
    content = _saved(PICTURE.convert(mode), "JPEG")
    expected = Image.open(io.BytesIO(content)).convert("RGB").convert("RGBA")
    assert np.array_equal(read_image(content), np.asarray(expected))


def test_an_image_is_turned_as_its_exif_data_says() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # the tag for orientation: to be shown turned by 90 degrees, clockwise
    expected = np.rot90(np.asarray(PICTURE.convert("RGBA")), -1)
    assert np.array_equal(read_image(_saved(PICTURE, "PNG", exif=turned)), expected)


def test_a_photo_with_a_second_image_inside_is_read() -> None:
    content = _saved(PICTURE, "MPO", save_all=True, append_images=[PICTURE.rotate(180)])
    expected = Image.open(io.BytesIO(content), formats=["JPEG"]).convert("RGBA")
    assert np.array_equal(read_image(content), np.asarray(expected))


def test_an_upload_may_be_a_webp_image_too() -> None:
    content = _saved(PICTURE, "WEBP", lossless=True)
    assert np.array_equal(read_image(content, UPLOAD), np.asarray(PICTURE.convert("RGBA")))
    with pytest.raises(ValueError, match="it is not a PNG or JPEG image"):
        read_image(content)


def test_a_photo_with_a_second_image_inside_has_the_limits_of_a_jpeg_as_an_upload_too() -> None:
    content = _saved(Image.new("RGB", (5_000, 8)), "MPO", save_all=True, append_images=[PICTURE])
    assert read_image(content, UPLOAD).shape[2] == 4


@pytest.mark.parametrize(
    ("kind", "size", "expected"),
    [("PNG", (3_000, 100), (1_500, 50)), ("JPEG", (5_712, 4_284), (1_428, 1_071))],
)
def test_a_large_photo_is_reduced(kind: str, size: tuple[int, int], expected: tuple[int, int]) -> None:
    image = Image.new("RGB", size, (10, 200, 30))
    image.paste((250, 20, 40), (0, 0, size[0] // 2, size[1]))
    pixels = read_image(_saved(image, kind))
    assert pixels.shape == (*expected[::-1], 4)
    np.testing.assert_allclose(pixels[10, 10], (250, 20, 40, 255), atol=3)
    np.testing.assert_allclose(pixels[-10, -10], (10, 200, 30, 255), atol=3)


@pytest.mark.usefixtures("never_unpacked")
@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (_claiming(5_000, 5_000), "5,000 x 5,000 pixels, and a PNG image may have 4,000"),
        (_claiming(1, 4_001), "a PNG image may have 4,000 pixels per side"),
        (_claiming(13_000, 13_000), "13,000 x 13,000 pixels"),
        (_claiming(1_000_000, 1_000_000), "it is not a PNG or JPEG image"),
        (_claiming(20, 20, 16, 0), "pixels are of another kind"),
        (_saved(Image.new("L", (6_001, 1)), "JPEG"), "a JPEG image may have 6,000 pixels per side"),
        (bytes(20_000_001), "more than 20,000,000 bytes"),
        (_saved(PICTURE, "GIF"), "it is not a PNG or JPEG image"),
        (_saved(PICTURE, "BMP"), "it is not a PNG or JPEG image"),
        (_saved(PICTURE, "TIFF"), "it is not a PNG or JPEG image"),
        (_saved(PICTURE, "EPS"), "it is not a PNG or JPEG image"),
        (_saved(PICTURE, "PPM"), "it is not a PNG or JPEG image"),
        (b"", "it is not a PNG or JPEG image"),
        (b"no image", "it is not a PNG or JPEG image"),
    ],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_is_too_large_or_of_another_format_is_refused_before_it_is_unpacked(
    content: bytes, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_image(content)


@pytest.mark.usefixtures("never_unpacked")
@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (_saved(Image.new("L", (4_001, 1)), "WEBP"), "a WEBP image may have 4,000 pixels per side"),
        (_claiming(13_000, 13_000), "13,000 x 13,000 pixels"),
        (_saved(PICTURE, "GIF"), "it is not a WEBP or PNG or JPEG image"),
        (_saved(PICTURE, "EPS"), "it is not a WEBP or PNG or JPEG image"),
    ],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_an_upload_that_is_too_large_or_of_another_format_is_refused_before_it_is_unpacked(
    content: bytes, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_image(content, UPLOAD)


@pytest.mark.usefixtures("never_unpacked")
def test_a_jpeg_that_goes_over_its_pixels_again_and_again_is_refused() -> None:
    content = _saved(PICTURE, "JPEG", progressive=True)
    last = content[content.rfind(b"\xff\xda") : -2]
    assert content.count(b"\xff\xda") == 10
    with pytest.raises(ValueError, match="more than 32 scans"):
        read_image(content[:-2] + MAX_SCANS * last + content[-2:])


@pytest.mark.usefixtures("never_unpacked")
@pytest.mark.parametrize(
    "content",
    [
        _claiming(2_401, 10),
        _claiming(10, 10, 8, 2),  # without alpha, which no canvas sends
        _saved(PICTURE, "JPEG"),
        _saved(PICTURE, "EPS"),
        bytes(4_000_001),
    ],
    ids=["large", "RGB", "JPEG", "EPS", "long"],
)
def test_what_a_canvas_does_not_send_is_refused_before_it_is_unpacked(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"it has|its pixels|it is not a PNG image"):
        read_image(content, CANVAS)


def test_what_a_canvas_sends_is_read() -> None:
    image = Image.new("RGBA", (2_400, 2_400), "white")
    image.paste("black", (700, 500, 1_300, 800))
    assert np.array_equal(read_image(_saved(image, "PNG"), CANVAS), np.asarray(image))


@pytest.mark.parametrize(
    "whole",
    [
        _saved(PICTURE, "PNG"),
        _saved(PICTURE.convert("P"), "PNG", icc_profile=b"a profile"),
        _saved(PICTURE, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08"),
        _saved(PICTURE, "JPEG", progressive=True),
        _saved(PICTURE, "WEBP"),
        _claiming(20, 20, 8, 6, _chunk(b"iCCP", b"")),
        _claiming(20, 20, 8, 6, _chunk(b"tRNS", b""), _chunk(b"pHYs", b"")),
    ],
    ids=["PNG", "palette", "EXIF", "progressive", "WebP", "empty profile", "empty chunks"],
)
def test_a_damaged_image_is_read_or_refused_and_nothing_else_happens(whole: bytes) -> None:
    complaints = []
    for damaged in mutations(whole, 300):
        try:
            pixels = read_image(damaged, UPLOAD)
        except ValueError as error:
            complaints.append(str(error))
        else:
            assert pixels.dtype == np.uint8
            assert pixels.ndim == 3
    assert complaints
    assert max(map(len, complaints)) < 100
    assert "\n" not in "".join(complaints)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "digit.png").write_bytes(_saved(PICTURE, "PNG"))
    assert read_image_file(tmp_path / "digit.png").shape == (30, 40, 4)
    (tmp_path / "note.png").write_text("no image")
    for name, complaint in (
        ("note.png", "it is not a PNG or JPEG image"),
        ("nowhere.png", "there is no such file"),
        ("", "it is not a file"),
    ):
        with pytest.raises(ValueError, match=f"{name} cannot be read as an image: {complaint}"):
            read_image_file(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ValueError, match="it is not a file"):
        read_image_file(tmp_path / "pipe.png")


def test_no_limit_lets_more_than_a_few_hundred_megabytes_be_unpacked() -> None:
    assert PNG.side**2 * 4 <= 64_000_000
    assert CANVAS[0].side ** 2 * 4 <= 24_000_000
