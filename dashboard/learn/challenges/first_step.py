"""What does the first step learn? Choose the picture of the weights, then take the step."""

import math
from collections.abc import Mapping

import streamlit as st
import torch

from dashboard import run_actions, state
from dashboard.learn.challenges.attempts import (
    attempt_at,
    attempt_runs,
    draft,
    drafted,
    mark_done,
    render_commit,
    render_guess,
    render_progress,
    render_train_button,
)
from dashboard.learn.figures import correlation, first_step_pictures
from dashboard.room.guesses import Choice, Question
from dashboard.ui.pictures import picture_index, render_pictures
from dashboard.ui.text import percent
from mnist_core import Digits, Preprocessing, Progress, TrainingConfig

# The pictures to choose from, in the order in which they are shown.
PICTURES = {
    "noise": "random noise",
    "outline": "the outline of a {digit}",
    "contrast": "a blurred {digit}, orange where other digits have ink",
    "blank": "almost nothing",
}
LETTERS = "ABCD"
ALIKE = 0.9  # a correlation of this and more


def read_choice(guess: str) -> str | None:
    """Read which picture was chosen; None for anything else."""
    return guess if guess in PICTURES else None


def picture_name(choice: str, digit: int) -> str:
    """Name a picture by its letter and what it shows."""
    return f"{LETTERS[list(PICTURES).index(choice)]}, {PICTURES[choice].format(digit=digit)}"


def describe_first_step(
    choice: str,
    correlations: Mapping[str, float],
    *,
    digit: int,
    count: tuple[int, int],
    largest: float,
    accuracy: float,
) -> list[str]:
    """Say how alike the pictures and the weights are, and why, in sentences.

    Args:
        choice: the picture that was chosen.
        correlations: of each picture with the weights, -1 to 1; nan if a picture is the same everywhere.
        digit: whose weights they are.
        count: how many of this digit the batch had about, and how many digits.
        largest: the largest weight, by its absolute value.
        accuracy: on the test digits after this one step, 0 to 1.
    """
    best = most_alike(correlations)
    own = correlations[choice]
    chosen = f"You chose {picture_name(choice, digit)}."
    if math.isnan(own):
        chosen += f" The weights are not nothing: the largest of them is {largest:.2g}."
    else:
        chosen += (
            f" Its correlation with the real weights is {own:.2f}. (A correlation says how alike two "
            "pictures are: 1 is the same pattern, 0 none in common, -1 the same with the colours swapped.)"
        )
    if choice != best:
        chosen += f" The most similar one is {picture_name(best, digit)}: {correlations[best]:.2f}."
    else:
        chosen += " No other picture comes as near."
    return [chosen, _reason(best, correlations[best], digit, count), _alone(accuracy)]


def most_alike(correlations: Mapping[str, float]) -> str:
    """Return the picture with the highest correlation, of those that have one."""
    known = {name: value for name, value in correlations.items() if not math.isnan(value)}
    return max(known, key=known.__getitem__)


def _reason(best: str, correlation: float, digit: int, count: tuple[int, int]) -> str:
    own, batch = count
    rule = (
        f"Before the first step every digit gets a probability of 10 %. For each {digit} the error in its "
        f"probability is 0.9, for every other digit 0.1 the other way. So the step adds the {digit}s of the "
        f"batch, about {own:,} of {batch:,} digits, and subtracts a tenth of all its digits."
    )
    if best == "contrast" and correlation >= ALIKE:
        return (
            f"{rule} That is picture C, up to a factor: the average {digit} of the batch minus the average "
            "of all its digits. So ink speaks for a digit where this digit has more of it than others."
        )
    return rule


def _alone(accuracy: float) -> str:
    compared = "already reads" if accuracy > 0.2 else "reads"
    return (
        f"After this one step, the model with ten such pictures {compared} {percent(accuracy)} of the test "
        "digits correctly."
    )


NAME = "first-step"
CONFIG = TrainingConfig(10_000, 0.5, 1, preprocessing=Preprocessing.RAW, early_reports=True)
DIGIT = 3
SIZE = 150  # px
QUESTION = (
    "All weights begin at zero. Now the model sees the raw pixels of one batch of **{batch:,} digits**, "
    "and takes **one single step**. What will its weights for the digit **{digit}** look like? Blue is "
    "positive: ink there raises the score of {digit}. Orange is negative: ink there lowers it."
)


def first_step_question(digits: Digits) -> Question:
    """Say what is asked, and how a guess is read."""
    options = {name: picture_name(name, DIGIT) for name in PICTURES}
    return Question(
        QUESTION.format(batch=min(CONFIG.batch_size, len(digits.train)), digit=DIGIT),
        (Choice("picture", options),),
        lambda guess: (frozenset([guess]),) if guess in options else None,
    )


def render_first_step_challenge(digits: Digits) -> None:
    """Let a picture be chosen, take the step, and compare."""
    question = first_step_question(digits).text
    choice = read_choice(attempt_at(NAME).guess)
    if choice is None:
        _ask(digits, question)
        return
    render_guess(question, f"picture {picture_name(choice, DIGIT)}.")
    for run in attempt_runs(NAME, 1):
        report = next((report for report in run.history if report.step == 1), None)
        if report is not None:
            if run_actions.is_own(run) and not run.state.ended:
                run.stop()  # one step is all it was begun for
                run.wait_for_end(1)
                st.rerun(scope="app")  # the numbers above the tabs are those of this step
            _reveal(report, choice, digits)
            return
        if render_progress([run]):
            return
    if render_train_button(NAME, [CONFIG], label="Take the first step", one_step=True):
        st.rerun()


def _ask(digits: Digits, question: str) -> None:
    st.markdown(question)
    names = list(PICTURES)
    state.apply_click(
        "first-step-choice",
        picture_index,
        lambda place: draft(NAME, names[place]) if place < len(names) else None,
    )
    guess = drafted(NAME)
    pictures = first_step_pictures(digits.train, DIGIT)
    render_pictures(
        torch.stack([pictures[name] for name in names]).numpy(),
        key="first-step-choice",
        captions=list(LETTERS),
        descriptions=[picture_name(name, DIGIT) for name in names],
        size=SIZE,
        clickable=True,
        selected=names.index(guess) if guess in names else None,
    )
    render_commit(NAME, guess, "Choose a picture first.")


def _reveal(report: Progress, choice: str, digits: Digits) -> None:
    weights = report.model.linear.weight.detach()[DIGIT].view(28, 28)
    pictures = first_step_pictures(digits.train, DIGIT)
    batch = min(CONFIG.batch_size, len(digits.train))
    own = round(batch * float((digits.train.labels == DIGIT).float().mean()))
    correlations = {name: correlation(picture, weights) for name, picture in pictures.items()}
    first, *others = describe_first_step(
        choice,
        correlations,
        digit=DIGIT,
        count=(own, batch),
        largest=float(weights.abs().max()),
        accuracy=report.test.accuracy,
    )
    mark_done(NAME, f"{first} {others[-1]}", most_alike(correlations))
    scaled = weights / weights.abs().max().clamp(min=1e-9)
    render_pictures(
        torch.stack([pictures[choice], scaled]).numpy(),
        key="first-step-result",
        captions=["the guess", f"the weights for {DIGIT}"],
        descriptions=[
            f"the guess: {picture_name(choice, DIGIT)}",
            f"the weights for {DIGIT} after one step",
        ],
        size=SIZE,
    )
    st.markdown(f"### What happened\n\n{first}")
    st.markdown("### Why\n\n" + " ".join(others))
    st.markdown(
        "### Go further\n\n- Press **Continue** in the sidebar, and watch in the tab **Train** how the ten "
        "pictures change after the first step.\n- Set the batch size to 1 and press **Next** twice. Whose "
        "picture do you see?"
    )
