"""What can be done with the run that is shown: train anew, pause, step, stop, continue, copy."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard import run_actions, state
from dashboard.lab import shared
from dashboard.lab.run_job import RunJob
from dashboard.lab.setting_choices import differences
from dashboard.ui.button import render_button
from dashboard.ui.learning_curves import Axis
from dashboard.ui.text import escape
from dashboard.visitor import visitor
from mnist_core import State, TrainingConfig

ACTIVE = (State.RUNNING, State.PAUSED)


def render_run_controls(config: TrainingConfig) -> State | None:
    """Render the controls and do what was pressed; return the state in which they show the run."""
    if render_button("Train", key="train", type="primary", disabled=shared.digits() is None, width="stretch"):
        run_actions.begin_run(config)  # all that shows the run is rendered later, so no rerun is needed
    run = run_actions.shown_run()
    run_state = run.state if run else None
    if run is not None and not run_actions.is_own(run):
        _render_copy_button(run)
    else:
        _render_buttons(run, run_state, config)
    if run is not None:
        _render_difference(run, run_state, config)
    st.toggle(
        "Slow motion",
        key=state.slow_motion.key,
        on_change=run_actions.set_pace,
        help="Shows two or three reports a second, slowly enough to follow and to talk about.",
    )
    retrain = st.toggle(
        "Retrain on every change",
        key="retrain",
        help="Begins a new run whenever a setting changes. The previous run stays as a faint line.",
    )
    _render_hint(run_state)
    _render_share(config)
    changed = run is not None and run_actions.is_own(run) and differences(config, run.config)
    if retrain and changed and run_actions.begin_run(config):
        st.rerun()
    return run_state


def _render_buttons(run: RunJob | None, run_state: State | None, config: TrainingConfig) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        if run_state in ACTIVE:
            first_action: Callable[[], None] = run_actions.pause_or_resume
            first = render_button(
                "Resume" if run_state is State.PAUSED else "Pause",
                key="pause",
                width="stretch",
            )
        else:
            first_action = partial(run_actions.continue_run, config)
            first = render_button(
                "Continue",
                key="continue",
                width="stretch",
                disabled=run is None or not run_actions.can_continue(run, config),
            )
        step = render_button(
            "Step",
            key="step",
            width="stretch",
            disabled=shared.digits() is None,
        )
        stop = render_button("Stop", key="stop", width="stretch", disabled=run_state not in ACTIVE)
    if first:
        first_action()
    elif step:
        if run_state in ACTIVE:
            run_actions.step()
        else:
            run_actions.begin_run(config, paused=True)
            state.curves_over.set(Axis.STEP)  # where the first steps are seen
    elif stop:
        run_actions.stop()
    if first or step or stop:
        st.rerun()


def _render_hint(run_state: State | None) -> None:
    """Say what the buttons do; a tooltip would cover Train."""
    if run_state in ACTIVE:
        st.caption("Step goes to the next report and pauses. The space key pauses and resumes.")
    elif run_state is not None:
        st.caption("Continue trains further for the epochs set above, with the current settings.")
    else:
        st.caption("Step begins a run and pauses before its first step.")


def _render_share(config: TrainingConfig) -> None:
    """Say what a new run will replace, before it does; only what is said here may go."""
    may_go = run_actions.to_replace(config)
    state.may_go.set(tuple(job.job_id for job in may_go))
    if may_go:
        oldest = f"Your oldest, {escape(may_go[0].name) or 'without a name'}, is"
        what = f"{oldest} then" if len(may_go) == 1 else f"Your {len(may_go)} oldest are then"
        st.caption(f"Your share of this server is full. {what} deleted to make room for a new run or map.")
    if not visitor().jobs.readable:
        st.caption(
            "The list of your runs cannot be read just now. Nothing is lost: reload the page to try again."
        )
    elif visitor().jobs.unsaved:
        st.caption("The list of your runs could not be saved. The next change tries again.")


def _render_copy_button(run: RunJob) -> None:
    """Offer a copy in the place of the controls, which belong to the browser that began the run."""
    if render_button("Make a copy to train on", key="copy-run", width="stretch", disabled=not run.history):
        run_actions.copy_run()
        st.rerun()
    st.caption(
        "This run was begun in another browser. You can watch it, but only that browser can control it."
    )


def _render_difference(run: RunJob, run_state: State | None, config: TrainingConfig) -> None:
    """Say what Train and Resume will do if the settings are no longer those of the run."""
    changed = differences(config, run.config)
    if not changed:
        return
    resume = " Pause and Resume keep the settings of the run shown." if run_state in ACTIVE else ""
    st.caption(f"Changed since this run: **{', '.join(changed)}**. Train begins a new run with it.{resume}")
