"""A row of small captioned pictures, drawn pixel for pixel and repainted in place."""

import base64
import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dashboard.components.component import component, mount

# st.image puts each picture into an <img> with a new address, which is loaded after the old one is gone; a
# canvas is painted at once, and costs the 784 bytes of a digit instead of a file and a request.
_renderer = component("pictures")
_CAPTION_HEIGHT = 18  # pixels: one line of .caption in pictures.css and the gap above it


def render_pictures(
    images: NDArray[np.generic],
    *,
    key: str,
    captions: Sequence[str],
    descriptions: Sequence[str],
    size: int = 84,
    clickable: bool = False,
    selected: int | None = None,
) -> None:
    """Show pictures in rows, each `size` px wide, or a fifth of a phone.

    `session.take_click` returns the index of one.

    `images` is (N, H, W). uint8 is ink, from 0 to 255, in the colour of the theme's text. A float is signed:
    negative in the theme's orange, positive in its blue, and full at -1 and 1 (what lies beyond is cut off).
    `descriptions` are the alternative texts. Raises ValueError where the numbers of them do not agree.
    """
    if images.ndim != 3 or not (images.dtype == np.uint8 or np.issubdtype(images.dtype, np.floating)):
        raise ValueError(
            f"images must be (N, H, W) uint8 ink or float from -1 to 1, got {images.shape} {images.dtype}"
        )
    if not len(images) == len(captions) == len(descriptions):
        raise ValueError(
            f"each image needs a caption and a description, got {len(images)} images, "
            f"{len(captions)} captions and {len(descriptions)} descriptions"
        )
    signed = images.dtype != np.uint8
    pixels = np.rint(np.clip(images.astype(np.float32), -1, 1) * 127).astype(np.int8) if signed else images
    data = {
        "pixels": base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode(),
        "shape": images.shape,
        "signed": signed,
        "captions": list(captions),
        "descriptions": list(descriptions),
        "size": size,
        "clickable": clickable,
        "selected": selected,
    }
    # One row's height, so that nothing below jumps when the pictures come; pictures.js then lets it grow.
    height = round(size * images.shape[1] / images.shape[2]) + _CAPTION_HEIGHT
    mount(_renderer, key=key, data=json.dumps(data).encode(), height=height)
