"""Look inside: what the model learned, and why it answers so, at any moment of the run."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import streamlit as st

from dashboard import session
from dashboard.auto_refresh import auto_refresh
from dashboard.inside.answer import TEST_DIGIT, render_answer
from dashboard.inside.calibration import render_calibration
from dashboard.inside.confusion import render_confusion
from dashboard.inside.gallery import clicked_digit
from dashboard.inside.weights import render_weights
from dashboard.services.run_registry import LiveRun
from mnist_core import Digits, Progress, State, predict_test
from mnist_core.preprocessing.cache import preprocessed_digits

LOOK = 1.0  # seconds between two looks at a run that is learning
WEIGHTS, ANSWER, MISTAKES, SURE = "Weights", "Answer", "Mistakes", "How sure"

# Every view of a moment follows from one predictions of the test digits; a few moments back and forth are kept.
predictions_once = lru_cache(maxsize=8)(predict_test)


def render_inside_tab() -> None:
    """Show the views, and follow a run while it learns."""
    auto_refresh(_inside, pause=LOOK)


def _inside() -> None:
    run, digits = session.run(), session.digits()
    state = run.state if run else None
    history = run.history if run else ()
    if run is None or state is None or not history or digits is None:
        _empty()
        return
    _follow_click()
    st.html(Path(__file__).with_name("inside.css"))
    views, moments = st.columns([2, 3], vertical_alignment="bottom")
    with views:
        view = st.segmented_control(
            "Look at",
            [WEIGHTS, ANSWER, MISTAKES, SURE],
            default=WEIGHTS,
            required=True,
            key="view",
            persist_state="session",
        )
    with moments:
        shown = _moment(run, state, history)
    _show(str(view), shown, digits)


def _empty() -> None:
    st.markdown(
        "A softmax regressor hides nothing. Once it has learned something you will see here the ten pictures "
        "that it made of the digits, each of its answers as a sum that you can check by hand, its mistakes, "
        "and how sure it should be."
    )
    if st.button("Train", key="train_inside", type="primary", disabled=session.digits() is None):
        session.begin_run(session.settings())
        st.rerun()


def _follow_click() -> None:
    """Turn to the answer to a digit that was clicked."""
    number = clicked_digit()
    if number is not None:
        session.set_controls(view=ANSWER, explained=TEST_DIGIT, test_digit=number)


def _moment(run: LiveRun, state: State, history: Sequence[Progress]) -> Progress:
    """Let a moment of the run be chosen once it stands still; while it learns, the newest is shown."""
    if state is State.RUNNING or len(history) == 1:
        return history[-1]
    epochs = {report.epoch: report for report in history}
    chosen = st.select_slider(
        "Moment of the run, in epochs",
        list(epochs),
        history[-1].epoch,
        format_func="{:.2f}".format,
        key=f"moment-{run.id}-{len(history)}",
    )
    return epochs[chosen]


def _show(view: str, shown: Progress, digits: Digits) -> None:
    if view == WEIGHTS:
        render_weights(shown.model)
        return
    with st.spinner("Preparing the test digits"):  # only the first time there is something to wait for
        preprocessed_digits(digits, shown.model.preprocessing)
    if view == ANSWER:
        render_answer(shown.model, digits)
    elif view == MISTAKES:
        render_confusion(predictions_once(shown.model, digits), digits)
    else:
        render_calibration(predictions_once(shown.model, digits))
