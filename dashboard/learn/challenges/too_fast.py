"""Too fast: guess the learning rate at which a run breaks, then find it."""

import streamlit as st

from dashboard.figures.peak_losses import peak_losses
from dashboard.lab.setting_choices import LEARNING_RATES, write_learning_rate
from dashboard.lab.shown_run import ShownRun
from dashboard.learn.challenges.attempts import (
    attempt_at,
    find_runs,
    mark_done,
    render_commit,
    render_progress,
    render_train_button,
)
from dashboard.text.challenge_too_fast import (
    LIMIT,
    Tried,
    Tries,
    find_edge,
    next_rate,
    next_words,
    read_rate,
    too_fast_words,
)
from dashboard.ui.chart import render_chart
from mnist_core import Digits, Preprocessing, State, TrainingConfig

NAME = "too-fast"
BEGIN = 0.05  # where the slider stands at first
BREAKS = (
    "A run **breaks** if its test loss is at any time higher than ln 10 = 2.303, the loss of a model that "
    "has learned nothing."
)


def render_too_fast_challenge(digits: Digits) -> None:
    """Let a rate be guessed, and several be tried until the edge is known."""
    guess = read_rate(attempt_at(NAME).guess, LEARNING_RATES)
    if guess is None:
        _ask()
        return
    runs = find_runs(attempt_at(NAME).runs)
    tries = {run.config.learning_rate: _tried(run) for run in runs if run.state is State.FINISHED}
    edge = find_edge(tries, LEARNING_RATES)
    if edge is None:
        st.markdown(
            f"### Try it\n\nYou expect that it breaks at {guess:g}. {next_words(tries, LEARNING_RATES)}"
        )
        if not render_progress(runs):
            _offer(guess, tries)
        if tries:
            _render_figure(guess, tries)
    else:
        mark_done(NAME)
        first, *others = too_fast_words(guess, edge, tries)
        st.markdown(f"### What happened\n\n{first}")
        _render_figure(guess, tries)
        st.markdown("### Why\n\n" + " ".join(others))
        st.markdown(
            "### Go further\n\n"
            "- Where does it break with the input *directions*? Set it in the sidebar, and look at the loss "
            "over *step (logarithmic)* in the tab **Train**.\n"
            "- Does a batch of 1,000 digits allow longer steps than one of 100?"
        )


def _config(rate: float) -> TrainingConfig:
    return TrainingConfig(
        100, rate, 1, preprocessing=Preprocessing.RAW, reports_per_epoch=20, early_reports=True
    )


def _ask() -> None:
    st.markdown(
        f"The learning rate says how far each step goes. {BREAKS}\n\nWith raw pixels, batches of 100 digits "
        "and one epoch: what is the lowest of these rates at which a run breaks?\n\n### Your guess"
    )
    rate = st.select_slider(
        "It breaks at a learning rate of",
        LEARNING_RATES,
        BEGIN,
        format_func=write_learning_rate,
        key="too-fast-guess",
    )
    render_commit(NAME, f"{rate:g}", "")


def _offer(guess: float, tries: Tries) -> None:
    """Offer to train at a rate that is chosen."""
    rate = st.select_slider(
        "Train at a learning rate of",
        LEARNING_RATES,
        next_rate(guess, tries, LEARNING_RATES),
        format_func=write_learning_rate,
        key=f"too-fast-rate-{len(tries)}",
    )
    if rate in tries:
        st.caption(f"{rate:g} is tried already: choose another rate.")
    elif render_train_button(NAME, [_config(rate)], label=f"Train at {rate:g}"):
        st.rerun()


def _tried(run: ShownRun) -> Tried:
    last = run.history[-1].test
    return Tried(max(report.test.loss for report in run.history if report.step), last.loss, last.accuracy)


def _render_figure(guess: float, tries: Tries) -> None:
    peaks = {rate: tried.peak for rate, tried in tries.items()}
    render_chart(
        peak_losses(peaks, limit=LIMIT, guess=guess, offered=LEARNING_RATES),
        key="peak-losses",
        height=320,
        description="The highest test loss at each learning rate that was tried: "
        + ", ".join(f"{peaks[rate]:.2f} at {rate:g}" for rate in sorted(peaks))
        + f". Above {LIMIT:.2f} a run is broken.",
        file_name="digit-lab-too-fast",
    )
