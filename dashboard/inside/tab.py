"""The tab Look inside: what the model learned, and why it answers as it does, at any moment of the run."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from dashboard import run_actions, state
from dashboard.auto_refresh import auto_refresh
from dashboard.inside.answer import TEST_DIGIT, render_answer
from dashboard.inside.calibration_view import render_calibration
from dashboard.inside.confusion_view import render_confusion
from dashboard.inside.gallery import take_gallery_click
from dashboard.inside.views import ANSWER, MISTAKES, VIEWS, WEIGHTS
from dashboard.inside.weights import render_weights
from dashboard.lab import shared
from dashboard.lab.cached_predictions import cached_predictions
from dashboard.lab.run_job import ShownRun
from mnist_core import Digits, Progress, State, preprocessed_digits

INTERVAL = 1.0  # seconds between two looks at a run that is learning


def render_inside_tab() -> None:
    """Show the views, and follow a run while it learns."""
    auto_refresh(_render, interval=INTERVAL)


def _render() -> None:
    run, digits = run_actions.shown_run(), shared.digits()
    run_state = run.state if run else None
    history = run.history if run else ()
    if run is None or run_state is None or not history or digits is None:
        st.markdown(
            "A softmax regressor hides nothing. Press **Train** in the sidebar, and you will see here what "
            "it has learned for each digit, each of its answers as a sum that you can check by hand, its "
            "mistakes, and whether its confidence is justified."
        )
        return
    _follow_click()
    st.html(Path(__file__).with_name("inside.css"))
    with st.container(key="inside"):
        with st.container(key="inside-choice"):
            views, moments = st.columns([2, 3], vertical_alignment="bottom")
        with views:
            view = st.segmented_control(
                "Look at",
                VIEWS,
                default=WEIGHTS,
                required=True,
                key=state.view.key,
                persist_state="session",
            )
        with moments:
            report = _choose_report(run, run_state, history)
        _render_view(str(view), report, digits)


def _follow_click() -> None:
    """Turn to the answer for a digit that was clicked in the gallery."""
    number = take_gallery_click()
    if number is not None:
        state.view.set(ANSWER)
        state.explained.set(TEST_DIGIT)
        state.test_digit.set(number)
        state.from_gallery.set(True)


def _choose_report(run: ShownRun, run_state: State, history: Sequence[Progress]) -> Progress:
    """Let a moment of the run be chosen when it is not running; while it is, return the newest."""
    if run_state is State.RUNNING or len(history) == 1:
        return history[-1]
    epochs = {report.epoch: report for report in history}
    chosen = st.select_slider(
        "Replay: epoch",
        list(epochs),
        history[-1].epoch,
        format_func="{:.2f}".format,
        key=f"moment-{run.id}-{len(history)}",
    )
    return epochs[chosen]


def _render_view(view: str, report: Progress, digits: Digits) -> None:
    model = report.model
    if view == WEIGHTS:
        render_weights(model)
        return
    with st.spinner("Preparing the test digits"):  # only the first time
        preprocessed_digits(digits, model.preprocessing)
    if view == ANSWER:
        render_answer(model, digits)
    elif view == MISTAKES:
        render_confusion(cached_predictions(model, digits), digits)
    else:
        render_calibration(cached_predictions(model, digits))
