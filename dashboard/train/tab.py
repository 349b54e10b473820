"""The Train tab: the numbers, the curves and the weights of a run, while it learns and afterwards."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import run_actions
from dashboard.auto_refresh import LEARNING, auto_refresh
from dashboard.lab.inputs import INPUTS
from dashboard.lab.run_job import RunJob
from dashboard.train.first_screen import render_first_screen
from dashboard.train.headline import render_headline
from dashboard.train.live_curves import render_curves
from dashboard.ui.pictures import render_pictures
from dashboard.ui.signed_maps import end_of_scale
from mnist_core import Preprocessing, Progress, SoftmaxRegressor, State


def render_train_tab(numbers: DeltaGenerator, shown: State | None, *, visible: bool) -> None:
    """Show the curves of a run, with its numbers in a container above the tabs, and follow it as it learns.

    If another tab is open, only the numbers are followed. One fragment renders both, because the browser goes
    through the whole page after each. When the run leaves the state in which the sidebar shows it, the whole
    script is run: at its end, after a step, or when another tab has paused it.
    """
    run = run_actions.shown_run()
    auto_refresh(_render, numbers, shown, visible)
    if not visible:
        _render_run(run, run.history if run else ())


def _render(numbers: DeltaGenerator, shown: State | None, visible: bool) -> None:
    run = run_actions.shown_run()
    if run is not None:
        run.watch()
    state = run.state if run else None  # before the history: if it has ended, the history is complete
    history = run.history if run else ()
    with numbers:  # in each run: a refresh may fill only what the run of the whole script has written to
        render_headline(run, state, history[-1] if history else None)
    if state is not shown or (run and state is State.RUNNING and run.wait_for_end(LEARNING)):
        st.rerun()
    if visible:
        _render_run(run, history)


def _render_run(run: RunJob | None, history: Sequence[Progress]) -> None:
    first = st.empty()  # emptied at once by a run: else its curves would push what was there down the page
    if run is None:
        with first.container():
            render_first_screen()
        return
    render_curves(run, history)
    _render_weights(history[-1].model if history else SoftmaxRegressor(run.config.preprocessing))
    if run.config.preprocessing is Preprocessing.RAW and history and history[-1].step <= 1:
        _explain_first_step(history[-1].step)


def _render_weights(model: SoftmaxRegressor) -> None:
    """Show the weights of each digit as a picture, all on one scale."""
    weights = model.linear.weight.detach().view(-1, 28, 28)
    directions = INPUTS[model.preprocessing].is_directions
    what = "an edge in this direction" if directions else "ink here"
    st.caption(
        f"The weights of each digit. Blue: {what} raises the score of this digit. Orange: it lowers it."
    )
    render_pictures(
        (weights / end_of_scale(weights)).numpy(),
        key="templates",
        captions=[str(digit) for digit in range(10)],
        descriptions=[f"the weights for {digit}" for digit in range(10)],
        size=84,
        stars=range(10) if directions else (),
    )


def _explain_first_step(step: int) -> None:
    """Say what the first step does to the weights of raw pixels, when a run is paused there."""
    if step == 0:
        st.markdown(
            "Before the first step all weights are zero: every digit gets the same probability. Press "
            "**Step** to see what the first batch changes."
        )
    else:
        st.markdown(
            "After one step, the weights of each digit are the mean image of this digit in the batch, "
            "weighted by how often it occurs there, minus a tenth of the mean of all images, times the "
            "learning rate. The first step simply compares averages."
        )
