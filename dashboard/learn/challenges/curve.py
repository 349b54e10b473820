"""Where does the learning happen? Sketch the curve, then see that of a run."""

import math

import streamlit as st

from dashboard import state
from dashboard.figures.sketched_curve import sketched_curve
from dashboard.lab.cached_predictions import cached_predictions
from dashboard.lab.shown_run import ShownRun
from dashboard.learn.challenges.attempts import (
    attempt_at,
    draft,
    drafted,
    mark_done,
    render_commit,
    render_training,
)
from dashboard.text.challenge_curve import curve_words, handle_steps, read_sketch, write_sketch
from dashboard.ui.chart import render_chart
from dashboard.ui.sketch import render_sketch, sketched
from mnist_core import Digits, SoftmaxRegressor, TrainingConfig

NAME = "curve"
CONFIG = TrainingConfig(reports_per_epoch=2, early_reports=True)
START = 10  # percent: all ten digits are equally likely before the first step


def render_curve_challenge(digits: Digits) -> None:
    """Let the curve be sketched, trained and compared."""
    end = CONFIG.epochs * math.ceil(len(digits.train) / CONFIG.batch_size)
    steps = handle_steps(end)
    sketch = read_sketch(attempt_at(NAME).guess, len(steps))
    if sketch is None:
        _ask(steps)
        return
    st.markdown("### Try it\n\nYour sketch is kept until the run can be drawn over it.")
    for run in render_training(NAME, [CONFIG]):
        _reveal(run, steps, sketch, digits)


def _ask(steps: list[int]) -> None:
    st.markdown(
        f"A run with the default settings takes **{steps[-1]:,} steps**. Before the first one, it reads "
        "about 10 % of the test digits correctly, as somebody who guesses. When does it learn most: early, "
        "late, or evenly over all the steps?\n\n### Your guess\n\n"
        "Sketch the curve of its test accuracy: draw it with the mouse or a finger, or go from handle to "
        "handle with Tab and move each with the arrow keys. The axis is logarithmic, so each handle stands "
        "for about three times as many steps as the one before."
    )
    if (moved := state.take_click("sketch", sketched(len(steps)))) is not None:
        draft(NAME, write_sketch(moved))
    guess = drafted(NAME)
    render_sketch(
        steps,
        read_sketch(guess, len(steps)),
        start=START,
        key="sketch",
        label="Your sketch of the test accuracy, from 0 to 100 %",
    )
    render_commit(NAME, guess, "Move the curve first.")


def _reveal(run: ShownRun, steps: list[int], sketch: list[int], digits: Digits) -> None:
    reports = [(report.step, report.test.accuracy) for report in run.history]
    errors = (
        _error(SoftmaxRegressor(run.config.preprocessing), digits),
        _error(run.history[-1].model, digits),
    )
    first, *others = curve_words(reports, sketch, errors)
    mark_done(NAME)
    st.markdown(f"### What happened\n\n{first}")
    render_chart(
        sketched_curve(steps, sketch, reports),
        key="sketched-curve",
        height=340,
        description=f"Your sketch and the curve of the run. {first}",
        file_name="digit-lab-sketch",
    )
    st.markdown("### Why\n\n" + " ".join(filter(None, others)))
    st.markdown(
        "### Go further\n\n"
        "- In the tab **Train**, choose the curves over *step (logarithmic)*, then over *epoch*: the same "
        "numbers look like two different stories.\n"
        "- Set the learning rate to 0.001 and train again. Which part of the curve moves?"
    )


def _error(model: SoftmaxRegressor, digits: Digits) -> float:
    """Return how far the probability of the right digit is from 1, on average over the test digits."""
    predictions = cached_predictions(model, digits)
    return 1 - float(predictions.probabilities.gather(1, predictions.labels[:, None]).double().mean())
