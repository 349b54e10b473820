"""The sidebar: the settings, the run controls, and where the digits come from."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import streamlit as st

from dashboard import run_actions, state
from dashboard.address import open_run, show_settings, shown
from dashboard.lab import shared
from dashboard.lab.digits_loader import without_paths
from dashboard.lab.run_job import RunJob, RunSummary
from dashboard.lab.setting_choices import describe_settings, differences
from dashboard.sidebar.settings_form import render_settings_form
from dashboard.ui.button import render_button
from dashboard.ui.learning_curves import Axis
from dashboard.ui.text import escape, name_of_digits
from dashboard.visitor import visitor
from mnist_core import Digits, TrainingConfig
from mnist_core.training.worker import State

LISTED = 20  # runs; the tab Compare has all of them


def render_run_list() -> None:
    """Offer the visitor's newest runs, if there is one besides the run that is shown."""
    listed = {job.job_id: job for job in visitor().jobs.runs}
    if not listed.keys() - {shown().run}:
        return
    opened = st.popover(
        "My runs", icon=":material/history:", width="stretch", key="my-runs", on_change="rerun"
    )
    if not opened.open:
        return
    with opened:
        st.caption("The most recent runs of this browser. The tab **Compare** has all of them.")
        runs = run_actions.find_summaries(list(listed)[:LISTED])
        texts = describe_runs(runs, {run_id: job.name for run_id, job in listed.items()})
        for run in runs:
            if render_button(texts[run.id], key=f"open-{run.id}", disabled=run.id == shown().run):
                _open(run.id)
                st.rerun()


def describe_runs(runs: Sequence[RunSummary], names: Mapping[str, str]) -> dict[str, str]:
    """Write each run, the newest first, in one line, by its id; what would be the same is numbered."""
    texts = {run.id: _describe_run(run, names.get(run.id, "")) for run in runs}
    counts = Counter(texts.values())
    told: Counter[str] = Counter()
    for run_id in reversed(texts):  # the oldest is number 1
        text = texts[run_id]
        if counts[text] > 1:
            told[text] += 1
            texts[run_id] = f"{text} · number {told[text]}"
    return texts


def _describe_run(run: RunSummary, name: str) -> str:
    accuracy = f"{100 * run.newest.test.accuracy:.1f} %" if run.newest else "just begun"
    continued = f", continued to epoch {run.final_epoch:g}" if run.earlier and not name else ""
    return f"{accuracy} · {escape(name) or describe_settings(run.config)}{continued}"


def _open(run_id: str) -> None:
    if run := run_actions.find_run(run_id):  # else it was removed since the list was read
        open_run(run)


ACTIVE = (State.RUNNING, State.PAUSED)


def render_run_controls(config: TrainingConfig) -> State | None:
    """Render the controls and do what was pressed; return the state in which they show the run."""
    with st.container(key="run-controls"):  # page.css keeps it in view
        if render_button(
            "Train", key="train", type="primary", disabled=shared.digits() is None, width="stretch"
        ):
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
    _render_hint(run, run_state, config)
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
        following = render_button(
            "Next",
            key="next",
            width="stretch",
            disabled=shared.digits() is None,
        )
        stop = render_button("Stop", key="stop", width="stretch", disabled=run_state not in ACTIVE)
    if first:
        first_action()
    if following:
        if run_state in ACTIVE:
            run_actions.go_to_next_report()
        else:
            run_actions.begin_run(config, paused=True)
            state.curves_over.set(Axis.STEP)  # where the first steps are seen
    if stop:  # last, and also beside another: who presses Stop right after Pause wants it to end
        run_actions.stop()
    if first or following or stop:
        st.rerun()


def _render_hint(run: RunJob | None, run_state: State | None, config: TrainingConfig) -> None:
    """Say what the buttons do; a tooltip would cover Train."""
    with st.container(key="run-hint"):  # during the first film page.css says what they do then
        if run_state in ACTIVE:
            st.caption("Next goes to the next report and pauses. The space key pauses and resumes.")
        elif run is None:
            st.caption("Next begins a run and pauses before its first step.")
        elif run_actions.is_own(run):
            st.caption(run_actions.why_not_continued(run, config) or _describe_continue(run))


def _describe_continue(run: RunJob) -> str:
    finishes = "" if run.history[-1].epoch.is_integer() else "finishes the epoch that was begun, and "
    return f"Continue {finishes}trains further for the epochs set above, with the current settings."


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


INTERVAL = 0.25  # seconds between two looks at how far loading has come


def render_sidebar() -> State | None:
    """Render the controls and do what was pressed; return the state in which they show the run."""
    config = render_settings_form()
    show_settings(config)
    run_state = render_run_controls(config)
    render_run_list()
    _render_digits()
    return run_state


def _render_digits() -> None:
    loader = shared.digits_loader()
    st.fragment(_render_loading, run_every=INTERVAL if loader.doing else None)(loader.digits)
    digits = loader.digits
    if digits is None:
        return
    counts = f"{len(digits.train):,} to train with, {len(digits.test):,} to test with"
    note = f" {without_paths(digits.note)}" if digits.note else ""
    what = "A sample" if digits.source == "sample" else "The digits"
    st.caption(f"{what} of {name_of_digits(digits.source)}: {counts}.{note}")
    if digits.source != "sample":
        return
    early = not loader.may_try_again
    tip = "The download can be tried every five minutes." if early else None
    if render_button("Try the download again", key="download-again", disabled=early, help=tip):
        shared.reload_digits()
        st.rerun()


def _render_loading(shown: Digits | None) -> None:
    """Show how far loading has come; run the whole script again when there are other digits."""
    loader = shared.digits_loader()
    if loader.doing:
        words, share = loader.doing
        st.progress(share, text=f"{words}, {share:.0%}")
    elif loader.error:
        st.error(f"The digits cannot be loaded: {escape(loader.error)}")
        if render_button("Try again", key="load-again"):
            shared.reload_digits()
            st.rerun()
    if loader.digits is not shown:
        st.rerun()
