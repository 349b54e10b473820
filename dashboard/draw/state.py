"""What a session remembers of the tab Draw: what is read, and what the person did with their own drawings."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

import torch
from torch import Tensor
from torch.nn import functional as F

from dashboard.draw.words import NOT_FOUND, TOUCHES_EDGE
from dashboard.lab.kept_drawings import KeptDrawing
from dashboard.state import Entry
from dashboard.ui import large_pictures
from dashboard.ui.text import escape
from mnist_core import Digits
from mnist_core.preprocessing.drawing import PreparedDrawing, prepare_drawing
from mnist_core.preprocessing.photo import find_digit
from mnist_core.storage.image_file import read_image

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
        cut: whether the digit touches the edge of the photo.
        scene: (H, W) uint8, the ink of all digits in the photo, if there are several.
    """

    ink: Tensor | None = field(default=None, repr=False)
    drawing: PreparedDrawing | None = field(default=None, repr=False)
    source: Source = Source.BOARD
    description: str = ""
    board: Tensor | None = field(default=None, repr=False)
    notice: str = ""
    cut: bool = False
    scene: Tensor | None = field(default=None, repr=False)

    @property
    def picture(self) -> Tensor | None:
        """What is shown in the place of the board, (S, S) uint8; None where the board is read.

        Of several digits in a photo, all are shown, with the one that is read in a box.
        """
        if self.source is Source.BOARD:
            return None
        if self.scene is not None and self.ink is not None:
            return _boxed(self.scene, self.ink)
        return torch.zeros(28, 28, dtype=torch.uint8) if self.drawing is None else self.drawing.centred

    def of(self, ink: Tensor | None, source: Source, description: str = "") -> "Reading":
        """Read other ink, in the place of the board or from it."""
        with large_pictures.drawings:
            drawing = None if ink is None else prepare_drawing(ink)
        if ink is not None:
            large_pictures.give_back_after(ink)
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
        with large_pictures.photos:
            found = find_digit(read_image(content))
    except ValueError as error:
        notice = f"This file cannot be used: {escape(str(error))}."
    else:
        what = "Several digits: this one was read" if found.scene is not None else "Read from your photo"
        photo = replace(now.of(found.ink, Source.PHOTO, what), cut=found.cut, scene=found.scene)
        if photo.drawing is not None:
            _replace(photo)
            return
        notice = TOUCHES_EDGE if found.cut else NOT_FOUND
    _replace(replace(now.of(None, Source.PHOTO), notice=notice))


def _replace(new: Reading) -> None:
    """Read something else; what was said of the drawing before goes."""
    reading.set(new)
    not_kept.set("")
    kept_notice.set("")


def _boxed(scene: Tensor, ink: Tensor) -> Tensor:
    """Draw a box around the ink of one digit in a scene, both (H, W) uint8; (S, S) uint8, S about 280."""
    step = max(1, max(scene.shape) // 280)
    scene, ink = (F.max_pool2d(one[None].float(), step, ceil_mode=True)[0] for one in (scene, ink))
    rows, columns = ink.amax(dim=1).nonzero(), ink.amax(dim=0).nonzero()
    top, bottom = max(0, int(rows[0]) - 3), int(rows[-1]) + 3
    left, right = max(0, int(columns[0]) - 3), int(columns[-1]) + 3
    boxed = torch.zeros_like(scene, dtype=torch.bool)
    boxed[top : bottom + 1, left : right + 1] = True
    boxed[top + 1 : bottom, left + 1 : right] = False
    picture = torch.where(boxed, 255, scene).to(torch.uint8)
    height, width = picture.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    return F.pad(picture, (left, side - width - left, top, side - height - top))
