"""The digits that a class draws: a test set of its own, by many writers."""

import csv
import io
import logging
import random
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.nn import functional as F

from dashboard.lab.personalized_runs import Personalization, run_that_learned
from dashboard.lab.room import Room, RoomRefused
from dashboard.lab.room_file import drawing_store
from dashboard.lab.run_job import RunJob
from mnist_core import Digits, Run, SoftmaxRegressor, Split, predict_proba
from mnist_core.model import likeliest_digits
from mnist_core.preprocessing.drawing import prepare_drawing
from mnist_core.storage.drawings_zip import Drawing, drawings_from_zip, drawings_to_zip
from mnist_core.storage.file_store import FileUnreadable
from mnist_core.storage.files import write_atomically

MOST_DRAWINGS = 30  # of each person
MOST_BYTES = 200_000  # of the file of one person
SIDE = 280  # px: a larger drawing is made smaller
FEWEST_WRITERS, FEWEST_DIGITS = 4, 20  # for learning half of them
TOO_MANY = f"You have drawn {MOST_DRAWINGS} digits, which is as many as one person may send."

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class RoomDigit:
    """One drawing of a class.

    Attributes:
        id: its name in the room, the key of the writer and a number.
        key: of the writer, in the room.
        label: the digit that it is meant to be.
        prepared: (28, 28) uint8, ink 0..255, centred.
    """

    id: str
    key: str
    label: int
    prepared: Tensor = field(repr=False)


class RoomDigits:
    """The digits of one room, read from the disk once."""

    def __init__(self, room: Room) -> None:
        """Begin with what is on disk."""
        self._room_id = room.id
        self._of: dict[str, tuple[RoomDigit, ...]] = {}
        self._readings: WeakKeyDictionary[SoftmaxRegressor, tuple[tuple[str, ...], Reading]] = (
            WeakKeyDictionary()
        )
        self._zip: tuple[object, bytes] | None = None
        self._lock = Lock()

    def own(self, room: Room, person_id: str) -> tuple[RoomDigit, ...]:
        """Return the digits that a person has drawn."""
        key = room.key_of(person_id)
        return self._read(key) if key in room.drawn else ()

    def shown(self, room: Room, person_id: str) -> list[RoomDigit]:
        """Return the class's digits, without those that were taken out, by label and writer.

        They are the leader's to see, and a member's once the leader shows them; else there are none.
        """
        if not (room.is_led_by(person_id) or (room.wall and room.has_joined(person_id))):
            return []
        out = set(room.taken_out)
        every = [one for key in room.drawn for one in self._read(key) if one.id not in out]
        return sorted(every, key=lambda one: (one.label, one.id))

    def add(self, room: Room, person_id: str, drawing: Drawing, nickname: str) -> None:
        """Take a digit that a member has drawn; RoomRefused if that is not possible just now."""
        key = room.key_of(person_id)
        with self._lock:
            room.check_drawing(person_id)
            try:
                before = self._stored(key) if key in room.drawn else []
                if len(before) >= MOST_DRAWINGS:
                    raise RoomRefused(TOO_MANY)
                content = drawings_to_zip([*before, Drawing(_small(drawing.image), drawing.label)])
                if len(content) > MOST_BYTES:
                    raise RoomRefused("These drawings are too large. Draw digits with a thin pen.")
                drawing_store().put(key, lambda path: write_atomically(path, content))
            except (ValueError, OSError, FileUnreadable) as error:
                _log.exception("A drawing of a class cannot be kept")
                raise RoomRefused("This drawing could not be kept. Send it again in a moment.") from error
            self._of.pop(key, None)
            room.note_drawings(person_id, len(before) + 1, nickname)

    def read(self, model: SoftmaxRegressor, digits: Sequence[RoomDigit]) -> "Reading":
        """Let a model read at least one of the digits; what it has read once, it need not read again."""
        ids = tuple(one.id for one in digits)
        known = self._readings.get(model)
        if known is None or known[0] != ids:
            known = self._readings[model] = ids, read_digits(model, digits)
        return known[1]

    def zip(self, room: Room, person_id: str) -> bytes:
        """Make a zip of the class's digits: PNG files, dark on white, and a table of labels and writers.

        Writers have numbers. RoomRefused for those who do not lead.
        """
        if not room.is_led_by(person_id):
            raise RoomRefused("Only the person who leads this room can take the digits home.")
        made_of = room.taken_out, tuple(room.drawn.items())
        if self._zip is None or self._zip[0] != made_of:
            self._zip = made_of, self._make_zip(room)
        return self._zip[1]

    def _make_zip(self, room: Room) -> bytes:
        out, content, table = set(room.taken_out), io.BytesIO(), io.StringIO()
        rows = csv.writer(table)
        rows.writerow(("file", "label", "writer"))
        with zipfile.ZipFile(content, "w") as archive:
            for writer, key in enumerate(sorted(room.drawn), start=1):
                if not self._read(key):
                    continue
                packed = drawing_store().read(key, lambda path: path.read_bytes()) or b""
                with zipfile.ZipFile(io.BytesIO(packed)) as own:
                    for number, digit in enumerate(self._read(key), start=1):
                        if digit.id in out:
                            continue
                        name = f"writer-{writer:02}-{number:02}.png"
                        archive.writestr(zipfile.ZipInfo(name), own.read(f"{number:03}.png"))
                        rows.writerow((name, str(digit.label), str(writer)))
            archive.writestr(zipfile.ZipInfo("labels.csv"), table.getvalue())
        return content.getvalue()

    def _read(self, key: str) -> tuple[RoomDigit, ...]:
        if key not in self._of:
            try:
                self._of[key] = tuple(
                    RoomDigit(f"{key}-{number}", key, drawing.label, prepared.centred)
                    for number, drawing in enumerate(self._stored(key), start=1)
                    if (prepared := prepare_drawing(drawing.image))
                )
            except FileUnreadable:
                _log.exception("The drawings of one of a class cannot be read")
                return ()  # until they can be
        return self._of[key]

    def _stored(self, key: str) -> list[Drawing]:
        return drawing_store().read(key, lambda path: drawings_from_zip(path.read_bytes())) or []


_known: WeakKeyDictionary[Room, RoomDigits] = WeakKeyDictionary()
_lock = Lock()


def digits_of(room: Room) -> RoomDigits:
    """Return the digits of a room."""
    with _lock:
        return _known.setdefault(room, RoomDigits(room))


def split_of(digits: Sequence[RoomDigit]) -> Split:
    """Put digits together, at least one, as a model takes them."""
    return Split(torch.stack([one.prepared for one in digits]), torch.tensor([one.label for one in digits]))


@dataclass(frozen=True)
class Reading:
    """How a model reads the digits of a class: how many correctly, of how many, by digit and by writer."""

    right: int
    count: int
    by_digit: Mapping[int, tuple[int, int]]
    by_writer: Mapping[str, tuple[int, int]]


def read_digits(model: SoftmaxRegressor, digits: Sequence[RoomDigit]) -> Reading:
    """Let a model read at least one digit."""
    drawn = split_of(digits)
    right = likeliest_digits(predict_proba(model, drawn.images)) == drawn.labels
    by_digit: dict[int, list[bool]] = defaultdict(list)
    by_writer: dict[str, list[bool]] = defaultdict(list)
    for one, is_right in zip(digits, right.tolist(), strict=True):
        by_digit[one.label].append(is_right)
        by_writer[one.key].append(is_right)
    counts = ({name: (sum(found), len(found)) for name, found in by.items()} for by in (by_digit, by_writer))
    return Reading(int(right.sum()), len(digits), *counts)  # type: ignore[arg-type]


def halves_by_writer(digits: Sequence[RoomDigit], seed: int = 0) -> tuple[list[RoomDigit], list[RoomDigit]]:
    """Divide digits in two so that each writer's are all in one half; ValueError if they are too few."""
    writers = sorted({one.key for one in digits})
    if len(writers) < FEWEST_WRITERS or len(digits) < FEWEST_DIGITS:
        raise ValueError(
            f"expected at least {FEWEST_DIGITS} digits of {FEWEST_WRITERS} writers, "
            f"got {len(digits)} of {len(writers)}"
        )
    random.Random(seed).shuffle(writers)
    learned = set(writers[: len(writers) // 2])
    first = [one for one in digits if one.key in learned]
    return first, [one for one in digits if one.key not in learned]


def run_of_class(run: RunJob, drawn: Sequence[RoomDigit], digits: Digits) -> tuple[Run, Personalization]:
    """Let a run learn the handwriting of half of a class, and test it on the other half.

    ValueError if there are too few digits or writers, or the digits are not the run's.
    """
    learned, tested = halves_by_writer(drawn)
    writers = len({one.key for one in tested})
    return run_that_learned(run, split_of(learned), digits, others=split_of(tested), writers=writers)


def _small(ink: Tensor) -> Tensor:
    """Bring ink, (H, W) uint8, to at most 280 px a side."""
    longest = max(ink.shape)
    if longest <= SIDE:
        return ink
    size = [max(1, round(side * SIDE / longest)) for side in ink.shape]
    return F.interpolate(ink[None, None].float(), size=size, mode="area")[0, 0].round().to(torch.uint8)
