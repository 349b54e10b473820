"""The Draw tab: draw a digit or bring one, see it read, and keep it."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from dashboard import run_actions, state
from dashboard.address import chosen_settings
from dashboard.auto_refresh import auto_refresh
from dashboard.draw import state as draw_state
from dashboard.draw.figures import probability_bars
from dashboard.draw.input_override import InputOverride, ink_to_read, render_input_override
from dashboard.draw.kept_view import render_kept_drawings, render_label_question
from dashboard.draw.personalize import render_personalization
from dashboard.draw.stages import render_stages
from dashboard.draw.words import Answer, describe_if_shrunk, describe_verdict
from dashboard.lab import shared
from dashboard.lab.personalized_runs import find_personalization
from dashboard.ui.board import ink_of_canvas, render_board
from dashboard.ui.chart import render_chart
from dashboard.ui.invisible import render_live_region
from dashboard.visitor import keep_cookie
from mnist_core import SoftmaxRegressor, judge, prepare_drawing, shrink

PEN_WIDTH = 20  # px on a board of 280: strokes then come out as thick as those of MNIST's digits


def render_draw_tab(*, visible: bool) -> None:
    """Show the board, the answer, what the model sees and what was kept, with the newest weights."""
    auto_refresh(_render, visible=visible)


def _render() -> None:
    run = run_actions.shown_run()
    history = run.history if run else ()
    model = history[-1].model if history else None
    with st.container(
        key="draw"
    ):  # draw.css places these three: side by side, or one below the other on a phone
        paper = st.container(key="draw-board")
        answer = st.container(key="draw-answer")
        with st.container(key="draw-pen"):
            below = st.container()
            pen_width = st.slider(
                "Pen width",
                8,
                40,
                PEN_WIDTH,
                key="pen",
                format="%d px",
                help="Applies from the next stroke on. At 20 px, strokes are about as thick as MNIST's.",
            )
    with paper:
        read = partial(state.last_result, "board", ink_of_canvas)
        ink = render_board(key="board", stroke_width=pen_width, read=read)
    other = ink_to_read(ink if ink is not None and ink.any() else None)
    with below:
        render_input_override()
    if model is not None:
        _read(draw_state.ink.get(), other, model, answer)
    else:
        with answer:
            _train_for_newcomer(draw_state.ink.get())
    personalization = None if run is None else find_personalization(run.id)
    render_kept_drawings(model, personalization)
    render_personalization(run, personalization)
    keep_cookie()  # here, because a drawing is kept without a run of the whole page


def _train_for_newcomer(ink: Tensor | None) -> None:
    """Begin a run for somebody who draws before training anything."""
    run = run_actions.shown_run()
    if run is not None and run.state.ended:
        st.markdown("The run ended before the model learned anything. Press **Train** to begin another one.")
    elif run is not None:
        st.markdown("Training has begun: your drawing is read in a moment.")
    elif shared.digits() is None:
        st.markdown(
            "The digits are being loaded. Your drawing is read as soon as a model has learned from them."
        )
    elif ink is None:
        st.markdown("Draw a digit. A model is trained for you as soon as you do, which takes a few seconds.")
    else:
        run_actions.begin_run(chosen_settings.get())
        st.rerun()


def _read(
    ink: Tensor | None, other: InputOverride | None, model: SoftmaxRegressor, answer: DeltaGenerator
) -> None:
    drawing = None if ink is None else state.last_result("prepared", prepare_drawing, ink)
    future = shared.novelty_detector()  # asked for while the board is blank, so that it is ready in time
    detector = future.result() if future and drawing else None
    verdict = state.last_result("verdict", judge, model, drawing, detector)
    render_stages(drawing, verdict, model.preprocessing, other)
    probabilities, said = verdict.probabilities, describe_verdict(verdict)
    if ink is not None and draw_state.only_shrink.get():
        probabilities = model.logits(shrink(ink)[None]).softmax(dim=1)[0]
        said = describe_if_shrunk(probabilities, said)
    if other is not None:
        said = Answer(said.large, f"{said.sentence} {other.description}.")
    with answer:
        _render_answer(said, None if ink is None else probabilities)
        render_label_question(None if other is not None and not other.may_be_kept else ink)


def _render_answer(said: Answer, probabilities: Tensor | None) -> None:
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
