"""What a session remembers of the tab Draw."""

from typing import TYPE_CHECKING

from torch import Tensor

from dashboard.lab.kept_drawings import KeptDrawing
from dashboard.state import Entry

if TYPE_CHECKING:
    from dashboard.draw.input_override import InputOverride

ink: Entry[Tensor | None] = Entry("ink", None)  # that is read, (H, W) uint8; None if there is none
board_ink: Entry[Tensor | None] = Entry("board_ink", None)  # the same, of the board
input_override: Entry["InputOverride | None"] = Entry(
    "input_override", None
)  # read in the place of the board's
photo_open = Entry("photo", default=False)
photo_notice = Entry("photo_notice", "")
only_shrink = Entry("only_shrink", default=False)
drawn_digit: Entry[int | None] = Entry("drawn_digit", None)  # what the person says they drew
kept_notice = Entry("kept_notice", "")
selected_drawing: Entry[KeptDrawing | None] = Entry("selected_drawing", None)
