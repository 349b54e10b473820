"""Same settings, another seed: guess how much that changes, and whether one run is better."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import streamlit as st
import torch
from torch import Tensor

from dashboard import state
from dashboard.lab.cached_predictions import cached_predictions
from dashboard.lab.run_job import RunJob
from dashboard.learn.challenges.attempts import (
    attempt_at,
    drafted,
    mark_done,
    render_commit,
    render_guess,
    render_training,
)
from dashboard.learn.figures import differing_digits, seed_accuracies
from dashboard.room.guesses import Choice, Question
from dashboard.ui.chart import render_chart
from dashboard.ui.text import percent
from mnist_core import Comparison, Digits, Predictions, Preprocessing, TrainingConfig, compare
from mnist_core.evaluation.mcnemar import seed_spread

COUNTS = (0, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)
ANSWERS = {"yes": "Yes, one is better", "no": "No, chance explains it"}
THRESHOLD = 0.05  # the usual one
NEAR = 1.5  # a guess within this factor is called close
UNSURE = 0.1  # of the test digits, those whose answer is least sure


def offered_counts(digits: int) -> list[int]:
    """List the numbers of digits that can be guessed, of so many test digits."""
    return [count for count in COUNTS if count <= digits / 5]


def write_guess(count: int, answer: str) -> str:
    """Write a guess: a number of digits, and a key of ANSWERS."""
    return f"{count}:{answer}"


def read_guess(guess: str, digits: int) -> tuple[int, str] | None:
    """Read a guess for so many test digits; None for anything else."""
    count, _, answer = guess.partition(":")
    offered = {str(one): one for one in offered_counts(digits)}
    return (offered[count], answer) if count in offered and answer in ANSWERS else None


def describe_two_seeds(
    guess: tuple[int, str],
    comparison: Comparison,
    p_values: Sequence[float],
    accuracies: Sequence[float],
    *,
    unsure: float,
) -> list[str]:
    """Say how much a seed changes, in sentences.

    Args:
        guess: for how many digits exactly one of the first two runs is right, and a key of ANSWERS.
        comparison: of the first two runs.
        p_values: of McNemar's test for each pair of all runs.
        accuracies: of all runs, 0 to 1; at least two.
        unsure: how many of the digits on which exactly one of the first two runs is right are among the tenth
            of which the first run is least sure, 0 to 1.
    """
    return [
        _differing(guess[0], comparison),
        _significance(guess[1], comparison),
        _spread(p_values, accuracies),
        _reason(comparison, unsure),
    ]


def _differing(guess: int, comparison: Comparison) -> str:
    test = comparison.test
    count = test.only_a + test.only_b
    text = f"For {_digits(count)} of {comparison.a.count:,}, exactly one of the two runs is right"
    if guess == count:
        return f"{text}, exactly as you expected."
    low, high = sorted((guess, count))
    close = low > 0 and high <= NEAR * low
    return f"{text}; you expected {guess:,}{', which is close' if close else ''}."


def _significance(answer: str, comparison: Comparison) -> str:
    a, b, p_value = comparison.a, comparison.b, comparison.test.p_value
    difference = abs(a.right - b.right)
    if difference == 0:
        text = f"Both read {a.right:,} digits correctly, so neither is ahead"
    else:
        ahead = 0 if a.right > b.right else 1
        text = f"The run with seed {ahead} reads {_digits(difference)} more"
    shown = "p-value below 0.001" if p_value < 0.001 else f"p-value {p_value:.2g}"
    is_better = p_value < THRESHOLD
    verdict = (
        f"chance alone makes such a difference so rarely (less than {THRESHOLD}) that by the usual rule it "
        "reads such digits better"
        if is_better
        else "chance alone often makes such a difference"
        if p_value >= 0.2
        else "such a difference by chance is not rare enough to show anything"
    )
    said = "as you said" if (answer == "yes") == is_better else "not as you said"
    return (
        f"{text} ({shown}): {verdict}, {said}. The *p-value* is how often two equally good readers would "
        "differ by at least as much."
    )


def _spread(p_values: Sequence[float], accuracies: Sequence[float]) -> str:
    mean, deviation = seed_spread(accuracies)
    below = sum(value < THRESHOLD for value in p_values)
    pairs = (
        f"none of their {len(p_values)} pairs has"
        if not below
        else f"{below} of their {len(p_values)} pairs {'has' if below == 1 else 'have'}"
    )
    least, most = min(accuracies), max(accuracies)
    return (
        f"The {len(accuracies)} runs lie between {percent(least, 2)} and {percent(most, 2)}, on average "
        f"{percent(mean, 2)} with a standard deviation of {100 * deviation:.2f} points, which is about how "
        f"far one run lies from that average; {pairs} a p-value below {THRESHOLD}."
    )


def share_of_unsure(predictions: Predictions, places: Tensor) -> float:
    """Say how many of some digits, (M,) int64, are among the tenth whose answer is least sure, 0 to 1.

    An answer is the surer the farther the probabilities of the first and the second digit are apart.
    """
    highest = predictions.probabilities.topk(2, dim=1).values
    lead = highest[:, 0] - highest[:, 1]
    return float((lead[places] <= lead.quantile(UNSURE)).double().mean())


def _reason(comparison: Comparison, unsure: float) -> str:
    """Say what the seed changes, what the test counts, and why overlapping intervals do not contradict it."""
    a, b, test = comparison.a, comparison.b, comparison.test
    count = test.only_a + test.only_b
    order = "The seed only changes the order of the digits, and so where the last steps happen to end."
    if count:
        order += (
            f" That changes answers of which a run is not sure: {percent(unsure, 0)} of the digits on which "
            f"exactly one of the two is right are among the {percent(UNSURE, 0)} whose first and second "
            "answer are most nearly equally likely. Some become right and others wrong, so the accuracy "
            "moves far less than their number."
        )
    rule = (
        f"{order} One run may still really read a little better than another, and more than one pair in "
        "twenty has a p-value below 0.05. But the settings are the same, so that is luck and no better way "
        "to train: to compare settings, compare several seeds of each."
    )
    if count == 0:
        return rule
    own = math.sqrt(sum(score.count * score.accuracy * (1 - score.accuracy) for score in (a, b)))
    same = math.sqrt(count)
    return (
        f"{rule}\n\nThe p-value comes from McNemar's test. It looks at the {_digits(count)} on which "
        f"exactly one run is right, {test.only_a:,} to {test.only_b:,}, and asks how often a coin tossed "
        f"{count:,} times would be at least as uneven.\n\nA p-value can be small although the lines of two "
        "runs overlap. A line, the 95 % *interval*, says which accuracies the run might have had with "
        "other test digits. But both runs were tested on the same ones: a digit that is hard to read is "
        "hard for both, and takes the same from both. With test digits of its own for each run, chance "
        f"would change the difference by about {own:.0f} digits; with the same digits for both, by about "
        f"{same:.0f}."
    )


def _digits(count: int) -> str:
    return f"{count:,} {'digit' if count == 1 else 'digits'}"


NAME = "seed"
SEEDS = 5
CONFIG = TrainingConfig(100, 0.5, 3, preprocessing=Preprocessing.RAW, early_reports=True)


QUESTION = (
    "Two runs have the same settings: raw pixels, batches of 100 digits, a learning rate of 0.5 and three "
    "epochs. Only the **seed** differs, which determines in which order the digits come. Both are then "
    "tested on the same {count:,} digits. For how many of them is exactly one of the two right, and is the "
    "one that reads more better?"
)


def seed_question(digits: Digits) -> Question:
    """Say what is asked, and how a guess is read."""
    offered = {str(count): f"{count:,}" for count in offered_counts(len(digits.test))}

    def read(guess: str) -> tuple[frozenset[str], ...] | None:
        parts = read_guess(guess, len(digits.test))
        return None if parts is None else tuple(frozenset([str(part)]) for part in parts)

    return Question(
        QUESTION.format(count=len(digits.test)),
        (
            Choice("digits for which exactly one of the two is right", offered, is_scale=True),
            Choice("Is the one that reads more better?", ANSWERS),
        ),
        read,
    )


def render_seed_challenge(digits: Digits) -> None:
    """Let both be guessed, train five seeds, and compare."""
    guess = read_guess(attempt_at(NAME).guess, len(digits.test))
    if guess is None:
        _ask(digits)
        return
    count, answer = guess
    render_guess(QUESTION.format(count=len(digits.test)), f"{_digits(count)}. {ANSWERS[answer]}.")
    if not attempt_at(NAME).runs:
        st.markdown("Five runs show more than two: they differ only in their seed.")
    configs = [replace(CONFIG, seed=seed) for seed in range(SEEDS)]
    runs = render_training(NAME, configs, label="Train five seeds")
    if runs:
        _reveal(runs, guess, digits)


def _ask(digits: Digits) -> None:
    st.markdown(QUESTION.format(count=len(digits.test)))
    before, answered = read_guess(drafted(NAME), len(digits.test)) or (0, None)
    count = st.select_slider(
        "For how many test digits is exactly one of the two right?",
        offered_counts(len(digits.test)),
        before,
        format_func="{:,}".format,
        key="seed-count",
    )
    answer = st.segmented_control(
        "One run will read more digits than the other. Is it better?",
        list(ANSWERS),
        format_func=ANSWERS.__getitem__,
        default=answered,
        key="seed-answer",
    )
    guess = write_guess(count, answer) if answer else ""
    render_commit(NAME, guess, "Answer both questions first.")


def _reveal(runs: list[RunJob], guess: tuple[int, str], digits: Digits) -> None:
    predictions = [cached_predictions(run.history[-1].model, digits) for run in runs]
    pairs = [compare(a, b) for a, b in combinations(predictions, 2)]
    scores = [pairs[0].a, *(pair.b for pair in pairs[: SEEDS - 1])]
    first, second, third, reason = describe_two_seeds(
        guess,
        pairs[0],
        [pair.test.p_value for pair in pairs],
        [score.accuracy for score in scores],
        unsure=share_of_unsure(predictions[0], torch.cat([pairs[0].only_a, pairs[0].only_b])),
    )
    count = pairs[0].test.only_a + pairs[0].test.only_b
    nearest = min(offered_counts(scores[0].count), key=lambda one: abs(math.log((one or 1) / (count or 1))))
    answer = "yes" if pairs[0].test.p_value < THRESHOLD else "no"
    mark_done(NAME, f"{first} {second}", write_guess(nearest, answer))
    seeds = [run.config.seed for run in runs]
    counts = {
        names: pair.test.only_a + pair.test.only_b
        for names, pair in zip(combinations(seeds, 2), pairs, strict=True)
    }
    render_chart(
        differing_digits(counts, guess[0]),
        key="seed-differences",
        height=220,
        description=f"For how many digits exactly one of two runs is right, for each pair of seeds. {first}",
        file_name="digit-lab-seed-differences",
    )
    st.markdown(f"### What happened\n\n{first} {second}")
    render_chart(
        seed_accuracies(seeds, scores),
        key="seed-accuracies",
        height=260,
        description=f"The test accuracy of each seed with its 95 % interval. {third}",
        file_name="digit-lab-seeds",
    )
    st.caption(
        "The lines are 95 % intervals: which accuracies other test digits of the same kind might have given."
    )
    st.markdown(f"### Why\n\n{third} {reason}")
    st.markdown(
        "### Go further\n\n"
        "- The tab **Compare** lists these runs. Choose two of them and see on which digits they differ.\n"
        "- Do the seeds of the *default* settings lie nearer together? **Five seeds** in Compare trains them."
    )
    if st.button("Open the tab Compare", on_click=state.set_controls, args=({state.tab.key: "Compare"},)):
        st.rerun()
