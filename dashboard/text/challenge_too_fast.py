"""Too fast: at which learning rate a run breaks, from the runs that were tried."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dashboard.ui.numbers import percent

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


def next_words(tries: Tries, offered: Sequence[float]) -> str:
    """Say what is known of the edge so far, and what to try next."""
    broken, held = _broken(tries), _held(tries)
    if not tries:
        return "Begin with your guess, then go up or down until two neighbouring rates show where it breaks."
    if not broken:
        return f"It holds at {max(held):g}, where the highest loss was {tries[max(held)].peak:.2f}. Try more."
    low = min(broken)
    told = f"It breaks at {low:g}, where the loss rose to {tries[low].peak:.2f}."
    if not held:
        return f"{told} Try less."
    between = [rate for rate in offered if max(held) < rate < low]
    told = f"{told} It holds at {max(held):g}."
    return f"{told} Try a rate between them." if between else told


def too_fast_words(guess: float, edge: Edge, tries: Tries) -> list[str]:
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
