"""A model that was trained elsewhere: one layer of 784 inputs and ten outputs, by whatever names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import torch
from torch import Tensor, nn

from mnist_core.arrays import Array, tensor_of
from mnist_core.model import CLASSES, PIXELS, SoftmaxRegressor
from mnist_core.model_file import MAX_BYTES, refuse_pickles
from mnist_core.preprocessing.preprocess import Preprocessing
from mnist_core.storage.safetensors_file import check_finite


def import_model(
    source: nn.Module | Mapping[str, Array] | str | Path,
    *,
    preprocessing: Preprocessing | str = Preprocessing.RAW,
    mean: float = 0.0,
    std: float = 1.0,
) -> SoftmaxRegressor:
    """Make a model of one that was trained elsewhere.

    Args:
        source: a module, such as `nn.Linear(784, 10)`; its state dict, or arrays by name; or a safetensors
            file of these. It has one (10, 784) or (784, 10) matrix and one vector of ten, under any names.
        preprocessing: what was done to the digits that it learned.
        mean, std: of the Normalize that followed, such as 0.1307 and 0.3081; without one, ink is 0 to 1.

    Returns:
        A copy with the same logits: W (x - mean) / std + b is V x + c with V = W / std and c = b - mean V 1.

    Raises:
        ValueError: other tensors than these, numbers that are not finite, or a file of torch.save, which can
            run code when it is read: the message has the line that converts it.
        OSError: there is no such file.
    """
    if isinstance(source, str | Path):
        source = _read(Path(source))
    elif isinstance(source, nn.Module):
        source = source.state_dict()
    elif not isinstance(source, Mapping):
        raise ValueError(f"expected a module, its state dict or a file, got {type(source).__name__}")
    if not std > 0:
        raise ValueError(f"std must be above 0, not {std}")
    found = {name: tensor_of(name, value).detach().double() for name, value in source.items()}
    matrices = [value for value in found.values() if value.shape in ((CLASSES, PIXELS), (PIXELS, CLASSES))]
    biases = [value for value in found.values() if value.shape == (CLASSES,)]
    if len(matrices) != 1 or len(biases) != 1 or len(found) != 2:
        shapes = ", ".join(f"{name} {tuple(value.shape)}" for name, value in found.items())
        raise ValueError(
            f"expected one layer, a matrix (10, 784) and a vector (10,), got {shapes or 'nothing':.200}"
        )
    weight = (matrices[0] if len(matrices[0]) == CLASSES else matrices[0].T) / std
    bias = biases[0] - mean * weight.sum(dim=1)
    model = SoftmaxRegressor(preprocessing)
    with torch.no_grad():
        model.linear.weight.copy_(weight)
        model.linear.bias.copy_(bias)
    for name, tensor in model.state_dict().items():
        check_finite(name, tensor)
    return model


def _read(path: Path) -> dict[str, Tensor]:
    if (size := path.stat().st_size) > MAX_BYTES:
        raise ValueError(f"expected a model file of at most {MAX_BYTES:,} bytes, found {size:,}")
    content = path.read_bytes()
    refuse_pickles(content)
    try:
        from safetensors.torch import load

        tensors: Any = load(content)
        return dict(tensors)
    except safetensors.SafetensorError as error:
        raise ValueError(f"not a complete safetensors file ({error})") from error
