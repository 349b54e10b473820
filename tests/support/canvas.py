"""A canvas for tests to draw on."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


class Canvas:
    """Replaces streamlit-drawable-canvas, which needs a browser.

    Attributes:
        image_data: what the canvas shows, (H, W, 4) uint8; None before the first stroke.
    """

    def __init__(self) -> None:
        self.image_data: NDArray[np.uint8] | None = None

    def st_canvas(self, **_: object) -> "Canvas":
        return self

    @property
    def image_bytes(self) -> bytes | None:
        """The same as a PNG file, as the browser sends it."""
        if self.image_data is None:
            return None
        content = io.BytesIO()
        Image.fromarray(self.image_data).save(content, "PNG", compress_level=1)
        return content.getvalue()
