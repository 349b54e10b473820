"""How processes get at digits: in files that each maps into its memory, without a copy."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mnist_core.data.dataset import Split
from mnist_core.processes.temporary import temporary_prefix


@dataclass(frozen=True)
class SharedDigits:
    """Digits in the files of a folder, by name; it is sent along with each call, so it is small.

    The folder is also how work is stopped: once what shares the digits has ended, the folder's mark is gone,
    and a process that is still at work soon notices that.
    """

    folder: str

    def split(self, name: str) -> Split | None:
        """Map digits into memory; None once they are withdrawn. What is changed in them stays here."""
        try:
            images, labels = (np.load(path, mmap_mode="c") for path in _paths(self.folder, name))
        except OSError:
            if self.withdrawn():
                return None
            raise
        return Split(torch.from_numpy(images), torch.from_numpy(labels))

    def withdrawn(self) -> bool:
        """Tell whether the digits are shared no longer, so that work on them can stop."""
        return not Path(self.folder, "mark").exists()


@contextmanager
def share_digits(splits: Mapping[str, Split], parent: Path | None = None) -> Iterator[SharedDigits]:
    """Write digits to a temporary folder, in `parent` if that is given, and remove it at the end.

    Raises:
        OSError: they cannot be written; no file is left.
    """
    # Where files are open they cannot be removed on Windows: there the system's own clean-up removes them.
    prefix = temporary_prefix()
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True) as folder:
        for name, split in splits.items():
            for path, tensor in zip(_paths(folder, name), (split.images, split.labels), strict=True):
                np.save(path, tensor.numpy())
        mark = Path(folder, "mark")
        mark.touch()
        try:
            yield SharedDigits(folder)
        finally:
            mark.unlink(missing_ok=True)


def _paths(folder: str, name: str) -> tuple[Path, Path]:
    return Path(folder, f"{name}-images.npy"), Path(folder, f"{name}-labels.npy")
