"""A row of small captioned pictures, drawn pixel for pixel and repainted in place."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray

# st.image puts each picture into an <img> with a new address, which is loaded after the old one is gone; a
# canvas is painted at once, and costs the 784 bytes of a digit instead of a file and a request.
_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "digit_lab_pictures",
    css=(_HERE / "pictures.css").read_text(encoding="utf-8"),
    js=(_HERE / "pictures.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def pictures(
    images: NDArray[np.generic],
    *,
    key: str,
    captions: Sequence[str],
    descriptions: Sequence[str],
    size: int = 84,
    clickable: bool = False,
    selected: int | None = None,
) -> int | None:
    """Show pictures in a row that wraps, each `size` px wide at most; return the index of one just clicked.

    `images` is (N, H, W): uint8 is ink, 0 paper to 255 full, in the theme's colour of text; a float is signed,
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
    # As bytes it goes out untouched; a dict would be written as JSON two more times.
    result = _mount(key=key, data=json.dumps(data).encode(), on_click_change=_rerun_only)
    return cast("int | None", result.get("click"))


def _rerun_only() -> None:
    """A trigger value reaches Python only where a callback is named for it."""
