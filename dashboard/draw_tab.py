"""Draw a digit and see it read."""

import streamlit as st

from dashboard import session
from dashboard.board import board
from dashboard.chart import chart
from dashboard.figures import probability_bars
from dashboard.pictures import pictures
from dashboard.train_tab import tick
from mnist_core import image_from_canvas, predict


def draw_tab() -> None:
    """Show the board, what the model sees, and its answer, with the newest weights."""
    st.fragment(_draw, run_every=tick())()


def _draw() -> None:
    paper, answer = st.columns([1, 2], gap="large")
    with paper:
        rgba = board(key="board")
        session.set_drawing(rgba)
    with answer:
        _answer()


def _answer() -> None:
    run = session.run()
    history = run.history if run else ()
    if not history:
        st.markdown("Nothing has been learned yet, so there is nothing to read your drawing with.")
        if st.button("Train a model", type="primary", disabled=session.digits() is None):
            session.begin_run(session.settings())
            st.rerun()
        return
    rgba = session.drawing()
    image = None if rgba is None else image_from_canvas(rgba)
    if image is None:
        st.markdown("Draw a digit from 0 to 9 on the board; it is read as soon as you lift the pen.")
        return
    probabilities = predict(history[-1].model, image[None])[0]
    answer = int(probabilities.argmax())
    st.markdown(f"# {answer}")
    pictures(image[None].numpy(), key="seen", captions=["what the model sees"], descriptions=["the drawing"], size=112)
    chart(
        probability_bars(probabilities.tolist()),
        key="probabilities",
        height=240,
        description=f"The model reads {answer}, with {float(probabilities[answer]):.1%}.",
        file_name="digit-lab-answer",
    )
