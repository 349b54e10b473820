"""Normalized digits, computed once: kept in memory for all who share the digits, on disk for next time."""

import hashlib
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mnist_core import directions, normalization
from mnist_core.data import Digits
from mnist_core.files import cache_folder
from mnist_core.normalization import Normalization, normalize

_lock = threading.Lock()
_in_memory: WeakKeyDictionary[Digits, dict[Normalization, Digits]] = WeakKeyDictionary()


def normalized_digits(
    digits: Digits, how: Normalization, *, progress: Callable[[float], None] | None = None
) -> Digits:
    """Return the digits normalized; RAW gives back `digits` itself.

    Later calls with the same `digits`, from any thread, give back the same object. The images are also kept
    in the cache folder. `progress` is told the fraction done, 0..1, while they are being computed.
    """
    if how is Normalization.RAW:
        return digits
    with _lock:  # who asks for the same while it is being computed waits for it, instead of computing it too
        kept = _in_memory.setdefault(digits, {})
        if how not in kept:
            kept[how] = _from_disk_or_new(digits, how, progress)
        return kept[how]


def _from_disk_or_new(digits: Digits, how: Normalization, progress: Callable[[float], None] | None) -> Digits:
    path = cache_folder() / f"{digits.source}-{how}.safetensors"
    key = _key(digits)
    images = _load(path, key)
    if images is None:
        both = torch.cat((digits.train.images, digits.test.images))
        images = normalize(both, how, progress=progress)
        _save(path, key, images)
    train, test = images[: len(digits.train)], images[len(digits.train) :]
    return replace(digits, train=replace(digits.train, images=train), test=replace(digits.test, images=test))


def _key(digits: Digits) -> str:
    """Hash all that the normalized images depend on: the code and the source images."""
    code = [np.fromfile(str(module.__file__), np.uint8) for module in (directions, normalization)]
    return _hash(*code, digits.train.images.numpy(), digits.test.images.numpy())


def _hash(*parts: NDArray[np.uint8]) -> str:
    hashes = [hashlib.sha256(np.ascontiguousarray(part).data) for part in parts]
    return hashlib.sha256(b"".join(part.digest() for part in hashes)).hexdigest()


def _load(path: Path, key: str) -> Tensor | None:
    """Read the images kept under `key`; None if there are none, or the file is damaged or of another key."""
    try:
        with safe_open(path, framework="pt") as file:
            images: Tensor = file.get_tensor("images")
            expected = {"key": key, "images": _hash(images.numpy())}
            return images if file.metadata() == expected else None
    except (OSError, SafetensorError):
        return None


def _save(path: Path, key: str, images: Tensor) -> None:
    """Write the images in one move, so that nobody reads half a file; a full or closed disk is no error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            whole = Path(folder) / path.name
            save_file({"images": images}, whole, {"key": key, "images": _hash(images.numpy())})
            whole.replace(path)
    except (OSError, SafetensorError):
        pass
