"""The four numbers that matter, and how far the run is."""

import streamlit as st

from dashboard.components.live_region import render_live_region
from dashboard.services.run_registry import LiveRun
from mnist_core import Progress, State

TRAINING_DIGITS = {"mnist": 60_000, "sample": 4_000}


def render_headline(run: LiveRun | None, state: State | None, last: Progress | None) -> None:
    """Show test accuracy, test loss, epoch and speed, with a bar for the way to the goal."""
    accuracy = loss = epoch = speed = "–"
    if run and last:
        accuracy = f"{100 * last.test.accuracy:.1f} %"
        loss = f"{last.test.loss:.3f}"
        epoch = f"{last.epoch:.4g} of {run.final_epoch:.4g}"
    if run and last and last.seconds:
        speed = f"{last.epoch * TRAINING_DIGITS[run.source] / last.seconds:,.0f}"
    with st.container(horizontal=True, key="headline"):
        st.metric("Test accuracy", accuracy)
        st.metric("Test loss", loss)
        st.metric("Epoch", epoch)
        st.metric("Digits a second", speed)
        render_live_region(_spoken(run, state, last), key="spoken")  # heard, not seen: page.css hides it
    share = last.epoch / run.final_epoch if run and last else 0.0
    st.progress(min(1.0, share), text=_sentence(run, state, last))


def _spoken(run: LiveRun | None, state: State | None, last: Progress | None) -> str:
    """Say what a screen reader is to announce: once an epoch, not several times a second."""
    if run is None or state is None or last is None or last.step == 0:
        return ""
    read = f"with {100 * last.test.accuracy:.1f} % of the test digits read right"
    if state is State.RUNNING:
        epoch = int(last.epoch)
        if not epoch:
            return "Learning."
        reached = next(report for report in run.history if report.epoch >= epoch)
        return f"Epoch {epoch}: {100 * reached.test.accuracy:.1f} %."
    if state is State.PAUSED:
        return f"On hold at epoch {last.epoch:.4g}, {read}."
    return f"The run has ended at epoch {last.epoch:.4g}, {read}."


def _sentence(run: LiveRun | None, state: State | None, last: Progress | None) -> str:
    if run is None or state is None:
        return "Nothing learned yet"
    if last is None or (last.step == 0 and not state.ended):
        return "Starting"
    if last.step == 0:
        return "A model from a file, which has learned nothing here yet"
    if state is State.RUNNING:
        return f"Learning, {run.seconds_left:.0f} s left"
    return {
        State.PAUSED: "Paused",
        State.FINISHED: f"Finished: {last.step:,} steps in {last.seconds:.1f} s",
        State.STOPPED: f"Stopped after {last.step:,} steps; what was learned is kept",
        State.FAILED: f"The run failed: {run.training.error}",
    }[state]
