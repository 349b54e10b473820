"""Same settings, another seed: guess how much that changes, and whether one run is better."""

from dataclasses import replace
from itertools import combinations

import streamlit as st

from dashboard import state
from dashboard.figures.seed_accuracies import seed_accuracies
from dashboard.lab.cached_predictions import cached_predictions
from dashboard.lab.shown_run import ShownRun
from dashboard.learn.challenges.attempts import attempt_at, mark_done, render_commit, render_training
from dashboard.text.challenge_seed import (
    ANSWERS,
    offered_counts,
    read_guess,
    seed_challenge_words,
    write_guess,
)
from dashboard.ui.chart import render_chart
from mnist_core import Digits, Preprocessing, TrainingConfig, compare

NAME = "seed"
SEEDS = 5
CONFIG = TrainingConfig(100, 0.5, 3, preprocessing=Preprocessing.RAW, early_reports=True)


def render_seed_challenge(digits: Digits) -> None:
    """Let both be guessed, train five seeds, and compare."""
    guess = read_guess(attempt_at(NAME).guess, len(digits.test))
    if guess is None:
        _ask(digits)
        return
    count, answer = guess
    st.markdown(
        f"### Try it\n\nYou expect that exactly one of two runs is right for {count:,} of the "
        f"{len(digits.test):,} test digits. Is one of them better? {ANSWERS[answer]}, you said. Five runs "
        "show more than two: they differ only in their seed."
    )
    configs = [replace(CONFIG, seed=seed) for seed in range(SEEDS)]
    runs = render_training(NAME, configs, label="Train five seeds")
    if runs:
        _reveal(runs, guess, digits)


def _ask(digits: Digits) -> None:
    st.markdown(
        "Two runs have the same settings: raw pixels, batches of 100 digits, a learning rate of 0.5 and "
        "three epochs. Only the **seed** differs, which determines in which order the digits come. Both are "
        f"then tested on the same {len(digits.test):,} digits.\n\n### Your guess"
    )
    count = st.select_slider(
        "For how many test digits is exactly one of the two right?",
        offered_counts(len(digits.test)),
        format_func="{:,}".format,
        key="seed-count",
    )
    answer = st.segmented_control(
        "One run will read more digits than the other. Is it better?",
        list(ANSWERS),
        format_func=ANSWERS.__getitem__,
        key="seed-answer",
    )
    guess = write_guess(count, answer) if answer else ""
    render_commit(NAME, guess, "Answer both questions first.")


def _reveal(runs: list[ShownRun], guess: tuple[int, str], digits: Digits) -> None:
    predictions = [cached_predictions(run.history[-1].model, digits) for run in runs]
    pairs = [compare(a, b) for a, b in combinations(predictions, 2)]
    scores = [pairs[0].a, *(pair.b for pair in pairs[: SEEDS - 1])]
    first, second, third, reason = seed_challenge_words(
        guess, pairs[0], [pair.test.p_value for pair in pairs], [score.accuracy for score in scores]
    )
    mark_done(NAME)
    st.markdown(f"### What happened\n\n{first} {second}")
    render_chart(
        seed_accuracies([run.config.seed for run in runs], scores),
        key="seed-accuracies",
        height=300,
        description=f"The test accuracy of each seed with its 95 % interval. {third}",
        file_name="digit-lab-seeds",
    )
    st.caption("The lines are 95 % intervals: what these test digits alone leave open.")
    st.markdown(f"### Why\n\n{third} {reason}")
    st.markdown(
        "### Go further\n\n"
        "- The tab **Compare** lists these runs. Choose two of them and see on which digits they differ.\n"
        "- Do the seeds of the *default* settings lie nearer together? **Five seeds** in Compare trains them."
    )
    if st.button("Open the tab Compare", on_click=state.set_controls, args=({state.tab.key: "Compare"},)):
        st.rerun()
