"""Too fast: guess the learning rate at which a run breaks, then find it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import streamlit as st

from dashboard.lab.run_job import RunJob
from dashboard.lab.setting_choices import LEARNING_RATES, write_learning_rate
from dashboard.learn.challenges.attempts import (
    attempt_at,
    find_runs,
    mark_done,
    render_commit,
    render_progress,
    render_train_button,
)
from dashboard.learn.figures import peak_losses
from dashboard.ui.chart import render_chart
from dashboard.ui.text import percent
from mnist_core import Digits, Preprocessing, State, TrainingConfig

LIMIT = math.log(10)  # nats: the loss of a model that gives each digit the same probability


@dataclass(frozen=True)
class Tried:
    """One run.

    Attributes:
        peak: the highest test loss of any report after the first step.
        end: the test loss at the end.
        accuracy: the test accuracy at the end, 0 to 1.
    """

    peak: float
    end: float
    accuracy: float

    @property
    def broken(self) -> bool:
        """Whether it was at any time worse than a model that has learned nothing."""
        return not self.peak <= LIMIT  # nan is broken, too


Tries = Mapping[float, Tried]  # learning rate -> what happened


@dataclass(frozen=True)
class Edge:
    """The highest rate that holds and the lowest that breaks, next to each other; None beyond the ends."""

    holds: float | None
    breaks: float | None


def read_rate(guess: str, offered: Sequence[float]) -> float | None:
    """Read a learning rate that is offered; None for anything else."""
    return next((rate for rate in offered if f"{rate:g}" == guess), None)


def find_edge(tries: Tries, offered: Sequence[float]) -> Edge | None:
    """Find where it breaks; None as long as the rates that were tried do not show it."""
    if offered[0] in tries and tries[offered[0]].broken:
        return Edge(None, offered[0])
    for low, high in pairwise(offered):
        if low in tries and high in tries and tries[high].broken and not tries[low].broken:
            return Edge(low, high)
    if offered[-1] in tries and not tries[offered[-1]].broken:
        return Edge(offered[-1], None)
    return None


def next_rate(guess: float, tries: Tries, offered: Sequence[float]) -> float:
    """Return a rate to try next: the guess, then up or down in twos, then halfway between two."""
    if not tries:
        return guess
    held, broken = _held(tries), _broken(tries)
    low = offered.index(max(held)) if held else None
    high = offered.index(min(broken)) if broken else None
    if low is None:
        return offered[max(0, (high or 0) - 2)]
    return offered[min(low + 2, len(offered) - 1) if high is None else (low + high) // 2]


def describe_next_try(tries: Tries, offered: Sequence[float]) -> str:
    """Say what is known of the edge so far, and what to try next."""
    broken, held = _broken(tries), _held(tries)
    if not tries:
        return "Begin with your guess, then go up or down until two neighbouring rates show where it breaks."
    if not broken:
        return f"It holds at {max(held):g}, where the highest loss was {tries[max(held)].peak:.2f}. Try more."
    low = min(broken)
    text = f"It breaks at {low:g}, where the loss rose to {tries[low].peak:.2f}."
    if not held:
        return f"{text} Try less."
    between = [rate for rate in offered if max(held) < rate < low]
    text = f"{text} It holds at {max(held):g}."
    return f"{text} Try a rate between them." if between else text


def describe_edge(guess: float, edge: Edge, tries: Tries) -> list[str]:
    """Say where it breaks, how near the guess was, and why, in sentences."""
    if edge.breaks is None:
        return [
            f"It does not break at {edge.holds:g}, the highest rate that is offered. You expected {guess:g}.",
            "A step goes down the slope as it is where the step begins. Even the longest steps that are "
            "offered never led to a higher loss than that of a model that has learned nothing.",
        ]
    run = tries[edge.breaks]
    return [_where(guess, edge, tries), _afterwards(edge.breaks, run), _reason(run)]


def _broken(tries: Tries) -> list[float]:
    return [rate for rate in tries if tries[rate].broken]


def _held(tries: Tries) -> list[float]:
    """List the rates that hold and are lower than all that break."""
    lowest = min(_broken(tries), default=math.inf)
    return [rate for rate in tries if not tries[rate].broken and rate < lowest]


def _where(guess: float, edge: Edge, tries: Tries) -> str:
    assert edge.breaks is not None
    breaks = f"At {edge.breaks:g} the loss rose to {tries[edge.breaks].peak:.2f}"
    if edge.holds is not None:
        where = (
            f"The edge is between {edge.holds:g} and {edge.breaks:g}. {breaks}; at {edge.holds:g} it was "
            f"never higher than {tries[edge.holds].peak:.2f} after the first step."
        )
    else:
        where = f"It breaks even at the lowest rate that is offered. {breaks}."
    if guess == edge.breaks:
        return f"{where} That is what you expected."
    ratio = edge.breaks / guess if guess < edge.breaks else guess / edge.breaks
    side = "lower" if guess < edge.breaks else "higher"
    return f"{where} You expected {guess:g}, which is {ratio:g} times {side} than {edge.breaks:g}."


def _afterwards(rate: float, run: Tried) -> str:
    end = f"a loss of {run.end:.2f} and {percent(run.accuracy)} of the test digits read correctly"
    if run.end <= LIMIT:
        return f"Broken is not lost: at {rate:g}, the run still ended with {end}."
    return f"It did not recover: at {rate:g}, the run ended with {end}."


def _reason(run: Tried) -> str:
    share = math.exp(-run.peak)
    right = "less than 0.01 %" if not share >= 0.0001 else percent(share, 2 if share < 0.01 else 1)
    return (
        "A step goes down the slope as it is where the step begins. If the step is too long, it passes the "
        "lowest point and ends higher up on the other side. The model is then sure of wrong answers: a loss "
        f"of {run.peak:.2f} is what a probability of {right} for the right digit gives, and a model that has "
        "learned nothing gives it 10 %."
    )


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
        next_try = describe_next_try(tries, LEARNING_RATES)
        st.markdown(f"### Try it\n\nYou expect that it breaks at {guess:g}. {next_try}")
        if not render_progress(runs):
            _offer(guess, tries)
        if tries:
            _render_figure(guess, tries)
    else:
        mark_done(NAME)
        first, *others = describe_edge(guess, edge, tries)
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


def _tried(run: RunJob) -> Tried:
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
