"""The drawings that a person keeps to test models with, each with the digit it was meant to be."""

import hashlib
import logging
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import RLock

import torch
from torch import Tensor

from mnist_core.preprocessing.drawing import prepare_drawing, shrink
from mnist_core.storage.drawings_zip import (
    Drawing,
    drawing_store,
    drawings_to_zip,
    store_drawings,
    stored_drawings,
)
from mnist_core.storage.file_store import FileUnreadable

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class KeptDrawing:
    """A kept drawing, and the two images that a model can be shown; each is (28, 28) uint8, ink 0..255.

    Attributes:
        label: the digit that it is meant to be, 0..9.
        shape: of the drawing, which is held packed: five hundred of them would take 40 MB and more.
    """

    label: int
    shape: tuple[int, ...]
    prepared: Tensor = field(repr=False)
    shrunk: Tensor = field(repr=False)
    packed: bytes = field(repr=False)

    @property
    def drawing(self) -> Drawing:
        """The drawing itself, unpacked at each use."""
        pixels = torch.frombuffer(bytearray(zlib.decompress(self.packed)), dtype=torch.uint8)
        return Drawing(pixels.reshape(self.shape), self.label)


class KeptDrawings:
    """One person's drawings, shared by all tabs that they have open.

    They are read from the disk once. If that fails, each use tries again, and nothing can be kept or dropped
    until it works: what is on the disk would be overwritten.

    Attributes:
        on_disk: whether the last change was written, so that it outlives the server.
        damaged: whether the file of what was kept before was damaged, and has been put aside.
    """

    def __init__(self, person_id: str) -> None:
        """Read what the person kept before, if it can be read; ValueError for a bad id."""
        self.on_disk, self.damaged = True, False
        self._person_id = person_id
        self._kept: dict[bytes, KeptDrawing] | None = None  # None: not read yet
        self._zip: bytes | None = None
        self._failed = False
        self._lock = RLock()
        drawing_store().path(person_id)  # raises for a bad id
        self._read()

    @property
    def unreadable(self) -> bool:
        """Whether what was kept before cannot be read right now."""
        return self._read() is None

    @property
    def kept(self) -> tuple[KeptDrawing, ...]:
        """The drawings, the oldest first; none while they are unreadable."""
        return tuple((self._read() or {}).values())

    def label_of(self, image: Tensor) -> int | None:
        """Return the digit that a drawing, (H, W) uint8, is kept as; None if it is not known to be kept."""
        kept = (self._read() or {}).get(_key(image))
        return kept.label if kept else None

    def keep(self, drawings: Sequence[Drawing]) -> int:
        """Add drawings, and give the new label to those already kept; return how many were added.

        ValueError if they would be too many, FileUnreadable while those before are; nothing changes then.
        """
        with self._lock:
            before = self._known()
            self._replace(before | {_key(drawing.image): _ready(drawing) for drawing in drawings})
            return len(self._known()) - len(before)

    def drop(self, *images: Tensor) -> None:
        """Remove drawings, each (H, W) uint8, if they are kept; FileUnreadable while that is not known."""
        dropped = set(map(_key, images))
        with self._lock:
            self._replace({key: kept for key, kept in self._known().items() if key not in dropped})

    def drop_all(self) -> None:
        """Remove every drawing; FileUnreadable while it is not known which there are."""
        with self._lock:
            self._known()
            self._replace({})

    def copy_from(self, other: "KeptDrawings") -> list[Tensor]:
        """Keep all drawings of another person too, and return them.

        Raises:
            ValueError: they would be too many.
            FileUnreadable: those of one of the two cannot be read.
            OSError: they cannot be written. In all three cases nothing changes.
        """
        theirs = other._known()
        with self._lock:
            if theirs:
                self._write(self._known() | theirs)
        return [one.drawing.image for one in theirs.values()]

    def zip(self) -> bytes:
        """Return one zip of all drawings, PNG files and a table; see `drawings_to_zip`."""
        with self._lock:
            if self._zip is None:
                self._zip = drawings_to_zip(one.drawing for one in self._known().values())
            return self._zip

    def _known(self) -> dict[bytes, KeptDrawing]:
        kept = self._read()
        if kept is None:
            raise FileUnreadable(damaged=False)
        return kept

    def _read(self) -> dict[bytes, KeptDrawing] | None:
        """Return what is kept, read now if it was not read before; None if that fails."""
        with self._lock:
            if self._kept is None:
                try:
                    stored = self._stored()
                except (FileUnreadable, OSError):
                    if not self._failed:  # one line for each visit, not one for each use
                        _log.exception("Kept drawings cannot be read")
                    self._failed = True
                    return None
                self._kept = dict(stored)
            return self._kept

    def _stored(self) -> list[tuple[bytes, KeptDrawing]]:
        """Read the file; a damaged one is put aside, OSError if it cannot be."""
        try:
            return stored_drawings(self._person_id, lambda one: (_key(one.image), _ready(one)))
        except FileUnreadable as error:
            if not error.damaged:
                raise
            drawing_store().put_aside(self._person_id)
            _log.exception("A zip of kept drawings is damaged and has been put aside")
            self.damaged = True
            return []

    def _replace(self, kept: dict[bytes, KeptDrawing]) -> None:
        """Change what is kept, if need be only until the page is closed."""
        try:
            self._write(kept)
        except OSError:
            _log.exception("Kept drawings cannot be written")
            self.on_disk, self._kept, self._zip = False, kept, None

    def _write(self, kept: dict[bytes, KeptDrawing]) -> None:
        store_drawings(self._person_id, (one.drawing for one in kept.values()))
        self.on_disk, self._kept, self._zip = True, kept, None


def _key(image: Tensor) -> bytes:
    return hashlib.sha256(bytes(str(image.shape), "ascii") + image.numpy().tobytes()).digest()


def _ready(drawing: Drawing) -> KeptDrawing:
    prepared = prepare_drawing(drawing.image)
    assert prepared is not None, "a Drawing has ink"
    image = drawing.image
    packed = zlib.compress(image.numpy().tobytes())
    return KeptDrawing(drawing.label, tuple(image.shape), prepared.centred, shrink(image), packed)
