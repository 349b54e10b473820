"""Too fast: guess the learning rate at which a run overshoots, then find it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import streamlit as st
import torch.nn.functional as F
from torch import Tensor

from dashboard.lab.run_job import RunJob
from dashboard.lab.setting_choices import LEARNING_RATES, write_learning_rate
from dashboard.learn.challenges.attempts import (
    attempt_at,
    drafted,
    find_runs,
    mark_done,
    render_commit,
    render_guess,
    render_progress,
    render_train_button,
    waits_for_leader,
)
from dashboard.learn.figures import losses_of_rates
from dashboard.room.guesses import Choice, Question
from dashboard.ui.chart import render_chart
from dashboard.ui.text import percent
from mnist_core import Digits, Preprocessing, SoftmaxRegressor, TrainingConfig
from mnist_core.training.digits import order_of_epoch
from mnist_core.training.sgd import SGD
from mnist_core.training.worker import State

LIMIT = math.log(10)  # nats: the loss of a model that gives each digit the same probability


LOOKS = 30  # steps after each of which the test digits are read: it breaks early, and for a few steps only
SHOWN = 600  # steps on the axis: an epoch of MNIST
WINDOW = 10  # batches: the loss of a single one says little
Losses = Sequence[tuple[int, float]]  # steps taken, and a loss then


@dataclass(frozen=True)
class Tried:
    """One run.

    Attributes:
        losses: the test loss after each of the first `LOOKS` steps, and from then on the mean loss of
            `WINDOW` batches, each read before the step that learns from it.
        end: the test loss at the end.
        accuracy: the test accuracy at the end, 0 to 1.
    """

    losses: Losses = field(repr=False)
    end: float
    accuracy: float

    @property
    def peak(self) -> float:
        """The highest of its losses; nan if one is not a number."""
        values = [loss for _, loss in self.losses]
        return math.nan if any(map(math.isnan, values)) else max(values)

    @property
    def peak_step(self) -> int:
        """The step after which its loss was highest, or not a number for the first time."""
        return max(self.losses, key=lambda one: math.inf if math.isnan(one[1]) else one[1])[0]

    @property
    def broken(self) -> bool:
        """Whether it was at any time worse than a model that has learned nothing."""
        return not self.peak <= LIMIT  # nan is broken, too


@lru_cache(maxsize=len(LEARNING_RATES))
def losses_of_run(config: TrainingConfig, digits: Digits) -> Losses:
    """Take the steps of a run of one epoch once more, and look at its loss more often than a run reports it.

    Args:
        config: of raw pixels, one epoch, none held out; early reports do not matter.
        digits: to learn from and to test on.
    """
    sgd, train = SGD(SoftmaxRegressor(config.preprocessing), config), digits.train
    batches = order_of_epoch(config.seed, 0, len(train)).split(config.batch_size)
    losses, recent = [], []
    for step, batch in enumerate(batches, start=1):
        if step <= LOOKS:
            sgd.learn(train, batch)
            losses.append((step, _loss(sgd.model(), digits.test.images, digits.test.labels)))
            continue
        recent.append(_loss(sgd.model(), train.images[batch], train.labels[batch]))
        sgd.learn(train, batch)
        if len(recent) == WINDOW or step == len(batches):
            losses.append((step, math.fsum(recent) / len(recent)))
            recent = []
    return tuple(losses)


def _loss(model: SoftmaxRegressor, images: Tensor, labels: Tensor) -> float:
    return float(F.cross_entropy(model.logits(images).double(), labels))


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
        return (
            "Begin with your guess, then go up or down until two neighbouring rates show where it overshoots."
        )
    if not broken:
        return f"It holds at {max(held):g}, where the highest loss was {tries[max(held)].peak:.2f}. Try more."
    low = min(broken)
    text = f"It overshoots at {low:g}, where the loss rose to {_rose_to(tries[low])}."
    if not held:
        return f"{text} Try less."
    between = [rate for rate in offered if max(held) < rate < low]
    text = f"{text} It holds at {max(held):g}."
    return f"{text} Try a rate between them." if between else text


def describe_edge(guess: float, edge: Edge, tries: Tries) -> list[str]:
    """Say where it breaks, how near the guess was, and why, in sentences."""
    if edge.breaks is None:
        return [
            f"It does not overshoot at {edge.holds:g}, the highest rate on offer. You expected {guess:g}.",
            "A step goes down the slope as it is where the step begins. Even the longest steps that are "
            "offered never led to a higher loss than that of a model that has learned nothing.",
        ]
    run = tries[edge.breaks]
    return [_where(guess, edge, tries), _afterwards(edge.breaks, run), _reason(run)]


def _rose_to(run: Tried) -> str:
    """Write the highest loss, and when it was reached."""
    if not math.isfinite(run.peak):
        return "more than a computer can write down"
    return f"{run.peak:.2f} after {run.peak_step:,} {'step' if run.peak_step == 1 else 'steps'}"


def _broken(tries: Tries) -> list[float]:
    return [rate for rate in tries if tries[rate].broken]


def _held(tries: Tries) -> list[float]:
    """List the rates that hold and are lower than all that break."""
    lowest = min(_broken(tries), default=math.inf)
    return [rate for rate in tries if not tries[rate].broken and rate < lowest]


def _where(guess: float, edge: Edge, tries: Tries) -> str:
    assert edge.breaks is not None
    breaks = f"At {edge.breaks:g} the loss rose to {_rose_to(tries[edge.breaks])}"
    if edge.holds is not None:
        where = (
            f"The edge is between {edge.holds:g} and {edge.breaks:g}. {breaks}; at {edge.holds:g} it was "
            f"never higher than {tries[edge.holds].peak:.2f}."
        )
    else:
        where = f"It overshoots even at the lowest rate that is offered. {breaks}."
    if guess == edge.breaks:
        return f"{where} That is what you expected."
    if guess < edge.breaks:
        return f"{where} You expected {guess:g}; it takes {_times(edge.breaks / guess)} as much."
    return f"{where} You expected {guess:g}, which is {_times(guess / edge.breaks)} as much as it takes."


def _times(factor: float) -> str:
    return "twice" if f"{factor:g}" == "2" else f"{factor:g} times"


def _afterwards(rate: float, run: Tried) -> str:
    end = f"a loss of {run.end:.2f} and {percent(run.accuracy)} of the test digits read correctly"
    if run.end <= LIMIT:
        return f"It recovered: at {rate:g}, the run still ended with {end}."
    return f"It did not recover: at {rate:g}, the run ended with {end}."


def _reason(run: Tried) -> str:
    rule = (
        "The slope is only right where the step begins. Think of a valley: a short step leads down, a step "
        "that is too long leads past the lowest point and higher up on the other side, where it is "
        "steeper, so the next one is longer still. The model is then sure of wrong answers."
    )
    if not math.isfinite(run.peak):
        return rule
    share = math.exp(-run.peak)
    right = "less than 0.01 %" if not share >= 0.0001 else percent(share, 2 if share < 0.01 else 1)
    return (
        f"{rule} A loss of {run.peak:.2f} is what a probability of {right} for the right digit gives, and a "
        "model that has learned nothing gives it 10 %."
    )


NAME = "too-fast"
BEGIN = 0.05  # where the slider stands at first
QUESTION = (
    "The learning rate says how far each step goes. A run **overshoots** if its loss is at any time higher "
    "than ln 10 = 2.303, the loss of a model that has learned nothing. With raw pixels, batches of 100 "
    "digits and one epoch: what is the lowest of these rates at which a run overshoots?"
)
DEFINITION = (
    f"We look at the loss over the test digits after each of the first {LOOKS} steps, and from then on at "
    f"the mean loss of every {WINDOW} batches."
)


def too_fast_question(_: Digits) -> Question:
    """Say what is asked, and how a guess is read."""
    options = {f"{rate:g}": f"{rate:g}" for rate in LEARNING_RATES}
    return Question(
        f"{QUESTION} {DEFINITION}",
        (Choice("learning rate", options, is_scale=True),),
        lambda guess: (frozenset([guess]),) if guess in options else None,
    )


def render_too_fast_challenge(digits: Digits) -> None:
    """Let a rate be guessed, and several be tried until the edge is known."""
    guess = read_rate(attempt_at(NAME).guess, LEARNING_RATES)
    if guess is None:
        _ask()
        return
    runs = find_runs(attempt_at(NAME).runs)
    tries = {run.config.learning_rate: _tried(run, digits) for run in runs if run.state is State.FINISHED}
    edge = find_edge(tries, LEARNING_RATES)
    render_guess(QUESTION, f"it overshoots at {guess:g}.")
    _render_figure(guess, tries)
    st.caption(DEFINITION)
    if edge is None:
        st.markdown(f"### Try it\n\n{describe_next_try(tries, LEARNING_RATES)}")
        if not render_progress(runs):
            with st.container(key="too-fast-offer"):  # learn.css has it above the guesses of a class
                _offer(guess, tries)
        return
    first, *others = describe_edge(guess, edge, tries)
    mark_done(NAME, first, "" if edge.breaks is None else f"{edge.breaks:g}")
    st.markdown(f"### What happened\n\n{first}")
    st.markdown("### Why\n\n" + " ".join(others))
    st.markdown(
        "### Go further\n\n"
        "- Where does it break with the input *directions*? Set it in the sidebar, and look at the loss over "
        "*step (logarithmic)* in the tab **Train**.\n"
        "- Another seed takes the digits in another order. Does it break at the same rate?"
    )


def _config(rate: float) -> TrainingConfig:
    return TrainingConfig(
        100, rate, 1, preprocessing=Preprocessing.RAW, reports_per_epoch=20, early_reports=True
    )


def _ask() -> None:
    st.markdown(QUESTION)
    st.caption(DEFINITION)
    rate = st.select_slider(
        "It overshoots at a learning rate of",
        LEARNING_RATES,
        read_rate(drafted(NAME), LEARNING_RATES) or BEGIN,
        format_func=write_learning_rate,
        key="too-fast-guess",
    )
    render_commit(NAME, f"{rate:g}", "")


def _offer(guess: float, tries: Tries) -> None:
    """Offer to train at a rate that is chosen."""
    if waits_for_leader():
        return
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


def _tried(run: RunJob, digits: Digits) -> Tried:
    last = run.history[-1].test
    return Tried(losses_of_run(run.config, digits), last.loss, last.accuracy)


def _render_figure(guess: float, tries: Tries) -> None:
    peaks = ", ".join(f"{tries[rate].peak:.2f} at {rate:g}" for rate in sorted(tries))
    render_chart(
        losses_of_rates(
            {rate: tried.losses for rate, tried in tries.items()},
            broken=[rate for rate in tries if tries[rate].broken],
            guess=guess,
            limit=LIMIT,
            end=SHOWN,
        ),
        key="losses-of-rates",
        height=320,
        description=f"The loss after each step at each learning rate that was tried. The highest: "
        f"{peaks or 'none yet'}. Above {LIMIT:.2f} a run overshoots.",
        file_name="digit-lab-too-fast",
    )
