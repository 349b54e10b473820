"""Named float32 tensors with some lines of text, as the bytes of a safetensors file.

The format (https://huggingface.co/docs/safetensors) is a header and plain numbers: unlike a pickle, which
is what torch.save writes, reading it can run no code, whoever it came from.
"""

import json
from collections.abc import Mapping
from reprlib import repr as short

import safetensors
import safetensors.torch
import torch
from torch import Tensor

Shape = tuple[int | None, ...]  # None: any length


def pack(tensors: dict[str, Tensor], text: dict[str, str]) -> bytes:
    """Make a safetensors file of float32 tensors and text."""
    return safetensors.torch.save({name: tensor.contiguous() for name, tensor in tensors.items()}, text)


def unpack(content: bytes, shapes: Mapping[str, Shape]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a safetensors file with exactly the tensors in shapes, float32 and finite, and with its text.

    ValueError says which of these fails.
    """
    try:
        found = dict(safetensors.deserialize(content))  # type: ignore[no-untyped-call]
    except safetensors.SafetensorError as error:
        raise ValueError(f"not a whole safetensors file ({error})") from error
    if found.keys() != shapes.keys():
        raise ValueError(f"expected the tensors {', '.join(sorted(shapes))}, found {short(sorted(found))}")
    for name, shape in shapes.items():
        if not _fits(found[name]["shape"], shape):
            wanted = " x ".join("any" if length is None else str(length) for length in shape)
            raise ValueError(f"{name}: expected the shape {wanted}, found {short(found[name]['shape'])}")
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


def check_finite(name: str, tensor: Tensor) -> None:
    """Raise ValueError where a number is NaN or infinite, or a row too large to be added up."""
    if not tensor.abs().sum(dim=-1).isfinite().all():
        raise ValueError(f"{name}: expected finite numbers, found NaN, infinite or huge ones")


def _fits(found: list[int], wanted: Shape) -> bool:
    return len(found) == len(wanted) and all(b in (None, a) for a, b in zip(found, wanted, strict=True))
