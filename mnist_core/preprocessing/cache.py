"""Preprocessed digits, computed only once: a cache in memory and on disk."""

import hashlib
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mnist_core.data.dataset import Digits
from mnist_core.preprocessing.preprocess import VERSION, Preprocessing, preprocess
from mnist_core.storage.files import cache_folder

_lock = threading.Lock()
_in_memory: WeakKeyDictionary[Digits, dict[Preprocessing, Digits]] = WeakKeyDictionary()


def preprocessed_digits(
    digits: Digits, how: Preprocessing | str, *, progress: Callable[[float], None] | None = None
) -> Digits:
    """Return the digits preprocessed; RAW gives back `digits` itself.

    Later calls with the same `digits`, from any thread, return the same object. The images are also kept in
    the cache folder. `progress` is called with the fraction done, 0..1, while they are being computed.
    """
    how = Preprocessing(how)
    if how is Preprocessing.RAW:
        return digits
    with _lock:  # a second caller waits for the result instead of computing it too
        kept = _in_memory.setdefault(digits, {})
        if how not in kept:
            kept[how] = _from_disk_or_new(digits, how, progress)
        return kept[how]


def _from_disk_or_new(digits: Digits, how: Preprocessing, progress: Callable[[float], None] | None) -> Digits:
    path = cache_folder() / f"{digits.source}-{how}.safetensors"
    key = f"version {VERSION} of {_hash(digits.train.images)} and {_hash(digits.test.images)}"
    images = _load(path, key)
    if images is None:
        both = torch.cat((digits.train.images, digits.test.images))
        images = preprocess(both, how, progress=progress)
        _save(path, key, images)
    train, test = images[: len(digits.train)], images[len(digits.train) :]
    return replace(digits, train=replace(digits.train, images=train), test=replace(digits.test, images=test))


def _hash(images: Tensor) -> str:
    return hashlib.sha256(np.ascontiguousarray(images.numpy()).data).hexdigest()


def _load(path: Path, key: str) -> Tensor | None:
    """Read the images saved under `key`; None if the file is missing, is damaged or has another key."""
    try:
        with safe_open(path, framework="pt") as file:
            images: Tensor = file.get_tensor("images")
            if images.dtype != torch.uint8 or file.metadata() != {"key": key, "images": _hash(images)}:
                return None
            return images
    except (OSError, SafetensorError):
        return None


def _save(path: Path, key: str, images: Tensor) -> None:
    """Write the file so that nobody can read half of it; failing to write is not an error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            whole = Path(folder) / path.name
            save_file({"images": images}, whole, {"key": key, "images": _hash(images)})
            whole.replace(path)
    except (OSError, SafetensorError):
        pass
