"""What happens to a drawing before it is read, stage by stage."""

import streamlit as st
import torch
import torch.nn.functional as F
from torch import Tensor

from dashboard import state
from dashboard.draw.state import Reading, Source
from dashboard.lab import shared
from dashboard.lab.inputs import INPUTS
from dashboard.ui.pictures import render_pictures
from dashboard.ui.signed_maps import render_direction_switch
from dashboard.ui.text import with_article
from mnist_core import Preprocessing, Verdict, preprocess
from mnist_core.inference.novelty import Neighbours
from mnist_core.preprocessing.drawing import PreparedDrawing, shrink

SIDE = 140  # px of a stage's picture, unless it has MNIST's size: a multiple of 20

STAGES = {
    "drawn": "what you drew",
    "cropped": "the box around the ink",
    "20 × 20": "fitted into 20 × 20 pixels, its shape kept",
    "centred": "placed in 28 × 28 pixels, its centre of mass in the middle",
    "shrunk": "shrunk to 28 × 28 pixels as it is",
    **{how.value: one.stage for how, one in INPUTS.items()},
}

EMPTY = torch.zeros(28, 28, dtype=torch.uint8)


def render_stages(reading: Reading, verdict: Verdict, how: Preprocessing) -> bool:
    """Show the stages of what is read, empty ones before there is ink, and the most similar training digit.

    Returns:
        Whether preprocessing is to be skipped.
    """
    drawing = reading.drawing
    with st.container(horizontal=True, vertical_alignment="center", key="stages-head"):
        st.markdown("**What the model sees**", width="content")
        only_shrink = st.toggle(
            "Skip preprocessing (just shrink)",
            key="only_shrink",
            persist_state="session",
            help="Leaves out every step that makes a drawing look like the digits that the model learned.",
        )
        stars = not only_shrink and render_direction_switch(how, key="draw")
    stages = (
        _shrunk(drawing) if only_shrink else state.last_result("stages", _prepared, drawing, verdict, how)
    )
    captions, descriptions = list(stages), [STAGES[name] for name in stages]
    if reading.source is not Source.BOARD:
        captions[0], descriptions[0] = reading.source.value, reading.description
    images = [stage if stars and name == how else _enlarged(stage) for name, stage in stages.items()]
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
        stars=[captions.index(how.value)] if stars else [],
    )
    return only_shrink


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
    for step in INPUTS[how].steps:
        if step is how:
            stages[step.value] = EMPTY if verdict.preprocessed is None else verdict.preprocessed
        else:
            stages[step.value] = EMPTY if drawing is None else preprocess(drawing.centred[None], step)[0]
    return stages


def _most_similar(neighbours: Neighbours | None) -> tuple[Tensor, str]:
    digits = shared.digits()
    if neighbours is None or digits is None:
        return EMPTY, "the most similar training digit"
    first = neighbours.indices[0]
    return digits.train.images[
        first
    ], f"the most similar training digit, {with_article(int(digits.train.labels[first]))}"


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
