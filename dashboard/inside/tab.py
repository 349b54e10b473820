"""The tab Look inside: what the model learned, and why it answers as it does, at any moment of the run."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from dashboard import run_actions, state
from dashboard.auto_refresh import auto_refresh
from dashboard.inside import state as inside_state
from dashboard.inside.answer_view import TEST_DIGIT, render_answer
from dashboard.inside.figures import reliability_diagram
from dashboard.inside.mistakes import render_confusion, take_gallery_click
from dashboard.inside.words import ANSWER, MISTAKES, VIEWS, WEIGHTS
from dashboard.lab import shared
from dashboard.lab.cached_predictions import cached_predictions
from dashboard.lab.inputs import INPUTS
from dashboard.lab.run_job import RunJob
from dashboard.ui.chart import render_chart
from dashboard.ui.film_view import render_film, thinned
from dashboard.ui.pictures import picture_index
from dashboard.ui.signed_maps import (
    end_of_scale,
    render_direction_switch,
    render_scale,
    weights_on_scale,
)
from dashboard.ui.text import percent, signed
from mnist_core import Digits, Predictions, Progress, SoftmaxRegressor, calibration_curve
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.training.worker import State

SIZE = 164  # px of a picture
PIXELS = (
    ":blue[**Blue**]: ink here raises the score of this digit. :orange[**Orange**]: ink here lowers it. Look "
    "for the shape of the digit in blue, and in orange for the places where similar digits have ink and this "
    "one has none."
)
EDGES = (
    "The weights belong to edges; each picture is the one whose edges raise the score most: "
    ":blue[**blue**] is ink, :orange[**orange**] the paper around and inside it."
)


def render_weights(run: RunJob, reports: Sequence[Progress], shown: int) -> None:
    """Show the weights of each digit as a picture, and how they came about, on the last one's scale."""
    how = run.config.preprocessing
    st.markdown(
        "This is all that the model has learned: 784 weights for each digit, shown here as a picture, and "
        f"one bias. {EDGES if INPUTS[how].is_directions else PIXELS}"
    )
    as_picture = render_direction_switch(how, key="weights")
    weights = [report.model.linear.weight.detach().view(-1, 28, 28) for report in reports]
    ends = [end_of_scale(one) for one in weights]
    biases = [report.model.linear.bias.tolist() for report in reports]
    render_film(
        reports,
        [weights_on_scale(report.model) for report in reports]
        if as_picture
        else [one / end for one, end in zip(weights, ends, strict=True)],
        key="weights",
        run=run.id,
        until=reports[-1].step,
        learning=False,
        size=SIZE,
        smooth=as_picture,
        scales=() if as_picture else ends,
        captions=[[f"{digit}, bias {signed(bias[digit])}" for digit in range(10)] for bias in biases],
        shown=shown,
    )
    if not as_picture:
        render_scale(weights[-1], key="weights-legend")


def render_calibration(predictions: Predictions) -> None:
    """Show how often answers are right, by the confidence of the model."""
    calibration = calibration_curve(predictions)
    error = calibration.expected_error
    st.markdown(
        "Of all answers with 80 % confidence, about 80 % should be right. If a bar ends below the dotted "
        "line, the model is overconfident; if it ends above the line, the model is right more often than its "
        "confidence says."
    )
    with st.container(key="calibration"):  # for inside.css
        bars, number = st.columns([3, 1], gap="large")
    with bars:
        render_chart(
            reliability_diagram(calibration),
            key="reliability",
            height=440,
            description=f"Confidence and accuracy differ by {percent(error)} on average.",
            file_name="digit-lab-calibration",
        )
    with number:
        st.metric("Expected calibration error", percent(error))
        st.caption(
            "The mean difference between confidence and accuracy, with each bar weighted by its number of "
            "answers (Guo et al., 2017)."
        )


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
                key=inside_state.view.key,
                persist_state="session",
            )
        reports = history[-1:] if run_state is State.RUNNING else thinned(history)
        with moments:
            shown = _choose_report(run, reports, film=view == WEIGHTS)
        if view == WEIGHTS:
            render_weights(run, reports, shown)
        else:
            _render_view(str(view), reports[shown].model, digits)


def _follow_click() -> None:
    """Turn to the answer for a digit that was clicked in the gallery."""
    number = take_gallery_click()
    if number is not None:
        inside_state.view.set(ANSWER)
        inside_state.explained.set(TEST_DIGIT)
        inside_state.test_digit.set(number)
        inside_state.from_gallery.set(True)


def _choose_report(run: RunJob, reports: Sequence[Progress], *, film: bool) -> int:
    """Let a moment of the run be chosen, here or in the film of the weights; return its place."""
    stopped = state.consume_click("weights", picture_index)
    if len(reports) == 1:
        return 0
    moment = state.Entry(f"moment-{run.id}-{reports[-1].step}", reports[-1].step)
    if stopped is not None and stopped < len(reports):
        moment.set(reports[stopped].step)
    steps = [report.step for report in reports]
    if not film:
        st.select_slider(
            "Replay: step",
            steps,
            steps[-1],
            format_func="{:,}".format,
            key=moment.key,
            persist_state="session",
        )
    return steps.index(moment.get()) if moment.get() in steps else len(steps) - 1


def _render_view(view: str, model: SoftmaxRegressor, digits: Digits) -> None:
    with st.spinner("Preparing the test digits"):  # only the first time
        preprocessed_digits(digits, model.preprocessing)
    if view == ANSWER:
        render_answer(model, digits)
    elif view == MISTAKES:
        render_confusion(cached_predictions(model, digits), digits)
    else:
        render_calibration(cached_predictions(model, digits))
