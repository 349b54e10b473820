"""What a row of pictures refuses; how it looks is tested in a browser."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dashboard.ui.pictures import render_pictures


@pytest.mark.parametrize(
    "images", [np.zeros((28, 28), np.uint8), np.zeros((1, 28, 28), np.int64), np.zeros((1, 28, 28), bool)]
)
def test_images_of_another_shape_or_type_are_refused(images: NDArray[np.generic]) -> None:
    with pytest.raises(ValueError, match=r"images must be .* got"):
        render_pictures(images, key="row", captions=["a"], descriptions=["b"])


def test_each_picture_needs_a_caption_and_a_description() -> None:
    with pytest.raises(ValueError, match="2 images, 1 captions and 2 descriptions"):
        render_pictures(np.zeros((2, 28, 28)), key="row", captions=["a"], descriptions=["b", "c"])
