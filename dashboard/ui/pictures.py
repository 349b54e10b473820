"""A row of small captioned pictures, drawn pixel for pixel and repainted in place."""

import base64
import json
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from dashboard.ui.component import component, mount

# st.image puts each picture into an <img> with a new address, which is loaded after the old one is gone; a
# canvas is painted at once, and costs the 784 bytes of a digit instead of a file and a request.
_renderer = component("pictures", modules=["film"])
_CAPTION_HEIGHT = 18  # pixels: one line of .caption in pictures.css and the gap above it


def render_pictures(
    images: NDArray[np.generic] | Sequence[NDArray[np.generic]],
    *,
    key: str,
    captions: Sequence[str],
    descriptions: Sequence[str],
    size: int = 84,
    stars: Collection[int] = (),
    smooth: bool = False,
    clickable: bool = False,
    selected: int | None = None,
) -> None:
    """Show pictures in rows, each `size` px wide, or a fifth of a phone.

    `session.consume_click(key, picture_index)` returns the index of one that was clicked.

    Args:
        images: (N, H, W), or N images of different sizes, all uint8 or all float. uint8 is ink, 0 to 255, in
            the colour of the theme's text. A float is signed: negative in the theme's orange, positive in its
            blue, strongest at -1 and 1 and beyond.
        key: of the component.
        captions: N.
        descriptions: N alternative texts.
        size: pixels.
        stars: the indices of those that hold directions, (28, 28) as `direction_maps` lays them out: they are
            drawn as strokes.
        smooth: whether pixels run into one another; else they are squares.
        clickable: whether a picture is a button.
        selected: the index of one to be marked.

    Raises:
        ValueError: an image of another shape or dtype, or not one caption and one description for each.
    """
    if any(image.ndim != 2 for image in images) or len({image.dtype for image in images}) > 1:
        kinds = sorted({f"{image.shape} {image.dtype}" for image in images})
        raise ValueError(f"images must be (H, W), all uint8 ink or all float from -1 to 1, got {kinds}")
    if not len(images) == len(captions) == len(descriptions):
        raise ValueError(
            f"each image needs a caption and a description, got {len(images)} images, "
            f"{len(captions)} captions and {len(descriptions)} descriptions"
        )
    signed = any(np.issubdtype(image.dtype, np.floating) for image in images)
    if not signed and any(image.dtype != np.uint8 for image in images):
        raise ValueError(f"images must be uint8 ink or float from -1 to 1, got {images[0].dtype}")
    data = {
        "pixels": base64.b64encode(b"".join(_bytes(image, signed) for image in images)).decode(),
        "shapes": [image.shape for image in images],
        "stars": [index in stars for index in range(len(images))],
        "signed": signed,
        "smooth": smooth,
        "captions": list(captions),
        "descriptions": list(descriptions),
        "size": size,
        "clickable": clickable,
        "selected": selected,
    }
    # One row's height, so that nothing below jumps when the pictures come; pictures.js then lets it grow.
    height = max((round(size * image.shape[0] / image.shape[1]) for image in images), default=0)
    mount(_renderer, key=key, data=json.dumps(data).encode(), height=height + _CAPTION_HEIGHT)


def picture_index(value: object) -> int:
    """Read which picture was clicked, from 0 on; ValueError for anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"expected the index of a picture, got {value!r}")
    return value


def _bytes(image: NDArray[np.generic], signed: bool) -> bytes:
    if signed:
        image = np.rint(np.clip(image.astype(np.float32), -1, 1) * 127).astype(np.int8)
    return np.ascontiguousarray(image).tobytes()
