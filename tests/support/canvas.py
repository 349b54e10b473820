"""A canvas for tests to draw on."""

import numpy as np
from numpy.typing import NDArray


class Canvas:
    """Replaces streamlit-drawable-canvas, which needs a browser.

    Attributes:
        image_data: what the canvas shows, (H, W, 4) uint8; None before the first stroke.
    """

    def __init__(self) -> None:
        self.image_data: NDArray[np.uint8] | None = None

    def st_canvas(self, **_: object) -> "Canvas":
        return self
