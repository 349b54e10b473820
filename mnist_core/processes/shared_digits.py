"""How the processes of a sweep get at the digits: in files that each maps into its memory, without a copy.

The folder of the files is also how work is stopped: once the sweep has ended or is cancelled, its mark is
gone, and a process that is still learning soon notices that.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from mnist_core.data.dataset import Split
from mnist_core.preprocessing.preprocess import Preprocessing
from mnist_core.processes.mapped_split import map_split, write_split

Splits = Mapping[Preprocessing, Split]


class TrainingDigits(Protocol):
    """Where a task finds the training digits; it is pickled along with each task, so it must be small."""

    def split(self, preprocessing: Preprocessing) -> Split | None:
        """Return all training digits, preprocessed; None once they are withdrawn, because the sweep ended."""

    def withdrawn(self) -> bool:
        """Tell whether the sweep has ended or was cancelled, so that its work can stop."""


@runtime_checkable
class SharesDigits(Protocol):
    """An executor that brings the digits to its workers in its own way, such as that of a cluster."""

    @contextmanager
    def share(self, splits: Splits) -> Iterator[TrainingDigits]:
        """Make the digits available to the workers; withdraw them at the end."""


@dataclass(frozen=True)
class MappedDigits:
    """Digits in the files of a folder.

    Attributes:
        folder: holds the images of each input, (N, 28, 28) uint8, and their labels, (N,) int64.
    """

    folder: str

    def split(self, preprocessing: Preprocessing) -> Split | None:
        """Map the digits into memory; None if the folder is empty by now."""
        try:
            return map_split(Path(self.folder), preprocessing)
        except (OSError, RuntimeError):
            if self.withdrawn():
                return None
            raise

    def withdrawn(self) -> bool:
        """Tell whether the folder's mark is gone."""
        return not Path(self.folder, "mark").exists()


@contextmanager
def map_digits(splits: Splits) -> Iterator[TrainingDigits]:
    """Write the digits to a temporary folder, and remove it at the end."""
    # Where files are open they cannot be removed on Windows: there the system's own clean-up removes them.
    with tempfile.TemporaryDirectory(prefix="digit-lab-sweep-", ignore_cleanup_errors=True) as folder:
        for preprocessing, split in splits.items():
            write_split(Path(folder), preprocessing, split)
        mark = Path(folder, "mark")
        mark.touch()
        try:
            yield MappedDigits(folder)
        finally:
            mark.unlink(missing_ok=True)
