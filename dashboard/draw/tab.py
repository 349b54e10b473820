"""Draw a digit, see it read, and keep it."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from dashboard import session
from dashboard.auto_refresh import auto_refresh
from dashboard.components.board import render_board
from dashboard.components.chart import render_chart
from dashboard.components.live_region import render_live_region
from dashboard.draw.kept_drawings import it_was_a, render_kept_drawings
from dashboard.draw.stages import just_resizing, render_stages
from dashboard.figures.curves import probability_bars
from dashboard.text.verdict_words import Words, words, words_resized
from mnist_core import SoftmaxRegressor
from mnist_core.inference.verdict import judge
from mnist_core.preprocessing.canvas import prepare_drawing, shrink

PEN = 20  # px on a board of 280: drawings then come out as thick as MNIST's digits


def render_draw_tab(*, visible: bool) -> None:
    """Show the board, the answer, what the model sees and what was kept, with the newest weights."""
    auto_refresh(_draw, visible=visible)


def _draw() -> None:
    run = session.run()
    history = run.history if run else ()
    model = history[-1].model if history else None
    with st.container(key="draw"):  # page.css lays these three out: beside the board, or below it on a phone
        paper = st.container(key="draw-board")
        reading = st.container(key="draw-answer")
        with st.container(key="draw-pen"):
            pen = st.slider(
                "Pen width",
                8,
                40,
                PEN,
                key="pen",
                format="%d px",
                help="Counts from the next stroke on. MNIST's digits are about as thick as 20 px here.",
            )
    with paper:
        rgba = render_board(key="board", stroke_width=pen)
    session.set_drawing(rgba)
    if model is None:
        with reading:
            _offer_to_train()
    else:
        _read(rgba, model, reading)
    render_kept_drawings(model)


def _offer_to_train() -> None:
    st.markdown(
        "Nothing has been learned yet, so there is nothing to read a drawing with. "
        "Train a model, which takes a few seconds, and then draw a digit."
    )
    if st.button("Train a model", type="primary", disabled=session.digits() is None):
        session.begin_run(session.settings())
        st.rerun()


def _read(rgba: NDArray[np.uint8] | None, model: SoftmaxRegressor, reading: DeltaGenerator) -> None:
    preparation = None if rgba is None else prepare_drawing(rgba)
    comparing = session.likeness()  # asked for while the board is blank, so that it is there in time
    verdict = judge(model, preparation, comparing.result() if comparing and preparation else None)
    render_stages(rgba, preparation, model.preprocessing, verdict.nearest)
    probabilities, said = verdict.probabilities, words(verdict)
    if rgba is not None and preparation is not None and just_resizing():
        probabilities = model.logits(shrink(rgba)[None]).softmax(dim=1)[0]
        said = words_resized(probabilities, said)
    with reading:
        _answer(said, None if preparation is None else probabilities)
        it_was_a(None if preparation is None else preparation.drawn)


def _answer(said: Words, probabilities: Tensor | None) -> None:
    with st.container(key="draw-said"):
        st.html(f'<div class="answer">{said.large}</div>')
        render_live_region(said.sentence, key="verdict")
    render_chart(
        probability_bars([0.0] * 10 if probabilities is None else probabilities.tolist()),
        key="probabilities",
        height=220,
        description=f"The probability of each digit. {said.sentence}",
        file_name="digit-lab-answer",
    )
