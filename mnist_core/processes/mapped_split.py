"""Digits in files, which every process maps into its memory without a copy."""

from pathlib import Path

import torch

from mnist_core.data.dataset import SIDE, Split


def write_split(folder: Path, name: str, split: Split) -> None:
    """Write digits to two files of a folder; OSError if that fails."""
    split.images.contiguous().numpy().tofile(folder / f"{name}.images")
    split.labels.contiguous().numpy().tofile(folder / f"{name}.labels")


def map_split(folder: Path, name: str) -> Split:
    """Map digits that `write_split` has written; what is changed in them stays in this process.

    Raises:
        OSError, RuntimeError: the files are not there.
    """
    images = _mapped(folder / f"{name}.images", torch.uint8)
    return Split(images.view(-1, SIDE, SIDE), _mapped(folder / f"{name}.labels", torch.int64))


def _mapped(path: Path, dtype: torch.dtype) -> torch.Tensor:
    size = path.stat().st_size // dtype.itemsize
    return torch.from_file(str(path), shared=False, size=size, dtype=dtype)
