"""What can be read in the place of a drawing on the board: a test digit, or a photo."""

from dataclasses import dataclass, field

from torch import Tensor

from mnist_core import Digits, ink_of_photo, prepare_drawing
from mnist_core.storage.image_file import UPLOAD, read_image


@dataclass(frozen=True, eq=False)
class OtherInk:
    """Ink that does not come from the board.

    Attributes:
        ink: (H, W) uint8, ink 0..255.
        picture: (28, 28) uint8, the same, centred as MNIST's digits are.
        name: what the first stage is called.
        description: what it is, without a full stop.
        may_be_kept: whether it may join the person's own drawings.
    """

    ink: Tensor = field(repr=False)
    picture: Tensor = field(repr=False)
    name: str
    description: str
    may_be_kept: bool


def ink_of_test_digit(digits: Digits, number: int) -> OtherInk:
    """Return a test digit, which is not kept: a model could then learn what it is tested on."""
    description = f"Test digit {number:,}, labelled {int(digits.test.labels[number])}"
    image = digits.test.images[number]
    return OtherInk(image, image, "test digit", description, may_be_kept=False)


def ink_of_image_file(content: bytes) -> OtherInk | None:
    """Find the ink in a photo or another image file, which anybody may have made; None if there is no digit.

    Raises:
        ValueError: it is not such a file, or it is too large; the message says which.
    """
    ink = ink_of_photo(read_image(content, UPLOAD))
    drawing = prepare_drawing(ink)
    if drawing is None:
        return None
    return OtherInk(ink, drawing.centred, "photo", "Read from your photo", may_be_kept=True)
