"""Named float32 tensors with text metadata, as the bytes of a safetensors file.

The format (https://huggingface.co/docs/safetensors) is a header followed by plain numbers. Reading it is safe
whoever made the file, unlike reading a pickle (the format of torch.save), which may run code.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from reprlib import repr as short

import safetensors
import safetensors.torch
import torch
from torch import Tensor

Shape = tuple[int | None, ...]  # None: any length


def pack(tensors: dict[str, Tensor], metadata: dict[str, str]) -> bytes:
    """Make a safetensors file of float32 tensors and metadata."""
    return safetensors.torch.save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata)


def unpack(content: bytes, shapes: Mapping[str, Shape]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a safetensors file.

    Args:
        content: the bytes of the file.
        shapes: the name and the shape of every tensor that must be in it, and no other.

    Returns:
        The tensors, float32, and the metadata.

    Raises:
        ValueError: not a complete safetensors file, other tensors than expected, another shape or dtype, or
            numbers that are not finite.
    """
    try:
        found = dict(safetensors.deserialize(content))  # type: ignore[no-untyped-call]
    except safetensors.SafetensorError as error:
        raise ValueError(f"not a complete safetensors file ({error})") from error
    if found.keys() != shapes.keys():
        raise ValueError(f"expected the tensors {', '.join(sorted(shapes))}, found {short(sorted(found))}")
    for name, shape in shapes.items():
        if not _fits(found[name]["shape"], shape):
            expected = " x ".join("any" if length is None else str(length) for length in shape)
            raise ValueError(f"{name}: expected the shape {expected}, found {short(found[name]['shape'])}")
        if (dtype := found[name]["dtype"]) != "F32":
            raise ValueError(f"{name}: expected 32-bit floats (F32), found {dtype}")
    tensors = {
        name: torch.frombuffer(found[name]["data"], dtype=torch.float32).view(found[name]["shape"])
        for name in shapes
    }
    for name, tensor in tensors.items():
        check_finite(name, tensor)
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return tensors, header.get("__metadata__") or {}


def unpack_last(path: Path, shapes: Mapping[str, Shape]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the last entry of each tensor of a safetensors file, and none of the others.

    Args:
        path: the file.
        shapes: as for `unpack`; the first length of each tensor is at least 1.

    Returns:
        The tensors, float32, each with a first length of 1, and the metadata.

    Raises:
        OSError: there is no such file.
        ValueError: as for `unpack`; of the numbers, only those that are read are checked.
    """
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            if set(file.keys()) != shapes.keys():
                raise ValueError(
                    f"expected the tensors {', '.join(sorted(shapes))}, found {short(sorted(file.keys()))}"
                )
            slices = {name: file.get_slice(name) for name in shapes}
            for name, shape in shapes.items():
                found = slices[name].get_shape()
                if not _fits(found, shape) or not found[0] or slices[name].get_dtype() != "F32":
                    raise ValueError(f"{name}: expected 32-bit floats of another shape, found {short(found)}")
            tensors = {name: part[part.get_shape()[0] - 1 :].clone() for name, part in slices.items()}
            metadata = file.metadata() or {}
    except safetensors.SafetensorError as error:
        raise ValueError(f"not a complete safetensors file ({error})") from error
    for name, tensor in tensors.items():
        check_finite(name, tensor)
    return tensors, metadata


def check_finite(name: str, tensor: Tensor) -> None:
    """Raise ValueError if a number is NaN or infinite, or so large that the sum of a row overflows."""
    if not tensor.abs().sum(dim=-1).isfinite().all():
        raise ValueError(f"{name}: expected finite numbers, found NaN, infinite or too large ones")


def _fits(found: list[int], expected: Shape) -> bool:
    return len(found) == len(expected) and all(b in (None, a) for a, b in zip(found, expected, strict=True))
