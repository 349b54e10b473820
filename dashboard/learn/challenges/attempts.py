"""What the visitor has done in each challenge, and the steps that all challenges share."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from dashboard import run_actions, state
from dashboard.address import chosen_settings, shown
from dashboard.lab import shared
from dashboard.lab.job import JobRefused
from dashboard.lab.run_job import RunJob
from dashboard.lab.setting_choices import control_values, describe_settings, differences
from dashboard.learn import state as learn_state
from dashboard.learn.computed_once import ForDigits, input_readers, map_of_settings, readings_by_digits
from dashboard.learn.progress import Attempt, Reveal
from dashboard.learn.state import SidebarBefore
from dashboard.room.state import send_guess
from dashboard.ui.button import render_button
from dashboard.visitor import visitor
from mnist_core import Digits, TrainingConfig
from mnist_core.training.worker import State

T = TypeVar("T")

LEARN = state.TABS[-1]
WAIT_FOR_LEADER = "The run begins on all pages as soon as your teacher starts it."
SIDEBAR = "The sidebar then shows them, and shows yours again when you leave this challenge."


def attempt_at(name: str) -> Attempt:
    """Return what was done in a challenge so far."""
    return learn_state.progress.get().get(name, Attempt())


def save_attempt(name: str, attempt: Attempt) -> None:
    """Remember what was done in a challenge; the browser keeps it as soon as the tab is rendered."""
    learn_state.progress.set({**learn_state.progress.get(), name: attempt})


def mark_done(name: str, happened: str, outcome: str = "") -> None:
    """Note that the visitor has come to the end of a challenge.

    Args:
        name: of the challenge.
        happened: what happened, in a sentence or two.
        outcome: the guess that would have been right; empty if there is none.
    """
    learn_state.reveal.set(Reveal(name, happened, outcome))
    attempt = attempt_at(name)
    if not attempt.done:
        save_attempt(name, replace(attempt, done=True))


def try_again(name: str) -> None:
    """Forget the guess and the runs; that it was done once stays."""
    save_attempt(name, Attempt(done=attempt_at(name).done))
    draft(name, "")


def draft(name: str, guess: str) -> None:
    """Remember a guess that the visitor has not committed to yet."""
    learn_state.drafts.set({**learn_state.drafts.get(), name: guess})


def drafted(name: str) -> str:
    """Return the guess so far."""
    return learn_state.drafts.get().get(name, "")


def render_commit(name: str, guess: str, hint: str) -> None:
    """Offer to commit to a guess, or say what is missing if it is empty."""
    with st.container(horizontal=True, vertical_alignment="center"):
        committed = render_button(
            "This is my guess", key=f"commit-{name}", type="primary", disabled=not guess
        )
        if not guess:
            st.caption(hint, width="stretch")
    if committed:
        before = attempt_at(name)
        commit_guess(name, Attempt(guess=guess, done=before.done, why=before.why))
        st.rerun()


def commit_guess(name: str, attempt: Attempt) -> None:
    """Remember an attempt with a guess that the visitor has committed to, and tell their class."""
    save_attempt(name, attempt)
    send_guess(name, attempt.guess)


def render_guess(question: str, guess: str) -> None:
    """Keep the question and the guess on the page after it was committed."""
    with st.container(key="learn-guess", gap=None):
        st.markdown(question)
        whose = "A typical guess of the class" if learn_state.typical_guess.get() else "Your guess"
        st.markdown(f"**{whose}:** {guess}")


def attempt_runs(name: str, count: int) -> list[RunJob]:
    """Return the newest runs of the visitor's attempt, so many or fewer."""
    return find_runs(attempt_at(name).runs[-count:])


def render_training(
    name: str, configs: Sequence[TrainingConfig], *, label: str = "Train with these settings"
) -> list[RunJob]:
    """Offer to train; return the runs of the visitor's attempt once all are finished, else none."""
    runs = attempt_runs(name, len(configs))
    if len(runs) == len(configs) and all(run.state is State.FINISHED for run in runs):
        st.caption(_settings(configs))
        return runs
    if render_progress(runs):
        return []
    if runs:
        st.markdown("The training was stopped before its end. Train again to see the result.")
    if render_train_button(name, configs, label=label):
        st.rerun()
    return []


def render_progress(runs: Sequence[RunJob]) -> bool:
    """Show how far the runs have come that have not ended; return whether there are any."""
    learning = [run for run in runs if not run.state.ended]
    if not learning:
        return False
    for run in learning:
        run.watch()
    share = sum(map(_share, learning)) / len(learning)
    what = "The run is training" if len(learning) == 1 else f"{len(learning)} runs are training"
    paused = (
        " Press **Resume** in the sidebar, or the space key." if learning[0].state is State.PAUSED else ""
    )
    st.progress(share, text=f"{what}, {share:.0%}.{paused}")
    return True


def render_train_button(
    name: str, configs: Sequence[TrainingConfig], *, label: str, one_step: bool = False
) -> bool:
    """Offer to train; begin the runs and return True if the button was pressed.

    The first of them is shown on the whole page, with its settings in the sidebar. `one_step` pauses it after
    its first step.
    """
    if waits_for_leader():
        st.markdown(WAIT_FOR_LEADER)
        return False
    st.caption(f"{_settings(configs)} {SIDEBAR}{_what_stops()}")
    if not render_button(label, key=f"train-{name}", type="primary", disabled=shared.digits() is None):
        return False
    digits = shared.digits()
    if digits is None:
        return False
    first, *others = configs
    run_before = shown().run
    if not run_actions.begin_run(first, paused=one_step):
        return True  # the page says why
    if one_step:
        run_actions.go_to_next_report()
    _set_sidebar(first, run_before)
    begun = [shown().run]
    for config in others:
        try:
            begun.append(shared.jobs().begin_run(config, digits, visitor().jobs, same_group=True).id)
        except JobRefused as refusal:
            state.notice.set(str(refusal))
            break
    attempt = attempt_at(name)
    save_attempt(name, replace(attempt, runs=(*attempt.runs, *begun)[-20:]))
    return True


def render_computation(
    name: str, result: ForDigits[T], digits: Digits, *, label: str, about: str, training: str
) -> T | None:
    """Offer to compute what is computed once for everybody; return it when it is there.

    Args:
        name: of the challenge.
        result: to be computed from the digits.
        digits: to learn from and to test on.
        label: of the button.
        about: what stands above it.
        training: what is said while it is computed.
    """
    future = result.if_asked_for(digits)
    if future is None and waits_for_leader():
        st.markdown(WAIT_FOR_LEADER)
    elif future is None:
        st.caption(about)
        if render_button(label, type="primary", key=f"train-{name}"):
            result.get(digits)
            st.rerun()
    elif not future.done():
        st.progress(0.5, text=training)
    else:
        return future.result()
    return None


def _set_sidebar(config: TrainingConfig, run_before: str) -> None:
    """Show the settings of a challenge's run in the sidebar, and remember what stood there."""
    before = learn_state.sidebar_before.get()
    if before is None or before.left:
        stood = control_values(chosen_settings.get())
        before = SidebarBefore(shown().learn, run_before, (), stood, config)
    learn_state.sidebar_before.set(before._replace(begun=(*before.begun, shown().run), config=config))
    state.set_controls_next_run(control_values(config))


def has_left_challenge() -> bool:
    """Whether the page has just left the challenge that set the sidebar, or shows another run."""
    before = learn_state.sidebar_before.get()
    return before is not None and not before.left and not _is_open(before)


def _is_open(before: SidebarBefore) -> bool:
    return state.tab.get() == LEARN and shown().learn == before.page and shown().run in before.begun


def bring_sidebar_back() -> None:
    """Show in the sidebar what stood there before a challenge that was left, unless it was changed since.

    It is left in many ways: a button, another tab, Back, another run, which brings its own settings. So
    this is asked each time, before the sidebar is rendered. Forward into the challenge brings its settings
    once more: what stands there until then is remembered again.
    """
    before = learn_state.sidebar_before.get()
    if before is None or before.left != _is_open(before):
        return
    if before.left:
        run = run_actions.shown_run()
        stood = control_values(chosen_settings.get())
        config = run.config if run else before.config
        learn_state.sidebar_before.set(before._replace(left=False, stood=stood, config=config))
        return
    learn_state.sidebar_before.set(before._replace(left=True))
    is_same_run = shown().run in (before.run, *before.begun)
    if is_same_run and not differences(chosen_settings.get(), before.config):
        state.set_controls(before.stood)


def waits_for_leader() -> bool:
    """Whether somebody else starts the runs of the open challenge, because a class does it together."""
    return learn_state.waits_for_leader.get()


def find_runs(run_ids: Sequence[str]) -> list[RunJob]:
    """Find runs by ids that the browser may have kept for long; those that are gone are left out."""
    found = map(run_actions.find_run, run_ids)
    return [run for run in found if run is not None and run.source == _source()]


def learning_runs() -> list[RunJob]:
    """The runs of the open challenge that have not ended."""
    active = shared.jobs().active(attempt_at(shown().learn).runs)
    return [job for job in active if isinstance(job, RunJob)]


def is_busy() -> bool:
    """Whether anything of the open challenge is training, here or in the background."""
    digits = shared.digits()
    waited: dict[str, Future[Any] | None] = {
        "preparation": input_readers.if_asked_for(digits),
        "map": map_of_settings.if_asked_for(digits),
        "few-digits": readings_by_digits.if_asked_for(digits),
    }
    future = waited.get(shown().learn)
    behind = future is not None and not future.done()
    return behind or bool(learning_runs())


def _source() -> str:
    digits = shared.digits()
    return digits.source if digits else ""


def _share(run: RunJob) -> float:
    return min(1.0, run.history[-1].epoch / run.final_epoch) if run.history else 0.0


def _settings(configs: Sequence[TrainingConfig]) -> str:
    seeds = "" if len(configs) == 1 else f", with seeds {configs[0].seed} to {configs[-1].seed}"
    return f"Settings: {describe_settings(configs[0])}{seeds}."


def _what_stops() -> str:
    run = run_actions.shown_run()
    if run is None or run.state.ended or not run_actions.is_own(run):
        return ""
    return " Your run that is still training is stopped; it stays under **My runs** with what it has learned."
