"""What happens to a drawing before it is read, stage by stage."""

import numpy as np
import streamlit as st
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from dashboard import session
from dashboard.components.pictures import render_pictures
from mnist_core import Preprocessing, preprocess
from mnist_core.inference.novelty import Nearest
from mnist_core.preprocessing.canvas import PreparedDrawing, shrink

SIDE = 140  # px of a stage's picture: whole pixels for 20 as for 28

STAGES = {
    "drawn": "what you drew",
    "cut out": "the box around the ink",
    "20 × 20": "fitted into 20 × 20 pixels, its shape kept",
    "centred": "put into 28 × 28 pixels, its centre of mass in the middle",
    "deskewed": "sheared until it stands upright",
    "moments": "set upright, brought to one size, its strokes hatched by their direction",
    "resized": "squeezed into 28 × 28 pixels as it is",
}
LAST = {Preprocessing.DESKEW: "deskewed", Preprocessing.DIRECTIONS: "moments"}

EMPTY = torch.zeros(28, 28, dtype=torch.uint8)
BLANK = PreparedDrawing(drawn=EMPTY, cropped=EMPTY, fitted=EMPTY, centred=EMPTY)


def just_resizing() -> bool:
    """Tell whether the switch is on, before it is shown."""
    return bool(session.control("just_resize", False))


def render_stages(
    rgba: NDArray[np.uint8] | None,
    preparation: PreparedDrawing | None,
    how: Preprocessing,
    nearest: Nearest | None,
) -> None:
    """Show the stages of a drawing, empty ones while there is none, and the digit that is most like it."""
    with st.container(horizontal=True, vertical_alignment="center", key="stages-head"):
        st.markdown("**What the model sees**", width="content")
        st.toggle(
            "Just resize it, as most demos do",
            key="just_resize",
            help="Leaves out all that makes a drawing look like the digits that were learned.",
        )
    stages = _resized(rgba, preparation) if just_resizing() else _prepared(preparation or BLANK, how)
    captions, descriptions = list(stages), [STAGES[name] for name in stages]
    images = [_shown(stage) for stage in stages.values()]
    if not just_resizing():
        image, description = _most_similar(nearest)
        images.append(_shown(image))
        captions.append("nearest")
        descriptions.append(description)
    render_pictures(
        torch.stack(images).numpy(), key="stages", captions=captions, descriptions=descriptions, size=96
    )


def _resized(rgba: NDArray[np.uint8] | None, preparation: PreparedDrawing | None) -> dict[str, Tensor]:
    if rgba is None or preparation is None:
        return {"drawn": EMPTY, "resized": EMPTY}
    return {"drawn": preparation.drawn, "resized": shrink(rgba)}


def _prepared(preparation: PreparedDrawing, how: Preprocessing) -> dict[str, Tensor]:
    stages = {
        "drawn": preparation.drawn,
        "cut out": preparation.cropped,
        "20 × 20": preparation.fitted,
        "centred": preparation.centred,
    }
    if how is not Preprocessing.RAW:
        stages[LAST[how]] = preprocess(preparation.centred[None], how)[0]
    return stages


def _most_similar(nearest: Nearest | None) -> tuple[Tensor, str]:
    digits = session.digits()
    if nearest is None or digits is None:
        return EMPTY, "the training digit that is most like it"
    first = nearest.indices[0]
    label = int(digits.train.labels[first])
    return digits.train.images[first], f"the training digit that is most like it, a {label}"


def _shown(stage: Tensor) -> Tensor:
    """Enlarge a stage for showing, (SIDE, SIDE) uint8: whole pixels where it has few, smooth where many."""
    side = max(stage.shape)
    height, width = stage.shape
    square = torch.zeros(side, side)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = stage
    how = "nearest" if SIDE % side == 0 else "area"
    return F.interpolate(square[None, None], SIDE, mode=how)[0, 0].to(torch.uint8)
