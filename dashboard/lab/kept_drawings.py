"""The drawings that a person keeps to test models with, each with the digit it was meant to be."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from torch import Tensor

from mnist_core import prepare_drawing, shrink
from mnist_core.storage.drawings_zip import (
    Drawing,
    drawing_store,
    drawings_to_zip,
    store_drawings,
    stored_drawings,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class KeptDrawing:
    """A kept drawing, and the two images that a model can be shown; each is (28, 28) uint8, ink 0..255."""

    drawing: Drawing
    prepared: Tensor = field(repr=False)
    shrunk: Tensor = field(repr=False)


class KeptDrawings:
    """One person's drawings, shared by all tabs that they have open.

    Attributes:
        on_disk: whether the last change was written, so that it outlives the server.
        damaged: whether the file of what was kept before was damaged, and has been put aside.
    """

    def __init__(self, person_id: str) -> None:
        """Load what the person kept before; ValueError for a bad id or a damaged file that stays."""
        self.on_disk, self.damaged = True, False
        self._person_id = person_id
        self._zip: bytes | None = None
        self._lock = Lock()
        self._kept = {_key(drawing.image): _ready(drawing) for drawing in self._stored()}

    @property
    def kept(self) -> tuple[KeptDrawing, ...]:
        """The drawings, the oldest first."""
        return tuple(self._kept.values())

    def label_of(self, image: Tensor) -> int | None:
        """Return the digit that a drawing, (H, W) uint8, is kept as; None if it is not kept."""
        kept = self._kept.get(_key(image))
        return kept.drawing.label if kept else None

    def keep(self, drawings: Sequence[Drawing]) -> int:
        """Add drawings, and give the new label to those already kept; return how many were added.

        ValueError if they would be too many; nothing changes then.
        """
        with self._lock:
            before = len(self._kept)
            self._replace(self._kept | {_key(drawing.image): _ready(drawing) for drawing in drawings})
            return len(self._kept) - before

    def drop(self, image: Tensor) -> None:
        """Remove a drawing, (H, W) uint8, if it is kept."""
        with self._lock:
            self._replace({key: kept for key, kept in self._kept.items() if key != _key(image)})

    def drop_all(self) -> None:
        """Remove every drawing."""
        with self._lock:
            self._replace({})

    def zip(self) -> bytes:
        """Return one zip of all drawings, PNG files and a table; see `drawings_to_zip`."""
        with self._lock:
            if self._zip is None:
                self._zip = drawings_to_zip([one.drawing for one in self._kept.values()])
            return self._zip

    def _stored(self) -> list[Drawing]:
        drawing_store().path(self._person_id)  # raises for a bad id
        try:
            return stored_drawings(self._person_id)
        except (KeyError, OSError):
            return []
        except ValueError as error:
            _log.exception("A zip of kept drawings is damaged and is put aside")
            try:
                drawing_store().put_aside(self._person_id)
            except OSError:
                raise error from None
            self.damaged = True
            return []

    def _replace(self, kept: dict[bytes, KeptDrawing]) -> None:
        try:
            store_drawings(self._person_id, [one.drawing for one in kept.values()])
            self.on_disk = True
        except OSError:
            self.on_disk = False
        self._kept, self._zip = kept, None


def _key(image: Tensor) -> bytes:
    return hashlib.sha256(bytes(str(image.shape), "ascii") + image.numpy().tobytes()).digest()


def _ready(drawing: Drawing) -> KeptDrawing:
    prepared = prepare_drawing(drawing.image)
    assert prepared is not None, "a Drawing has ink"
    return KeptDrawing(drawing, prepared.centred, shrink(drawing.image))
