"""What a session remembers of the tab Draw: what is read, and what the person did with their own drawings."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

import torch
from torch import Tensor

from dashboard.lab.kept_drawings import KeptDrawing
from dashboard.state import Entry
from dashboard.ui.text import escape
from mnist_core import Digits, PreparedDrawing, ink_of_photo, prepare_drawing
from mnist_core.storage.image_file import UPLOAD, read_image

kept_notice = Entry("kept_notice", "")
not_kept = Entry("not_kept", "")  # why the drawing that is read was not kept
selected_drawing: Entry[KeptDrawing | None] = Entry("selected_drawing", None)


class Source(StrEnum):
    """Where ink comes from; the values are what the first stage is called."""

    BOARD = "drawn"
    TEST_DIGIT = "test digit"
    PHOTO = "photo"


@dataclass(frozen=True, eq=False)
class Reading:
    """What is read: the drawing on the board, or what was asked for since that was last changed.

    Attributes:
        ink: (H, W) uint8, ink 0..255; None if there is none.
        drawing: the same, prepared as MNIST's digits are; None if there is no ink.
        source: where it comes from.
        description: what it is, without a full stop; empty for the board.
        board: the ink on the board, (H, W) uint8, whatever is read; None if there is none.
        notice: why the last photo was not taken; empty if it was.
    """

    ink: Tensor | None = field(default=None, repr=False)
    drawing: PreparedDrawing | None = field(default=None, repr=False)
    source: Source = Source.BOARD
    description: str = ""
    board: Tensor | None = field(default=None, repr=False)
    notice: str = ""

    @property
    def picture(self) -> Tensor | None:
        """What is shown in the place of the board, (28, 28) uint8; None where the board is read."""
        if self.source is Source.BOARD:
            return None
        return torch.zeros(28, 28, dtype=torch.uint8) if self.drawing is None else self.drawing.centred

    def of(self, ink: Tensor | None, source: Source, description: str = "") -> "Reading":
        """Read other ink, in the place of the board or from it."""
        drawing = None if ink is None else prepare_drawing(ink)
        return Reading(ink, drawing, source, description, self.board)


reading: Entry[Reading] = Entry("reading", Reading())


def follow_board(board: Tensor | None) -> Reading:
    """Read the board, (H, W) uint8 or None, if the drawing on it has changed; return what is read."""
    now = reading.get()
    before = now.board
    if board is not before and (board is None or before is None or not torch.equal(board, before)):
        now = replace(now, board=board).of(board, Source.BOARD)
        _replace(now)
    return now


def read_board() -> None:
    """Read the board again, in the place of a test digit or a photo."""
    now = reading.get()
    _replace(now.of(now.board, Source.BOARD))


def read_test_digit(digits: Digits, number: int) -> None:
    """Read a test digit in the place of the board."""
    description = f"Test digit {number:,}, labelled {int(digits.test.labels[number])}"
    _replace(reading.get().of(digits.test.images[number], Source.TEST_DIGIT, description))


def read_photo(content: bytes | None) -> None:
    """Read a photo or another image file, which anybody may have made; a notice says why it is not taken.

    Nothing is read in the place of one that is not taken. None, where it was removed from its control, takes
    the notice away.
    """
    now = reading.get()
    if content is None:
        if now.notice:
            read_board()
        return
    try:
        photo = now.of(ink_of_photo(read_image(content, UPLOAD)), Source.PHOTO, "Read from your photo")
    except ValueError as error:
        notice = (
            f"This file cannot be used: {escape(str(error))}. Choose a PNG, JPEG or WebP image; 2,000 pixels "
            "per side are enough."
        )
    else:
        if photo.drawing is not None:
            _replace(photo)
            return
        notice = "No digit was found. Move closer, with one digit on plain paper in full view."
    _replace(replace(now.of(None, Source.PHOTO), notice=notice))


def _replace(new: Reading) -> None:
    """Read something else; what was said of the drawing before goes."""
    reading.set(new)
    not_kept.set("")
    kept_notice.set("")
