"""The drawings that people keep to test models with, each with the digit it was meant to be."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from mnist_core.preprocessing.canvas import prepare_drawing, shrink
from mnist_core.storage.drawings_zip import Drawing, drawings_to_zip, store_drawings, stored_drawings


@dataclass(frozen=True, eq=False)
class KeptDrawing:
    """A kept drawing, ready to be read in two ways: each image is (28, 28) uint8, ink 0..255."""

    drawing: Drawing
    prepared: Tensor = field(repr=False)
    resized: Tensor = field(repr=False)


class Person:
    """One person's kept drawings, shared by all the tabs they have open.

    Attributes:
        id: 128 random bits in hexadecimal; who has it may see and change the drawings.
        on_disk: whether the last change could be written, so that it outlives the server.
    """

    def __init__(self, person_id: str) -> None:
        """Fetch what the person kept before; ValueError for what is no id. A damaged file holds nothing."""
        self.id = person_id
        self.on_disk = True
        self._zip: bytes | None = None
        self._lock = Lock()
        try:
            drawings = stored_drawings(person_id)
        except (KeyError, OSError):
            drawings = []
        self._kept = {_key(drawing.image): _ready(drawing) for drawing in drawings}

    @property
    def kept(self) -> tuple[KeptDrawing, ...]:
        """The drawings, the oldest first."""
        return tuple(self._kept.values())

    def label_of(self, image: Tensor) -> int | None:
        """Say as what digit a drawing, (H, W) uint8, is kept; None if it is not."""
        kept = self._kept.get(_key(image))
        return kept.drawing.label if kept else None

    def keep(self, drawings: Sequence[Drawing]) -> int:
        """Add drawings, and give those that are there already the new label; return how many were not there.

        Raises ValueError, and changes nothing, where they would be too many.
        """
        with self._lock:
            before = len(self._kept)
            self._put(self._kept | {_key(drawing.image): _ready(drawing) for drawing in drawings})
            return len(self._kept) - before

    def drop(self, image: Tensor) -> None:
        """Remove a drawing, (H, W) uint8, if it is there."""
        with self._lock:
            self._put({key: kept for key, kept in self._kept.items() if key != _key(image)})

    def drop_all(self) -> None:
        """Remove every drawing."""
        with self._lock:
            self._put({})

    def zip(self) -> bytes:
        """Make one zip of them, or give it again: PNG files and a table, as `drawings_to_zip` says."""
        with self._lock:
            if self._zip is None:
                self._zip = drawings_to_zip([one.drawing for one in self._kept.values()])
            return self._zip

    def _put(self, kept: dict[bytes, KeptDrawing]) -> None:
        try:
            store_drawings(self.id, [one.drawing for one in kept.values()])
            self.on_disk = True
        except OSError:
            self.on_disk = False
        self._kept, self._zip = kept, None


class People:
    """Everybody who has the page open, by id; whoever has closed it is on disk alone."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._people: WeakValueDictionary[str, Person] = WeakValueDictionary()
        self._lock = Lock()

    def __len__(self) -> int:
        """Count those who have the page open."""
        return len(self._people)

    def find(self, person_id: str) -> Person:
        """Find a person, who may not have kept anything yet; ValueError for no id or a damaged file."""
        with self._lock:
            person = self._people.get(person_id) or Person(person_id)
            self._people[person_id] = person
            return person


def _key(image: Tensor) -> bytes:
    return hashlib.sha256(bytes(str(image.shape), "ascii") + image.numpy().tobytes()).digest()


def _ready(drawing: Drawing) -> KeptDrawing:
    paper = 255 - drawing.image
    canvas = torch.stack((paper, paper, paper, torch.full_like(paper, 255)), dim=-1)
    preparation = prepare_drawing(canvas)
    blank = torch.zeros(28, 28, dtype=torch.uint8)  # ink too faint to be told from the paper
    return KeptDrawing(drawing, preparation.centred if preparation else blank, shrink(canvas))
