"""Drawing without drawing: a random test digit, or a photo, is read in the place of the board."""

import random
from dataclasses import dataclass, field

import streamlit as st
import torch
from torch import Tensor

from dashboard import state
from dashboard.draw import state as draw_state
from dashboard.lab import shared
from dashboard.ui.pictures import render_pictures
from dashboard.ui.text import escape
from mnist_core import Digits, ink_of_photo, prepare_drawing
from mnist_core.storage.image_file import UPLOAD, read_image


@dataclass(frozen=True, eq=False)
class InputOverride:
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


def ink_of_test_digit(digits: Digits, number: int) -> InputOverride:
    """Return a test digit, which is not kept: a model could then learn what it is tested on."""
    description = f"Test digit {number:,}, labelled {int(digits.test.labels[number])}"
    image = digits.test.images[number]
    return InputOverride(image, image, "test digit", description, may_be_kept=False)


def ink_of_image_file(content: bytes) -> InputOverride | None:
    """Find the ink in a photo or another image file, which anybody may have made; None if there is no digit.

    Raises:
        ValueError: it is not such a file, or it is too large; the message says which.
    """
    ink = ink_of_photo(read_image(content, UPLOAD))
    drawing = prepare_drawing(ink)
    if drawing is None:
        return None
    return InputOverride(ink, drawing.centred, "photo", "Read from your photo", may_be_kept=True)


KINDS = ["png", "jpg", "jpeg", "webp"]
PICTURE = 56  # pixels


def ink_to_read(board: Tensor | None) -> InputOverride | None:
    """Take note of the board's ink, (H, W) uint8 or None, and return what is read in its place, if anything.

    That is what was asked for last, until the drawing on the board changes.
    """
    before = draw_state.board_ink.get()
    changed = board is not before and (board is None or before is None or not torch.equal(board, before))
    if changed:
        draw_state.input_override.set(None)
        draw_state.board_ink.set(board)
    other = draw_state.input_override.get()
    draw_state.ink.set(board if other is None else other.ink)
    return other


def render_input_override() -> None:
    """Offer a test digit and a photo; below them, what is read in the place of the board."""
    st.button(
        "Random test digit",
        on_click=_take_test_digit,
        disabled=shared.digits() is None,
        help="Reads one of the test digits, which the model has not learned, in the place of a drawing.",
        width="stretch",
    )
    # Not a popover: at the lower end of a phone, there is no room for the camera in it.
    photo = st.expander("Read a photo", key=draw_state.photo_open.key, on_change="rerun")
    if photo.open:
        with photo:
            _render_photo()
    row = st.empty()  # emptied at once if a stroke has replaced what was there
    if other := draw_state.input_override.get():
        with row.container(horizontal=True, vertical_alignment="center", key="draw-other-read"):
            with st.container(width=PICTURE):
                render_pictures(
                    other.picture[None].numpy(),
                    key="input-override",
                    captions=[""],
                    descriptions=[other.description],
                    size=PICTURE,
                )
            st.caption(f"{other.description}.", width="stretch")
            st.button("Remove", key="remove-other", on_click=draw_state.input_override.set, args=(None,))


def _take_test_digit() -> None:
    digits = shared.digits()
    if digits is not None:
        draw_state.input_override.set(ink_of_test_digit(digits, random.randrange(len(digits.test))))


def _render_photo() -> None:
    # Always the same controls in the same places: those with another key stayed on the page now and then.
    notice = st.empty()
    if text := draw_state.photo_notice.get():
        notice.error(text)
    st.file_uploader(
        "An image of one digit, on light or dark paper",
        type=KINDS,
        key="photo-file",
        on_change=_take_photo,
        args=("photo-file",),
    )
    # The camera is asked for only here: the browser asks for permission as soon as its picture is shown.
    if st.toggle("Use the camera", key="use-camera"):
        st.camera_input(
            "Photograph one digit",
            label_visibility="collapsed",
            key="photo-camera",
            on_change=_take_photo,
            args=("photo-camera",),
        )


def _take_photo(key: str) -> None:
    content = state.uploaded_file(key)
    draw_state.photo_notice.set("")
    if content is None:  # it was removed from the control
        return
    try:
        other = ink_of_image_file(content)
    except ValueError as error:
        draw_state.photo_notice.set(
            f"This file cannot be used: {escape(str(error))}. Choose a PNG, JPEG or WebP image; 2,000 pixels "
            "per side are enough."
        )
        return
    if other is None:
        draw_state.photo_notice.set(
            "No digit was found. Take the photo from closer, with one digit on plain paper in full view."
        )
        return
    draw_state.input_override.set(other)
