"""A canvas that tests draw on."""

import numpy as np
from numpy.typing import NDArray


class Canvas:
    """Takes the place of streamlit-drawable-canvas, which only a browser can run.

    Attributes:
        image_data: what the canvas shows, (H, W, 4) uint8; None before the first stroke.
    """

    def __init__(self) -> None:
        self.image_data: NDArray[np.uint8] | None = None

    def st_canvas(self, **_: object) -> "Canvas":
        return self
