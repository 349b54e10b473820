"""What is taken for a tensor: tensors, and arrays of numpy."""

from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array: TypeAlias = Tensor | NDArray[Any]


def tensor_of(name: str, value: object) -> Tensor:
    """Return a tensor as it is, and an array as a tensor, which shares its memory where that can be written.

    Raises:
        ValueError: anything else, or an array of a kind that torch does not know. The message has `name`.
    """
    if isinstance(value, Tensor):
        return value
    if not isinstance(value, np.ndarray):
        raise ValueError(f"{name}: expected a tensor or a numpy array, got {type(value).__name__}")
    if not value.dtype.isnative:
        value = value.astype(value.dtype.newbyteorder("="))
    try:
        # Copied if it is read-only, or goes backwards through memory: torch knows neither.
        return torch.from_numpy(np.require(value, requirements=["C", "W"]))
    except TypeError:
        raise ValueError(
            f"{name}: expected a tensor or an array of numbers, got one of {value.dtype}"
        ) from None


def images_of(images: object) -> Tensor:
    """Return images as a tensor; ValueError unless they are (N, 28, 28) uint8."""
    tensor = tensor_of("images", images)
    if tensor.dtype == torch.uint8 and tensor.ndim == 3 and tensor.shape[1:] == (28, 28):
        return tensor
    raise ValueError(
        f"images: expected (N, 28, 28) uint8, ink 0 to 255, got {describe(tensor)}{_hint(tensor)}"
    )


def image_of(image: object) -> Tensor:
    """Return one image as a tensor; ValueError unless it is (28, 28) uint8."""
    tensor = tensor_of("image", image)
    if tensor.dtype == torch.uint8 and tensor.shape == (28, 28):
        return tensor
    raise ValueError(f"image: expected (28, 28) uint8, ink 0 to 255, got {describe(tensor)}")


def _hint(tensor: Tensor) -> str:
    if tensor.shape == (28, 28):
        return "; image[None] makes a batch of a single image"
    return "; ink from 0 to 1 becomes bytes with (255 * images).round()" if tensor.is_floating_point() else ""


def labels_of(labels: object) -> Tensor:
    """Return labels of any whole-number type as int64; others as they are."""
    tensor = tensor_of("labels", labels)
    whole = not (tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool)
    return tensor.long() if whole else tensor


def describe(tensor: Tensor) -> str:
    """Name a tensor's shape and dtype."""
    return f"{tuple(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}"
