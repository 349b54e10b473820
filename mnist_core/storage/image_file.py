"""Open image files that anybody may have made, at a bounded cost.

A few kilobytes can stand for gigabytes of pixels. So the format, the size and the mode are read first, and
checked before a single pixel is unpacked.
"""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile


class ImageLimits(NamedTuple):
    """What an image may be; anything else is refused.

    Attributes:
        format: Pillow's name for the format.
        modes: Pillow's names for the kinds of pixel.
        side: pixels, of the longer side.
        size: bytes, of the file.
        area: pixels; of a JPEG only if it is in several scans.
    """

    format: str
    modes: frozenset[str]
    side: int
    size: int
    area: int


# 8 bits for each channel, or fewer, and grey scans of 16.
MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I;16"})
SIZE = 20_000_000  # bytes
PNG = ImageLimits("PNG", MODES, 5_800, SIZE, area=17_000_000)
WEBP = PNG._replace(format="WEBP")
# Unlike a PNG, a JPEG is unpacked at a fraction of its size, down to an eighth. One in several scans, as each
# progressive one, keeps all its coefficients in memory until it is complete.
JPEG = ImageLimits("JPEG", MODES, 12_000, SIZE, area=36_000_000)
PHOTO = (PNG, JPEG, WEBP)
# The board of 280 px at a device pixel ratio of 4, as browsers send it.
CANVAS = (ImageLimits("PNG", frozenset({"RGBA"}), 1_120, 512_000, area=1_120**2),)

LARGE = 2_400  # pixels: a photo with a longer side is reduced to between half of it and all of it
SCAN = b"\xff\xda"  # begins a scan of a JPEG
MAX_SCANS = 32  # a progressive JPEG usually has ten; each goes over the whole image
# The segments of a JPEG that have a length (ITU-T T.81, annex B), and those that are needed: frames, tables,
# what JFIF and Adobe define, and EXIF, which says how the picture is turned.
SEGMENT = re.compile(rb"\xff+([\x02-\xcf\xda-\xfe])")
NEEDED = frozenset({*range(0xC0, 0xD0), 0xDB, 0xDC, 0xDD, 0xE0, 0xE1, 0xEE})
MAX_SEGMENTS = 2_000  # a photo has a dozen
AS_SCREENSHOT = "choose another file, or take a screenshot of it"
DAMAGED = f"it is damaged: {AS_SCREENSHOT}"
ENOUGH = "2,000 pixels per side are enough"

# By how a file begins. Pillow's own readers are called, without `Image.open`: that warns of every image above
# 89 million pixels, and what is read is decided here. Of a file with several images they read the first.
READERS: dict[str, Callable[[io.BytesIO], ImageFile]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "WEBP": WebPImageFile,
}
BEGINNINGS = {
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "WEBP": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "GIF": re.compile(rb"GIF8"),
    "BMP": re.compile(rb"BM.{4}\0\0\0\0", re.DOTALL),
    "TIFF": re.compile(rb"II\*\0|MM\0\*"),
    "HEIC": re.compile(rb"....ftyp(heic|heix|heim|heis|hevc|mif1|msf1)", re.DOTALL),
    "AVIF": re.compile(rb"....ftypavi[fs]", re.DOTALL),
    "PDF": re.compile(rb"%PDF"),
}


def read_image(content: bytes, accepted: Sequence[ImageLimits] = PHOTO) -> NDArray[np.uint8]:
    """Read an image file as a viewer shows it, turned as its EXIF data says.

    Args:
        content: the file.
        accepted: the limits for each format that is accepted.

    Returns:
        (H, W, 4) uint8: red, green, blue and alpha, not premultiplied; a large image is reduced.

    Raises:
        ValueError: it is not such an image, or too large; the message says which, and what to do.
    """
    longest = max(limits.size for limits in accepted)
    if len(content) > longest:
        raise ValueError(f"it has more than {longest:,} bytes: save a smaller copy of it, {ENOUGH}")
    limits = _limits_of(content, accepted)
    if limits.format == "JPEG":
        content, head = _without_comments(content)
        if content.count(SCAN, head) > MAX_SCANS:
            raise ValueError(f"it has more than {MAX_SCANS} scans: save a copy of it")
    with _refused(DAMAGED):
        image = READERS[limits.format](io.BytesIO(content))
    _check_size(image, limits, content)
    if image.mode not in limits.modes:
        raise ValueError(f"its pixels are of another kind ({image.mode}): save it with 8 bits per channel")
    with _refused(DAMAGED):
        image.draft(None, (LARGE // 2, LARGE // 2))  # a JPEG is then unpacked at 1/2, 1/4 or 1/8
        pixels = ImageOps.exif_transpose(image)
        if pixels.mode == "I;16":
            pixels = Image.fromarray(_in_8_bits(np.asarray(pixels)))
        pixels = pixels.convert("RGBA")
        factor = -(-max(pixels.size) // LARGE)
        return np.array(pixels.reduce(factor) if factor > 1 else pixels)


def _in_8_bits(grey: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Scale grey down to 8 bits, by as many as it uses: of 16, many scanners fill 12 or 10."""
    return (grey >> max(0, int(grey.max()).bit_length() - 8)).astype(np.uint8)


def _limits_of(content: bytes, accepted: Sequence[ImageLimits]) -> ImageLimits:
    """Tell the format by how the file begins; ValueError if it is not an accepted one."""
    names = [limits.format for limits in accepted]
    found = next((name for name, beginning in BEGINNINGS.items() if beginning.match(content)), None)
    if found in names:
        return accepted[names.index(found)]
    what = f"it is a {found} file" if found else "it is not an image of a known format"
    raise ValueError(f"{what}: save it as {' or '.join(names[:2])}, or take a screenshot of it")


def _check_size(image: Image.Image, limits: ImageLimits, content: bytes) -> None:
    size = f"{image.width:,} x {image.height:,} pixels"
    has = f"it has {size}, and a {limits.format} image may have"
    if max(image.size) > limits.side:
        raise ValueError(f"{has} {limits.side:,} per side: save a smaller copy of it, {ENOUGH}")
    bounded = limits.format != "JPEG" or not _is_in_one_scan(content)
    if bounded and image.width * image.height > limits.area:
        raise ValueError(f"{has} {limits.area / 1e6:.0f} million: save a smaller copy of it, {ENOUGH}")


def _without_comments(jpeg: bytes) -> tuple[bytes, int]:
    """Leave out comments, colour profiles and the like; also return where the first scan begins then.

    Pillow keeps each of them, and a file may have 300,000.
    """
    kept, place, count = [jpeg[:2]], 2, 0
    while (found := SEGMENT.search(jpeg, place)) and found[1] != SCAN[1:]:
        count += 1
        if count > MAX_SEGMENTS:
            raise ValueError(f"it has more than {MAX_SEGMENTS:,} comments and other parts: {AS_SCREENSHOT}")
        end = found.end() + int.from_bytes(jpeg[found.end() : found.end() + 2])
        if found[1][0] in NEEDED:
            kept.append(jpeg[found.end() - 2 : end])
        place = max(end, found.end())
    head = b"".join(kept)
    return head + (jpeg[found.end() - 2 :] if found else b""), len(head)


def _is_in_one_scan(jpeg: bytes) -> bool:
    """Tell whether a JPEG's first scan holds all its components, so that it is unpacked row by row.

    The format: ITU-T T.81, 1992, annex B. A segment is FF, its kind, and the length of the rest in two bytes.
    """
    place, components = 2, 0
    while place + 10 <= len(jpeg) and jpeg[place] == 0xFF:
        kind, length = jpeg[place + 1], int.from_bytes(jpeg[place + 2 : place + 4])
        if kind == 0xDA:  # a scan
            return 0 < components == jpeg[place + 4]
        if kind in (0xC0, 0xC1):  # a sequential frame, Huffman-coded; other kinds leave the number at 0
            components = jpeg[place + 9]
        place += 2 + length
    return False


def read_image_file(path: Path) -> NDArray[np.uint8]:
    """Read a photo or another image from a file, as `read_image` does; its errors name the file."""
    try:
        if not path.is_file():  # a device or a pipe may never end
            raise ValueError("it is not a file" if path.exists() else "there is no such file")
        with path.open("rb") as file:
            return read_image(file.read(SIZE + 1))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as an image: {error}") from error


@contextmanager
def _refused(reason: str) -> Iterator[None]:
    """Turn whatever Pillow raises into a ValueError.

    For damaged files these are not only its own errors: struct.error, IndexError, KeyError and SyntaxError
    have been seen.
    """
    try:
        yield
    except Exception as error:
        raise ValueError(reason) from error
