"""Preprocessed digits, computed only once: a cache in memory and on disk."""

import hashlib
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mnist_core.data.dataset import Digits
from mnist_core.preprocessing.preprocess import VERSION, Preparation, Preprocessing
from mnist_core.storage.files import cache_folder

MEASURED = 5_000  # of the training digits, which every report is measured on

_lock = threading.Lock()
_in_memory: WeakKeyDictionary[Digits, dict[Preprocessing, "DigitsBeingPrepared"]] = WeakKeyDictionary()


def preprocessed_digits(
    digits: Digits, how: Preprocessing | str, *, progress: Callable[[float], None] | None = None
) -> Digits:
    """Return the digits preprocessed; RAW gives back `digits` itself.

    Later calls with the same `digits`, from any thread, return the same object. The images are also kept in
    the cache folder. `progress` is called with the fraction done, 0..1, while they are being computed.
    """
    return digits_being_prepared(digits, how).finish(progress)


def digits_being_prepared(
    digits: Digits, how: Preprocessing | str, order: Callable[[], Tensor] | None = None
) -> "DigitsBeingPrepared":
    """Return the digits at once, and begin to prepare them unless they are known.

    Args:
        digits: as they are.
        how: which preprocessing.
        order: gives the places, (M,) int64, in which the training digits are needed first.
    """
    how = Preprocessing(how)
    if how is Preprocessing.RAW:
        return DigitsBeingPrepared(digits, None)
    with _lock:
        kept = _in_memory.setdefault(digits, {})
        if how not in kept:
            kept[how] = _from_disk_or_begun(digits, how, order)
        return kept[how]


class DigitsBeingPrepared:
    """Digits of which some may not be ready yet.

    Attributes:
        digits: those that have been waited for are ready.
    """

    def __init__(
        self, digits: Digits, preparation: Preparation | None, save: Callable[[], None] | None = None
    ) -> None:
        """Take digits that are ready, or a preparation of the training digits and then the test digits."""
        self.digits = digits
        self._preparation, self._save, self._lock = preparation, save, threading.Lock()

    def wait(self, places: Tensor) -> None:
        """Wait until the training digits at these places, (n,) int64, are ready."""
        if preparation := self._preparation:
            preparation.wait(places)

    def wait_for_measuring(self, count: int) -> None:
        """Wait until the first `count` training digits and all test digits are ready."""
        if self._preparation is None:
            return
        first, train = torch.arange(count), len(self.digits.train)
        self.wait(torch.cat((first, torch.arange(train, train + len(self.digits.test)))))

    def finish(self, progress: Callable[[float], None] | None = None) -> Digits:
        """Wait until all are ready, keep them in the cache folder, and return them."""
        with self._lock:
            if self._preparation:
                self._preparation.finish(progress)
                if self._save:
                    self._save()
                self._preparation = None
        return self.digits


def _from_disk_or_begun(
    digits: Digits, how: Preprocessing, order: Callable[[], Tensor] | None
) -> DigitsBeingPrepared:
    path = cache_folder() / f"{digits.source}-{how}.safetensors"
    key = f"version {VERSION} of {_hash(digits.train.images)} and {_hash(digits.test.images)}"
    images, preparation = _load(path, key), None
    count = len(digits.train)
    if images is None:
        both = torch.cat((digits.train.images, digits.test.images))
        preparation = Preparation(both, how, _all_of(len(both), count, order() if order else None))
        images = preparation.images
    result = replace(
        digits,
        train=replace(digits.train, images=images[:count]),
        test=replace(digits.test, images=images[count:]),
    )
    return DigitsBeingPrepared(result, preparation, partial(_save, path, key, images))


def _all_of(count: int, train: int, first: Tensor | None) -> Tensor:
    """List all places; with `first`, what is needed for the first reports comes first."""
    if first is None:
        return torch.arange(count)
    wanted = torch.cat((torch.arange(train, count), torch.arange(min(MEASURED, train)), first))
    ranks = torch.full((count,), len(wanted))
    ranks.scatter_reduce_(0, wanted, torch.arange(len(wanted)), "amin")
    return ranks.argsort(stable=True)


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
