"""A model as a safetensors file, which numpy alone can read."""

import json
import math
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mnist_core.config import TrainingConfig
from mnist_core.model import CLASSES, PIXELS, SoftmaxRegressor
from mnist_core.preprocessing.preprocess import Preprocessing
from mnist_core.storage.files import write_atomically
from mnist_core.storage.safetensors_file import Shape, pack, unpack
from mnist_core.version import __version__

MAX_BYTES = 1_000_000  # thirty times what a model needs
SHAPES: dict[str, Shape] = {"linear.weight": (CLASSES, PIXELS), "linear.bias": (CLASSES,)}


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


@dataclass(frozen=True)
class Origin:
    """How a model was trained, as its file tells.

    Attributes:
        config: the settings, the newest if the run was continued.
        source: of the digits that it learned: "mnist", "sample", or the name of one's own.
        step: steps taken, from 1 on.
        epoch: epochs done, above 0.
        accuracy: on the test digits, 0 to 1.
        date: of the file, such as "2026-11-29".
        version: of Digit Lab.

    Raises:
        ValueError: a value out of its range.
    """

    config: TrainingConfig
    source: str
    step: int
    epoch: float
    accuracy: float
    date: str = field(default_factory=_today)
    version: str = __version__

    def __post_init__(self) -> None:
        """Refuse what no run can have: anybody can write a file."""
        numbers = (self.step, self.epoch, self.accuracy)
        texts = (self.source, self.date, self.version)
        if (
            any(type(number) not in (int, float) or not math.isfinite(number) for number in numbers)
            or type(self.step) is not int
            or not (0 < self.step <= MOST_STEPS and 0 < self.epoch <= MOST_STEPS and 0 <= self.accuracy <= 1)
            or not all(isinstance(text, str) and len(text) <= MOST_TEXT for text in texts)
        ):
            raise ValueError(f"expected where a model comes from, got {self!r:.200}")


MOST_STEPS = 10**9
MOST_TEXT = 40  # characters


def model_to_bytes(model: SoftmaxRegressor, origin: Origin | None = None) -> bytes:
    """Make the file: linear.weight (10, 784) and linear.bias (10,), float32.

    Its metadata are the preprocessing and, as JSON, where the model comes from. For a preprocessed image x,
    (784,) with ink 0..1, the logits are linear.weight @ x + linear.bias.
    """
    metadata: dict[str, str] = {"preprocessing": model.preprocessing}
    if origin is not None:
        metadata["origin"] = json.dumps(asdict(origin))
    return pack(model.state_dict(), metadata)


def model_from_bytes(content: bytes) -> SoftmaxRegressor:
    """Read a model from any source; ValueError says what is wrong: size, format, names, shapes or numbers."""
    return read_model(content)[0]


def read_model(content: bytes) -> tuple[SoftmaxRegressor, Origin | None]:
    """Read a model and where it comes from, None if the file does not tell; ValueError as above."""
    _check_size(len(content))
    refuse_pickles(content)
    tensors, metadata = unpack(content, SHAPES)
    model = SoftmaxRegressor(Preprocessing(metadata.get("preprocessing", "")))
    model.load_state_dict(tensors)
    return model, _origin(metadata.get("origin", ""), model.preprocessing)


def _origin(text: str, preprocessing: Preprocessing) -> Origin | None:
    """Read where a model comes from; None for what makes no sense, with which the model itself still does."""
    try:
        written: dict[str, Any] = json.loads(text)
        origin = Origin(**{**written, "config": TrainingConfig(**written["config"])})
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return origin if origin.config.preprocessing == preprocessing else None


def save_model(path: str | Path, model: SoftmaxRegressor, origin: Origin | None = None) -> None:
    """Write a model to a file, or the file that a link leads to, completely or not at all.

    Raises:
        OSError: it cannot be written, or is a device or a folder.
        ValueError: `load_model` would refuse it, such as for a NaN.
    """
    content = model_to_bytes(model, origin)
    model_from_bytes(content)
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        raise OSError(f"{path} is not a file that can be replaced")
    write_atomically(target, content)


def load_model(path: str | Path) -> SoftmaxRegressor:
    """Read a model from a file; OSError if there is none, ValueError if it does not hold a model."""
    path = Path(path)
    _check_size(path.stat().st_size)
    return model_from_bytes(path.read_bytes())


def refuse_pickles(content: bytes) -> None:
    """ValueError for what torch.save writes, with the line that converts it: reading it may run code."""
    if content[:2] == b"PK" or (content[:1] == b"\x80" and content[8:9] != b"{"):
        raise ValueError(
            "this was written by torch.save, and reading such a file can run code. Where you trust it, "
            "convert it: from torch import load; from safetensors.torch import save_file; "
            'save_file(load("model.pt", weights_only=True), "model.safetensors")'
        )


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise ValueError(f"expected a model file of at most {MAX_BYTES:,} bytes, found {size:,}")
