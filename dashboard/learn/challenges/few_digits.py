"""How few digits are enough: guess how many bring half of the gain, and what wrong labels cost."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import streamlit as st

from dashboard import state
from dashboard.learn.challenges.attempts import (
    attempt_at,
    drafted,
    mark_done,
    render_commit,
    render_computation,
    render_guess,
)
from dashboard.learn.computed_once import (
    COUNTS,
    FEW_DIGITS,
    SEEDS,
    WRONG,
    readings_by_digits,
)
from dashboard.learn.figures import accuracy_by_digits
from dashboard.room.guesses import Choice, Question
from dashboard.ui.chart import render_chart
from dashboard.ui.text import percent
from mnist_core import Digits
from mnist_core.sweep.learning_curve import Reading

FEW = 100  # digits, whose gap is guessed
GAPS = (0, 5, 10, 15, 20, 30, 50)  # points
COSTS = (0, 1, 2, 5, 10, 20, 40)  # points
CHANCE = 0.1  # what guessing reads


@dataclass(frozen=True)
class Guess:
    """How many digits reach half of the gain, the gap with 100, and what wrong labels cost, in points."""

    count: int
    gap: int
    cost: int


def counts_of(digits: int) -> list[int]:
    """List the numbers of digits of the curve, of so many training digits in all; these come last."""
    return [*(count for count in COUNTS if count < digits), digits]


def write_guess(guess: Guess) -> str:
    """Write a guess."""
    return f"{guess.count}:{guess.gap}:{guess.cost}"


def read_guess(text: str, digits: int) -> Guess | None:
    """Read a guess for so many training digits; None for anything else."""
    offered = (counts_of(digits), GAPS, COSTS)
    parts = text.split(":")
    if len(parts) != len(offered):
        return None
    count, gap, cost = (
        next((one for one in some if str(one) == part), None)
        for some, part in zip(offered, parts, strict=True)
    )
    return None if count is None or gap is None or cost is None else Guess(count, gap, cost)


# What came of it


@dataclass(frozen=True)
class Curves:
    """The mean accuracies of all seeds by the number of digits, 0 to 1.

    Attributes:
        train, test: with right labels; of the digits learned and of the test digits.
        wrong_train, wrong_test: with wrong labels; the first by the labels that were learned.
    """

    train: Mapping[int, float]
    test: Mapping[int, float]
    wrong_train: Mapping[int, float]
    wrong_test: Mapping[int, float]

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> "Curves":
        """Take the means over the seeds."""
        known: dict[tuple[bool, int], list[Reading]] = {}
        for reading in readings:
            count = reading.config.training_digits or 0
            known.setdefault((bool(reading.config.wrong_labels), count), []).append(reading)
        counts = sorted({count for _, count in known})
        right, wrong = ({count: known[is_wrong, count] for count in counts} for is_wrong in (False, True))
        return cls(
            {count: fmean(one.train for one in some) for count, some in right.items()},
            {count: fmean(one.test for one in some) for count, some in right.items()},
            {count: fmean(one.train for one in some) for count, some in wrong.items()},
            {count: fmean(one.test for one in some) for count, some in wrong.items()},
        )

    @property
    def all(self) -> int:
        """How many digits there are."""
        return max(self.test)

    @property
    def half(self) -> float:
        """The accuracy half of the way from guessing to that of all digits."""
        return (CHANCE + self.test[self.all]) / 2

    @property
    def enough(self) -> float:
        """How many digits reach half of the gain, on a straight line between two that were learned."""
        before, reached = 1.0, CHANCE
        for count, accuracy in sorted(self.test.items()):
            if accuracy >= self.half:
                share = (self.half - reached) / (accuracy - reached)
                return math.exp((1 - share) * math.log(before) + share * math.log(count))
            before, reached = count, accuracy
        return before

    @property
    def gap(self) -> float:
        """How far 100 digits are read better than the test digits, in points."""
        return 100 * (self.train[FEW] - self.test[FEW])

    def cost(self, count: int) -> float:
        """What wrong labels cost with so many digits, in points."""
        return 100 * (self.test[count] - self.wrong_test[count])

    @property
    def outcome(self) -> Guess:
        """The guess that comes nearest."""
        count = min(self.test, key=lambda one: abs(math.log(one / self.enough)))
        gap = min(GAPS, key=lambda one: abs(one - self.gap))
        return Guess(count, gap, min(COSTS, key=lambda one: abs(one - self.cost(self.all))))


def describe_few_digits(guess: Guess, curves: Curves) -> list[str]:
    """Say what happened, a sentence or two for each part of the guess, and then why."""
    return [_enough(guess, curves), _gap(guess, curves), _cost(guess, curves), _reason(curves)]


def _enough(guess: Guess, curves: Curves) -> str:
    own = (
        "which is what you guessed"
        if guess.count == curves.outcome.count
        else f"and not with {guess.count:,}, as you guessed"
    )
    return (
        f"Guessing reads {percent(CHANCE, 0)}, and all {curves.all:,} digits lead to "
        f"{percent(curves.test[curves.all])}. Half of this gain, {percent(curves.half)}, is there with about "
        f"**{round(curves.enough)} digits**, {own}."
    )


def _gap(guess: Guess, curves: Curves) -> str:
    return (
        f"With {FEW} digits, it reads {percent(curves.train[FEW])} of the digits that it learned and "
        f"{percent(curves.test[FEW])} of the test digits: **{curves.gap:.0f} points** apart; you guessed "
        f"{guess.gap}."
    )


def _cost(guess: Guess, curves: Curves) -> str:
    whole, few = curves.cost(curves.all), curves.cost(FEW)
    return (
        f"With {percent(WRONG, 0)} of the labels wrong, all digits still lead to "
        f"{percent(curves.wrong_test[curves.all])} of the test digits: **{whole:.1f} points** less; you "
        f"guessed {guess.cost}. With {FEW} digits, wrong labels cost {few:.1f} points."
    )


def _reason(curves: Curves) -> str:
    taught = curves.wrong_train[curves.all]
    return (
        f"The model has 7,850 numbers. For {FEW} digits that is so much room that there are weights which "
        "fit each of them, also by pixels that mean nothing: the model learns them *by heart*. This is "
        "called **overfitting**, and the gap between the two curves shows it. What fits many digits has to "
        "be what they share, and that is also true of digits that nobody has seen: with more digits, the "
        "curves meet.\n\n"
        f"A wrong label is one of nine other digits. So among pictures that look like a 3, about "
        f"{percent(1 - WRONG, 0)} of the labels say 3, and each other digit is named by only "
        f"{percent(WRONG / 9, 0)}. Each step follows the mean over a batch, in which the many outvote the "
        "few, who contradict one another. That is why the test accuracy survives. Of the labels that it was "
        f"taught, the model gives back only {percent(taught)}: it does not believe the wrong ones. With few "
        "digits nothing outvotes a wrong label, and it is learned by heart like the others."
    )


# The page

NAME = "few-digits"

QUESTION = (
    "A model for raw pixels learns from only **a few** of the {all:,} training digits, chosen at random: "
    f"batches of {FEW_DIGITS.batch_size}, a learning rate of {FEW_DIGITS.learning_rate:g}, "
    f"{FEW_DIGITS.epochs} epochs. With how many digits does it reach half of what all of them bring, "
    f"counted from guessing? With {FEW} digits, how far apart are the accuracies on the digits that it "
    f"learned and on the test digits? And if {percent(WRONG, 0)} of **all** training labels are wrong, how "
    "much test accuracy does that cost?"
)


def few_digits_question(digits: Digits) -> Question:
    """Say what is asked, and how a guess is read."""

    def read(text: str) -> tuple[frozenset[str], ...] | None:
        guess = read_guess(text, len(digits.train))
        if guess is None:
            return None
        return tuple(frozenset([str(part)]) for part in (guess.count, guess.gap, guess.cost))

    counts = {str(count): f"{count:,}" for count in counts_of(len(digits.train))}
    gaps, costs = (
        {str(one): "1 point" if one == 1 else f"{one} points" for one in offered} for offered in (GAPS, COSTS)
    )
    return Question(
        QUESTION.format(all=len(digits.train)),
        (
            Choice("digits for half of the gain", counts, is_scale=True),
            Choice(f"training minus test accuracy with {FEW} digits", gaps, is_scale=True),
            Choice(f"what {percent(WRONG, 0)} wrong labels cost", costs, is_scale=True),
        ),
        read,
    )


def render_few_digits_challenge(digits: Digits) -> None:
    """Let all three be guessed, learn the curves, and show them."""
    guess = read_guess(attempt_at(NAME).guess, len(digits.train))
    if guess is None:
        _ask(digits)
        return
    render_guess(
        QUESTION.format(all=len(digits.train)),
        f"{guess.count:,} digits; {guess.gap} points apart; {guess.cost} points for the wrong labels.",
    )
    readings = render_computation(
        NAME,
        readings_by_digits,
        digits,
        label="Train them all",
        about=f"{len(counts_of(len(digits.train)))} numbers of digits, with right and with wrong labels, "
        f"from {SEEDS} seeds each: they learn side by side, in seconds.",
        training="All of them are training.",
    )
    if readings is not None:
        _reveal(guess, readings)


def _ask(digits: Digits) -> None:
    st.markdown(QUESTION.format(all=len(digits.train)))
    counts = counts_of(len(digits.train))
    before = read_guess(drafted(NAME), len(digits.train)) or Guess(counts[0], GAPS[0], COSTS[0])
    count = st.select_slider(
        "Digits for half of the gain",
        counts,
        before.count,
        format_func="{:,}".format,
        key="few-digits-count",
    )
    gap = st.select_slider(
        f"Training minus test accuracy with {FEW} digits, in points", GAPS, before.gap, key="few-digits-gap"
    )
    cost = st.select_slider(
        f"What {percent(WRONG, 0)} wrong labels cost, in points", COSTS, before.cost, key="few-digits-cost"
    )
    render_commit(NAME, write_guess(Guess(count, gap, cost)), "")


def _reveal(guess: Guess, readings: Sequence[Reading]) -> None:
    curves = Curves.of(readings)
    enough, gap, cost, reason = describe_few_digits(guess, curves)
    mark_done(NAME, f"{enough} {gap} {cost}", write_guess(curves.outcome))
    render_chart(
        accuracy_by_digits(readings, guess.count),
        key="few-digits",
        height=380,
        description=f"Accuracy by the number of digits learned, of {SEEDS} seeds each. {enough} {gap} {cost}",
        file_name="digit-lab-few-digits",
    )
    st.caption(
        f"Lines: the mean of {SEEDS} seeds. Bands: from the lowest to the highest. Training accuracy is by "
        "the labels that were learned."
    )
    st.markdown(f"### What happened\n\n{enough}\n\n{gap}\n\n{cost}")
    st.markdown(f"### Why\n\n{reason}")
    st.markdown(
        "### Go further\n\n"
        "- **Training digits** and **Wrong labels** are in the sidebar, under **More**. At how many wrong "
        "labels does the model give in?\n"
        "- The map in the tab **Compare** has presets for both. Do few digits need another learning rate?\n"
        "- With the input *directions*, how many digits reach 90 %?"
    )
    if st.button("Open the tab Compare", on_click=state.set_controls, args=({state.tab.key: "Compare"},)):
        st.rerun()
