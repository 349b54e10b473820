"""Draw a digit and see it read."""

import numpy as np
import streamlit as st
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from dashboard import session
from dashboard.board import board
from dashboard.chart import chart
from dashboard.figures import probability_bars
from dashboard.pictures import pictures
from dashboard.train_tab import tick
from mnist_core import Normalization, SoftmaxRegressor, normalize, predict
from mnist_core.canvas import just_resized, prepare

PEN = 20  # px on a board of 280: drawings then come out as thick as MNIST's digits
SHOWN = 140  # px of a stage's picture: whole pixels for 20 as for 28

STAGES = {
    "drawn": "what you drew",
    "cut out": "the box around the ink",
    "20 × 20": "fitted into 20 × 20 pixels, its shape kept",
    "centred": "put into 28 × 28 pixels, its centre of mass in the middle",
    "deskewed": "sheared until it stands upright",
    "moments": "set upright, brought to one size, its strokes hatched by their direction",
    "resized": "squeezed into 28 × 28 pixels as it is",
}


def draw_tab() -> None:
    """Show the board, what the model sees, and its answer, with the newest weights."""
    st.fragment(_draw, run_every=tick())()


def _draw() -> None:
    paper, answer = st.columns([300, 700], gap="large")
    with paper:
        holder = st.container()
        pen = st.slider("Pen width", 8, 40, PEN, key="pen", format="%d px")
        with holder:
            rgba = board(key="board", stroke_width=pen)
        session.set_drawing(rgba)
    with answer:
        run = session.run()
        history = run.history if run else ()
        if history:
            _read(rgba, history[-1].model)
        else:
            _offer_to_train()


def _offer_to_train() -> None:
    st.markdown("Nothing has been learned yet, so there is nothing to read a drawing with.")
    if st.button("Train a model", type="primary", disabled=session.digits() is None):
        session.begin_run(session.settings())
        st.rerun()


def _read(rgba: NDArray[np.uint8] | None, model: SoftmaxRegressor) -> None:
    preparation = None if rgba is None else prepare(rgba)
    if rgba is None or preparation is None:
        st.markdown("Draw a digit from 0 to 9. It is read as soon as you lift the pen.")
        return
    answer = st.container()  # above the switch that it depends on
    if st.toggle(
        "Just resize it, as most demos do",
        key="just_resize",
        help="Leaves out all that makes a drawing look like the digits that were learned.",
    ):
        resized = just_resized(rgba)
        stages = {"drawn": preparation.drawn, "resized": resized}
        probabilities = model.logits(resized[None]).softmax(dim=1)[0]
    else:
        stages = {
            "drawn": preparation.drawn,
            "cut out": preparation.cut_out,
            "20 × 20": preparation.fitted,
            "centred": preparation.centred,
        }
        if model.normalization is not Normalization.RAW:
            name = "deskewed" if model.normalization is Normalization.DESKEW else "moments"
            stages[name] = normalize(preparation.centred[None], model.normalization)[0]
        probabilities = predict(model, preparation.centred[None])[0]
    with answer:
        _answer(probabilities)
    pictures(
        torch.stack([_shown(stage) for stage in stages.values()]).numpy(),
        key="stages",
        captions=list(stages),
        descriptions=[STAGES[name] for name in stages],
        size=96,
    )


def _answer(probabilities: Tensor) -> None:
    answer = int(probabilities.argmax())
    large, bars = st.columns([1, 3], vertical_alignment="center")
    with large:
        st.html(f'<div class="answer" aria-live="polite">{answer}</div>')
    with bars:
        chart(
            probability_bars(probabilities.tolist()),
            key="probabilities",
            height=220,
            description=f"Read as {answer} with a probability of {float(probabilities[answer]):.1%}.",
            file_name="digit-lab-answer",
        )


def _shown(stage: Tensor) -> Tensor:
    """Enlarge a stage for showing, (SHOWN, SHOWN) uint8: whole pixels where it has few, smooth where many."""
    side = max(stage.shape)
    height, width = stage.shape
    square = torch.zeros(side, side)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = stage
    how = "nearest" if SHOWN % side == 0 else "area"
    return F.interpolate(square[None, None], SHOWN, mode=how)[0, 0].to(torch.uint8)
