"""Draw a digit, see it read, and keep it."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from dashboard import session
from dashboard.board import board
from dashboard.chart import chart
from dashboard.figures import probability_bars
from dashboard.kept_view import it_was_a, kept_view
from dashboard.live import live
from dashboard.live_text import live_text
from dashboard.stages_view import just_resizing, stages_view
from dashboard.verdict_words import Words, words, words_resized
from mnist_core import SoftmaxRegressor
from mnist_core.canvas import just_resized, prepare
from mnist_core.verdict import judge

PEN = 20  # px on a board of 280: drawings then come out as thick as MNIST's digits


def draw_tab(*, visible: bool) -> None:
    """Show the board, the answer, what the model sees and what was kept, with the newest weights."""
    live(_draw, visible=visible)


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
        rgba = board(key="board", stroke_width=pen)
    session.set_drawing(rgba)
    if model is None:
        with reading:
            _offer_to_train()
    else:
        _read(rgba, model, reading)
    kept_view(model)


def _offer_to_train() -> None:
    st.markdown(
        "Nothing has been learned yet, so there is nothing to read a drawing with. "
        "Train a model, which takes a few seconds, and then draw a digit."
    )
    if st.button("Train a model", type="primary", disabled=session.digits() is None):
        session.begin_run(session.settings())
        st.rerun()


def _read(rgba: NDArray[np.uint8] | None, model: SoftmaxRegressor, reading: DeltaGenerator) -> None:
    preparation = None if rgba is None else prepare(rgba)
    comparing = session.likeness()  # asked for while the board is blank, so that it is there in time
    verdict = judge(model, preparation, comparing.result() if comparing and preparation else None)
    stages_view(rgba, preparation, model.normalization, verdict.nearest)
    probabilities, said = verdict.probabilities, words(verdict)
    if rgba is not None and preparation is not None and just_resizing():
        probabilities = model.logits(just_resized(rgba)[None]).softmax(dim=1)[0]
        said = words_resized(probabilities, said)
    with reading:
        _answer(said, None if preparation is None else probabilities)
        it_was_a(None if preparation is None else preparation.drawn)


def _answer(said: Words, probabilities: Tensor | None) -> None:
    with st.container(key="draw-said"):
        st.html(f'<div class="answer">{said.large}</div>')
        live_text(said.sentence, key="verdict")
    chart(
        probability_bars([0.0] * 10 if probabilities is None else probabilities.tolist()),
        key="probabilities",
        height=220,
        description=f"The probability of each digit. {said.sentence}",
        file_name="digit-lab-answer",
    )
