"""Open image files that anybody may have made, at a bounded cost.

A few kilobytes can stand for gigabytes of pixels. So the format, the size and the mode are read first, and
checked before a single pixel is unpacked.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps


class ImageLimits(NamedTuple):
    """What an image may be; anything else is refused.

    Attributes:
        format: Pillow's name for the format. Pillow opens dozens, some of them with other programs.
        modes: Pillow's names for the kinds of pixel.
        side: pixels, of the longer side.
        size: bytes, of the file.
    """

    format: str
    modes: frozenset[str]
    side: int
    size: int


MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK"})  # 8 bits for each channel, or fewer
PNG = ImageLimits("PNG", MODES, side=4_000, size=20_000_000)
# Telephones make photos of 5,712 x 4,284; unlike a PNG, a JPEG is unpacked at a fraction of its size.
JPEG = ImageLimits("JPEG", MODES, side=6_000, size=20_000_000)
PHOTO = (PNG, JPEG)
# What people save from web pages, too. A file of a kilobyte that claims 16,000 x 16,000 pixels is opened in
# 0.4 s and 7 MB.
UPLOAD = (ImageLimits("WEBP", MODES, side=4_000, size=20_000_000), *PHOTO)
# A canvas of 600 px at a device pixel ratio of 4, as browsers send it.
CANVAS = (ImageLimits("PNG", frozenset({"RGBA"}), side=2_400, size=4_000_000),)

LARGE = 2_400  # pixels: a photo with a longer side is reduced to between half of it and all of it
SCAN = b"\xff\xda"  # begins a scan of a JPEG
MAX_SCANS = 32  # a progressive JPEG usually has ten; each goes over the whole image


def read_image(content: bytes, accepted: Sequence[ImageLimits] = PHOTO) -> NDArray[np.uint8]:
    """Read an image file as a viewer shows it, turned as its EXIF data says.

    Args:
        content: the file.
        accepted: the limits for each format that is accepted.

    Returns:
        (H, W, 4) uint8: red, green, blue and alpha, not premultiplied; a large image is reduced.

    Raises:
        ValueError: it is not such an image, or too large; the message says which.
    """
    longest = max(limits.size for limits in accepted)
    if len(content) > longest:
        raise ValueError(f"it has more than {longest:,} bytes")
    names = [limits.format for limits in accepted]
    with _refused(f"it is not a {' or '.join(names)} image"):
        image = Image.open(io.BytesIO(content), formats=names)
    # A JPEG with a second image inside, as some telephones make it, is opened under another name: MPO.
    # So the limits of a JPEG stand last.
    limits = next((one for one in accepted if one.format == image.format), accepted[-1])
    if max(image.size) > limits.side:
        raise ValueError(
            f"it has {image.width:,} x {image.height:,} pixels, "
            f"and a {limits.format} image may have {limits.side:,} pixels per side"
        )
    if image.mode not in limits.modes:
        raise ValueError(f"its pixels are of another kind ({image.mode})")
    if limits.format == "JPEG" and content.count(SCAN) > MAX_SCANS:
        raise ValueError(f"it has more than {MAX_SCANS} scans")
    with _refused("it is damaged"):
        image.draft(None, (LARGE // 2, LARGE // 2))  # a JPEG is then unpacked at 1/2, 1/4 or 1/8
        pixels = ImageOps.exif_transpose(image).convert("RGBA")
        factor = -(-max(pixels.size) // LARGE)
        return np.array(pixels.reduce(factor) if factor > 1 else pixels)


def read_image_file(path: Path) -> NDArray[np.uint8]:
    """Read a photo or another image from a file, as `read_image` does; its errors name the file."""
    try:
        if not path.is_file():  # a device or a pipe may never end
            raise ValueError("it is not a file" if path.exists() else "there is no such file")
        with path.open("rb") as file:
            return read_image(file.read(max(limits.size for limits in PHOTO) + 1))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as an image: {error}") from error


@contextmanager
def _refused(reason: str) -> Iterator[None]:
    """Turn whatever Pillow raises into a ValueError.

    For damaged files these are not only its own errors: struct.error, IndexError, KeyError and SyntaxError
    have been seen, and its warning about a large image may be an error too.
    """
    try:
        yield
    except Exception as error:
        raise ValueError(reason) from error
