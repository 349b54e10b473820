"""What happens to a drawing before it is read, stage by stage."""

import streamlit as st
import torch
import torch.nn.functional as F
from torch import Tensor

from dashboard import state
from dashboard.draw import state as draw_state
from dashboard.draw.input_override import InputOverride
from dashboard.lab import shared
from dashboard.ui.pictures import render_pictures
from dashboard.ui.signed_maps import render_direction_switch
from mnist_core import Neighbours, PreparedDrawing, Preprocessing, Verdict, preprocess, shrink

SIDE = 140  # px of a stage's picture, unless it has MNIST's size: a multiple of 20

STAGES = {
    "drawn": "what you drew",
    "cropped": "the box around the ink",
    "20 × 20": "fitted into 20 × 20 pixels, its shape kept",
    "centred": "placed in 28 × 28 pixels, its centre of mass in the middle",
    "deskew": "sheared until it stands upright",
    "moments": "set upright and brought to one size",
    "directions": "then turned into the directions of its strokes at 7 × 7 places",
    "shrunk": "shrunk to 28 × 28 pixels as it is",
}

EMPTY = torch.zeros(28, 28, dtype=torch.uint8)


def render_stages(
    drawing: PreparedDrawing | None, verdict: Verdict, how: Preprocessing, other: InputOverride | None
) -> None:
    """Show the stages of a drawing, empty ones before there is one, and the most similar training digit.

    `other` says what is read in the place of the board, if anything.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="stages-head"):
        st.markdown("**What the model sees**", width="content")
        st.toggle(
            "Skip preprocessing (just shrink)",
            key=draw_state.only_shrink.key,
            help="Leaves out every step that makes a drawing look like the digits that the model learned.",
        )
        stars = not draw_state.only_shrink.get() and render_direction_switch(how, key="draw")
    only_shrink = draw_state.only_shrink.get()
    stages = (
        _shrunk(drawing) if only_shrink else state.last_result("stages", _prepared, drawing, verdict, how)
    )
    captions, descriptions = list(stages), [STAGES[name] for name in stages]
    if other is not None:
        captions[0], descriptions[0] = other.name, other.description
    images = [
        stage if stars and name == Preprocessing.DIRECTIONS else _enlarged(stage)
        for name, stage in stages.items()
    ]
    if not only_shrink:
        image, description = _most_similar(verdict.neighbours)
        images.append(_enlarged(image))
        captions.append("most similar")
        descriptions.append(description)
    render_pictures(
        [image.numpy() for image in images],
        key="stages",
        captions=captions,
        descriptions=descriptions,
        size=112,
        stars=[captions.index(Preprocessing.DIRECTIONS.value)] if stars else [],
    )


def _shrunk(drawing: PreparedDrawing | None) -> dict[str, Tensor]:
    if drawing is None:
        return {"drawn": EMPTY, "shrunk": EMPTY}
    return {"drawn": drawing.ink, "shrunk": shrink(drawing.ink)}


def _prepared(drawing: PreparedDrawing | None, verdict: Verdict, how: Preprocessing) -> dict[str, Tensor]:
    blank = PreparedDrawing(ink=EMPTY, cropped=EMPTY, fitted=EMPTY, centred=EMPTY)
    shown = drawing or blank
    stages = {
        "drawn": shown.ink,
        "cropped": shown.cropped,
        "20 × 20": shown.fitted,
        "centred": shown.centred,
    }
    if how is Preprocessing.DIRECTIONS:
        moments = Preprocessing.MOMENTS
        stages[moments.value] = EMPTY if drawing is None else preprocess(drawing.centred[None], moments)[0]
    if how is not Preprocessing.RAW:
        stages[how.value] = EMPTY if verdict.preprocessed is None else verdict.preprocessed
    return stages


def _most_similar(neighbours: Neighbours | None) -> tuple[Tensor, str]:
    digits = shared.digits()
    if neighbours is None or digits is None:
        return EMPTY, "the most similar training digit"
    first = neighbours.indices[0]
    return digits.train.images[first], f"the most similar training digit, a {int(digits.train.labels[first])}"


def _enlarged(stage: Tensor) -> Tensor:
    """Bring a stage to (SIDE, SIDE) uint8: with square pixels if it has few, smoothly if it has many.

    One of 28 x 28 stays as it is: the page enlarges it with square pixels.
    """
    if stage.shape == EMPTY.shape:
        return stage
    side = max(stage.shape)
    height, width = stage.shape
    square = torch.zeros(side, side)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = stage
    how = "nearest" if SIDE % side == 0 else "area"
    return F.interpolate(square[None, None], SIDE, mode=how)[0, 0].to(torch.uint8)
