"""From a picture to an answer in one call."""

from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from mnist_core.arrays import Array, describe, tensor_of
from mnist_core.data.dataset import load_digits
from mnist_core.inference.novelty import NoveltyDetector, fit_novelty_detector
from mnist_core.inference.verdict import Verdict, judge
from mnist_core.model import SoftmaxRegressor
from mnist_core.one_thread import one_thread
from mnist_core.preprocessing.drawing import prepare_drawing
from mnist_core.preprocessing.photo import find_digit
from mnist_core.storage.image_file import read_image_file


@one_thread()
def read_digit(
    picture: str | Path | Array, model: SoftmaxRegressor, *, detector: NoveltyDetector | None = None
) -> Verdict:
    """Read a digit from a photo, a scan or a drawing, dark on light or light on dark.

    Args:
        picture: an image file; or (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA, uint8, such as a test digit.
        model: any model.
        detector: what the picture is compared with, to tell whether it is a digit at all. Without one, one is
            fitted to the training digits that are here, or to the sample: once, which takes a second.

    Returns:
        The verdict: `kind` says whether it is clear, close or no digit, and `digit` is the likeliest.

    Raises:
        ValueError: no picture, too large, or another shape or dtype.
    """
    pixels = read_image_file(Path(picture)) if isinstance(picture, str | Path) else _rgb(picture)
    return judge(model, prepare_drawing(find_digit(pixels).ink), detector or usual_detector())


@cache
def usual_detector() -> NoveltyDetector:
    """Fit a detector to MNIST's training digits, or to the sample if MNIST is not here."""
    return fit_novelty_detector(load_digits(download=False).train)


def _rgb(picture: Array) -> Tensor:
    pixels = tensor_of("picture", picture)
    coloured = pixels.ndim == 3 and pixels.shape[2] in (3, 4)
    if pixels.dtype != torch.uint8 or not (coloured or pixels.ndim == 2) or pixels.numel() == 0:
        raise ValueError(
            "picture: expected the name of a file, or (H, W), (H, W, 3) or (H, W, 4) uint8, "
            f"got {describe(pixels)}"
        )
    return pixels if coloured else pixels[:, :, None].expand(-1, -1, 3)
