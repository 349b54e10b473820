"""A model as a safetensors file, which numpy alone can read."""

from pathlib import Path

from mnist_core.model import CLASSES, PIXELS, SoftmaxRegressor
from mnist_core.preprocessing.preprocess import Preprocessing
from mnist_core.storage.files import write_atomically
from mnist_core.storage.safetensors_file import Shape, pack, unpack

MAX_BYTES = 1_000_000  # thirty times what a model needs
SHAPES: dict[str, Shape] = {"linear.weight": (CLASSES, PIXELS), "linear.bias": (CLASSES,)}


def model_to_bytes(model: SoftmaxRegressor) -> bytes:
    """Make the file: linear.weight (10, 784), linear.bias (10,), float32, and as metadata the preprocessing.

    For a preprocessed image x, (784,) with ink 0..1, the logits are linear.weight @ x + linear.bias.
    """
    return pack(model.state_dict(), {"preprocessing": model.preprocessing})


def model_from_bytes(content: bytes) -> SoftmaxRegressor:
    """Read a model from any source; ValueError says what is wrong: size, format, names, shapes or numbers."""
    _check_size(len(content))
    tensors, metadata = unpack(content, SHAPES)
    model = SoftmaxRegressor(Preprocessing(metadata.get("preprocessing", "")))
    model.load_state_dict(tensors)
    return model


def save_model(path: Path, model: SoftmaxRegressor) -> None:
    """Write a model to a file, or the file that a link leads to, completely or not at all.

    OSError if it cannot be written, or is a device or a folder.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise OSError(f"{path} is not a file that can be replaced")
    write_atomically(target, model_to_bytes(model))


def load_model(path: Path) -> SoftmaxRegressor:
    """Read a model from a file; OSError if there is none, ValueError if it does not hold a model."""
    _check_size(path.stat().st_size)
    return model_from_bytes(path.read_bytes())


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise ValueError(f"expected a model file of at most {MAX_BYTES:,} bytes, found {size:,}")
