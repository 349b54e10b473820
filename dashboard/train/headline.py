"""The numbers of a run, its settings, and how far it has come."""

import streamlit as st

from dashboard import run_actions
from dashboard.address import chosen_settings
from dashboard.lab.personalized_runs import find_personalization
from dashboard.lab.run_job import RunJob
from dashboard.lab.setting_choices import describe_settings
from dashboard.ui.button import render_button
from dashboard.ui.invisible import render_live_region
from dashboard.ui.text import escape
from mnist_core import Progress, State


def render_headline(run: RunJob | None, run_state: State | None, last: Progress | None) -> None:
    """Show accuracy, loss and epoch, with a bar for the way to the end and the settings of the run."""
    accuracy = loss = epoch = "–"
    if run and last:
        accuracy = f"{100 * last.test.accuracy:.1f} %"
        loss = f"{last.test.loss:.3f}"
        epoch = f"{_short(last.epoch)} of {_short(run.final_epoch)}"
    with st.container(horizontal=True, key="headline"):
        st.metric(
            "Test accuracy",
            accuracy,
            help="The share of the test digits that the model reads correctly. It never learns from these.",
        )
        st.metric(
            "Test loss",
            loss,
            help="The mean cross-entropy over the test digits, in nats: how far the predicted probabilities "
            "are from certainty about the right digit. An untrained model has ln 10 = 2.303.",
        )
        st.metric(
            "Epoch",
            epoch,
            help="One epoch is one pass through all training digits. It consists of many steps; each step "
            "learns from one batch.",
        )
        render_live_region(_spoken(run, run_state, last), key="spoken")  # heard, not seen: page.css hides it
    share = last.epoch / run.final_epoch if run and last else 0.0
    if run and run.trained_elsewhere:
        settings = f"{run.config.preprocessing} · from a model file, which does not say how it was trained"
    else:
        settings = describe_settings(run.config if run else chosen_settings.get())
    st.progress(min(1.0, share), text=f"{settings}  \n{_sentence(run, run_state, last)}")
    if run and run.unsaved:
        _render_unsaved(run)


def _short(epoch: float) -> str:
    """Write an epoch with at most two decimals, so that the number stays narrow."""
    return f"{epoch:.2f}".rstrip("0").rstrip(".")


def _render_unsaved(run: RunJob) -> None:
    st.warning(
        f"This run could not be saved ({escape(run.unsaved[0])}). It will be lost when the server stops."
    )
    if run_actions.is_own(run) and render_button("Try to save again", key="save-again"):
        run_actions.save_again()
        st.rerun()


def _spoken(run: RunJob | None, run_state: State | None, last: Progress | None) -> str:
    """Return what a screen reader is to announce: once per epoch, not several times a second."""
    if run is None or run_state is None or last is None or last.step == 0:
        return ""
    accuracy = f"{100 * last.test.accuracy:.1f} % of the test digits read correctly"
    if run_state is State.RUNNING:
        epoch = int(last.epoch)
        if not epoch:
            return "Training."
        reached = next(report for report in run.history if report.epoch >= epoch)
        return f"Epoch {epoch}: {100 * reached.test.accuracy:.1f} %."
    if run_state is State.PAUSED:
        return f"Paused at epoch {last.epoch:.4g}, with {accuracy}."
    return f"The run has ended at epoch {last.epoch:.4g}, with {accuracy}."


def _sentence(run: RunJob | None, run_state: State | None, last: Progress | None) -> str:
    if run is None or run_state is None:
        return "Not trained yet"
    if run_state is State.FAILED:
        return f"The run failed: {escape(str(run.training.error))}"
    if run_state is State.RUNNING and (waiting := run.waiting):
        others = "1 other is" if waiting.before == 1 else f"{waiting.before} others are"
        return f"Waiting: {others} before you, about {waiting.seconds:.0f} s"
    if last is None:
        return f"Stopped before it began. {run.why_stopped}" if run_state.ended else "Starting"
    if last.step == 0 and run_state.ended:
        return f"Not trained here yet. {run.why_stopped}" if run.why_stopped else "Not trained here yet"
    if run_state is State.RUNNING:
        return f"Training, about {run.seconds_left:.0f} s left" if last.step else "Starting"
    steps = f"{last.step:,} {'step' if last.step == 1 else 'steps'}"
    if run_state is State.STOPPED and find_personalization(run.id):
        return f"Finished: {steps}. In the last of them it also learned kept drawings."
    return {
        State.PAUSED: f"Paused after {steps}",
        State.FINISHED: f"Finished: {steps} in {last.seconds:.1f} s",
        State.STOPPED: f"Stopped after {steps}. {run.why_stopped or 'The model keeps what it learned.'}",
    }[run_state]
