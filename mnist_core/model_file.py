"""A model to take along: a safetensors file that numpy alone can read."""

from pathlib import Path

from mnist_core.files import write_whole
from mnist_core.model import CLASSES, PIXELS, SoftmaxRegressor
from mnist_core.normalization import Normalization
from mnist_core.tensor_file import Shape, pack, unpack

MAX_BYTES = 1_000_000  # thirty times what a model needs
SHAPES: dict[str, Shape] = {"linear.weight": (CLASSES, PIXELS), "linear.bias": (CLASSES,)}


def model_to_bytes(model: SoftmaxRegressor) -> bytes:
    """Make the file: linear.weight (10, 784) and linear.bias (10,), float32; normalization as its text.

    For an image x, (784,) with ink 0..1 and normalized so, the logits are linear.weight @ x + linear.bias.
    """
    return pack(model.state_dict(), {"normalization": model.normalization})


def model_from_bytes(content: bytes) -> SoftmaxRegressor:
    """Read a model from wherever; ValueError says what is wrong: size, format, names, shapes or numbers."""
    _check_size(len(content))
    tensors, text = unpack(content, SHAPES)
    normalization = text.get("normalization")
    if normalization not in list(Normalization):
        known = ", ".join(Normalization)
        raise ValueError(
            f"normalization: expected one of {known} in the metadata, found {normalization!r:.40}"
        )
    model = SoftmaxRegressor(Normalization(normalization))
    model.load_state_dict(tensors)
    return model


def save_model(path: Path, model: SoftmaxRegressor) -> None:
    """Write a model's file, whole or not at all; OSError where it cannot be written."""
    write_whole(path, model_to_bytes(model))


def load_model(path: Path) -> SoftmaxRegressor:
    """Read a model's file; OSError where there is none, ValueError where it is not a model's."""
    _check_size(path.stat().st_size)
    return model_from_bytes(path.read_bytes())


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise ValueError(f"expected a model file of at most {MAX_BYTES:,} bytes, found {size:,}")
