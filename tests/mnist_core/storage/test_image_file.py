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

from mnist_core.storage.image_file import CANVAS, JPEG, MAX_SCANS, PNG, read_image, read_image_file
from tests.support.mutations import mutations

PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8))


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _claiming_jpeg(width: int, height: int, **options: Any) -> bytes:
    """A small JPEG that claims to be larger: the size stands behind the frame's marker, length and depth."""
    content = _saved(PICTURE, "JPEG", **options)
    frame = content.index(b"\xff\xc2" if options else b"\xff\xc0")
    return content[: frame + 5] + struct.pack(">HH", height, width) + content[frame + 9 :]


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


def test_a_webp_image_is_read() -> None:
    content = _saved(PICTURE, "WEBP", lossless=True)
    assert np.array_equal(read_image(content), np.asarray(PICTURE.convert("RGBA")))


@pytest.mark.parametrize("bits", [16, 12, 10])
def test_a_grey_scan_of_up_to_16_bits_is_scaled_down(bits: int) -> None:
    grey = np.linspace(0, 2**bits - 1, 1024, dtype=np.uint16).reshape(32, 32)
    pixels = read_image(_saved(Image.fromarray(grey), "PNG"))
    assert np.array_equal(pixels[..., 0], grey // 2 ** (bits - 8))
    assert (pixels[..., 3] == 255).all()


@pytest.mark.parametrize(
    ("kind", "size", "expected"),
    [
        ("PNG", (3_000, 100), (1_500, 50)),
        ("PNG", (4_032, 3_024), (2_016, 1_512)),
        ("WEBP", (4_032, 3_024), (2_016, 1_512)),
        ("JPEG", (5_712, 4_284), (1_428, 1_071)),
        ("JPEG", (12_000, 9_000), (1_500, 1_125)),  # Pillow's own warning begins at 89 million pixels
    ],
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
        (_claiming(5_000, 5_000), "5,000 x 5,000 pixels, and a PNG image may have 17 million"),
        (_claiming(1, 5_801), "a PNG image may have 5,800 per side: save a smaller copy"),
        (_claiming(13_000, 13_000), "13,000 x 13,000 pixels"),
        (_claiming(1_000_000, 1_000_000), "1,000,000 x 1,000,000 pixels"),
        (_saved(Image.new("L", (5_801, 1)), "WEBP"), "a WEBP image may have 5,800 per side"),
        (_saved(Image.new("L", (12_001, 1)), "JPEG"), "a JPEG image may have 12,000 per side"),
        (_claiming_jpeg(7_000, 6_000, progressive=True), "a JPEG image may have 36 million"),
        (bytes(20_000_001), "more than 20,000,000 bytes: save a smaller copy of it"),
        (_saved(PICTURE, "GIF"), "it is a GIF file: save it as PNG or JPEG"),
        (_saved(PICTURE, "BMP"), "it is a BMP file: save it as PNG or JPEG"),
        (_saved(PICTURE, "TIFF"), "it is a TIFF file: save it as PNG or JPEG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "it is a HEIC file: save it as PNG or JPEG"),
        (_saved(PICTURE, "EPS"), "it is not an image of a known format"),
        (_saved(PICTURE, "PPM"), "it is not an image of a known format"),
        (b"", "it is not an image of a known format"),
        (b"no image", "it is not an image of a known format"),
    ],
)
def test_what_is_too_large_or_of_another_format_is_refused_before_it_is_unpacked(
    content: bytes, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_image(content)


def test_a_jpeg_whose_colours_come_in_scans_of_their_own_is_bounded_like_a_progressive_one() -> None:
    """libjpeg keeps such a one in memory as a whole: 144 million pixels would take 860 MB."""
    one = _claiming_jpeg(7_000, 6_000)
    scan = one.index(b"\xff\xda")
    several = one[: scan + 4] + b"\x01" + one[scan + 5 :]  # its first scan has one component of three
    with pytest.raises(ValueError, match="a JPEG image may have 36 million"):
        read_image(several)


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
        _claiming(1_121, 10),
        _claiming(10, 10, 8, 2),  # without alpha, which no canvas sends
        _saved(PICTURE, "JPEG"),
        _saved(PICTURE, "EPS"),
        bytes(4_000_001),
    ],
    ids=["large", "RGB", "JPEG", "EPS", "long"],
)
def test_what_a_canvas_does_not_send_is_refused_before_it_is_unpacked(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"it has|its pixels|it is not an image|it is a JPEG file"):
        read_image(content, CANVAS)


def test_what_a_canvas_sends_is_read() -> None:
    image = Image.new("RGBA", (1_120, 1_120), "white")
    image.paste("black", (300, 200, 600, 400))
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
            pixels = read_image(damaged)
        except ValueError as error:
            complaints.append(str(error))
        else:
            assert pixels.dtype == np.uint8
            assert pixels.ndim == 3
    assert complaints
    assert max(map(len, complaints)) < 150
    assert "\n" not in "".join(complaints)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "digit.png").write_bytes(_saved(PICTURE, "PNG"))
    assert read_image_file(tmp_path / "digit.png").shape == (30, 40, 4)
    (tmp_path / "note.png").write_text("no image")
    for name, complaint in (
        ("note.png", "it is not an image of a known format"),
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
    assert PNG.area * 4 <= 68_000_000
    assert JPEG.area * 3 * 2 <= 220_000_000  # two bytes for each coefficient
    assert CANVAS[0].side ** 2 * 4 <= 24_000_000


def test_the_comments_of_a_jpeg_cost_nothing_and_a_colour_profile_is_no_scan() -> None:
    picture = Image.new("RGB", (40, 30), "white")
    plain = _saved(picture, "JPEG")
    comment = b"\xff\xfe\x00\x10" + 14 * b"x"
    with pytest.raises(ValueError, match="more than 2,000 comments"):
        read_image(plain[:2] + 300_000 * comment + plain[2:])
    some = plain[:2] + 100 * comment + plain[2:]
    profile = _saved(picture, "JPEG", icc_profile=1_000_000 * b"\xff\xda")
    for content in (some, profile):
        assert read_image(content).tobytes() == read_image(plain).tobytes()
