"""Which two digits does it mix up most? Guess the pair, and see one mistake taken apart."""

from collections.abc import Mapping
from itertools import combinations

import streamlit as st
import torch
from torch import Tensor

from dashboard import state
from dashboard.address import open_run, shown
from dashboard.inside import state as inside_state
from dashboard.inside.figures import margin_map
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
from dashboard.learn.figures import confused_pair
from dashboard.room.guesses import Choice, Question
from dashboard.ui.chart import render_chart
from dashboard.ui.pictures import render_pictures
from dashboard.ui.text import percent, with_article
from mnist_core import (
    Digits,
    Predictions,
    Preprocessing,
    SoftmaxRegressor,
    TrainingConfig,
    confusion_matrix,
    mistakes,
)
from mnist_core.inference.attribution import explain_preprocessed
from mnist_core.preprocessing.cache import preprocessed_digits

PAIRS = list(combinations(range(10), 2))
MOST_ALIKE = 9  # pairs, a fifth of all, of which it is said that they are alike


def write_pair(one: int, other: int) -> str:
    """Write two different digits, the smaller first."""
    return f"{min(one, other)}-{max(one, other)}"


def read_pair(guess: str) -> tuple[int, int] | None:
    """Read a pair of different digits; None for anything else."""
    return next((pair for pair in PAIRS if write_pair(*pair) == guess), None)


def confusions(matrix: Tensor) -> dict[tuple[int, int], int]:
    """Count for each pair of digits how often one was read as the other, from a matrix (10, 10) int64."""
    return {(a, b): int(matrix[a, b] + matrix[b, a]) for a, b in PAIRS}


def most_confused(matrix: Tensor) -> tuple[int, int]:
    """Return the pair that is confused most often, the first of equals."""
    counts = confusions(matrix)
    return max(PAIRS, key=counts.__getitem__)


def describe_pair(guess: tuple[int, int], matrix: Tensor) -> list[str]:
    """Say where the guessed pair stands among all 45, and which one is first, in sentences."""
    counts = confusions(matrix)
    total, own = sum(counts.values()), counts[guess]
    if not total:
        return ["It misreads none of the test digits, so no pair is confused."]
    best = most_confused(matrix)
    most = counts[best]
    ties = [pair for pair in PAIRS if counts[pair] == most and pair != guess]
    rank = 1 + sum(count > own for count in counts.values())
    if rank == 1:
        tied = f" {_names(ties[0])} are mixed up as often." if ties else ""
        first = f"You found it: it mixes up {_names(guess)} {_cases(own)}, and no pair more often.{tied}"
        return [first, _direction(guess, matrix), _share(own, total)]
    yours = (
        f"It mixes up {_names(guess)} {_cases(own)}, which is number {rank} of all 45 pairs."
        if own
        else f"It never mixes up {_names(guess)}."
    )
    return [
        f"{yours} Most often, {_cases(most)}, it mixes up {_names(best)}.",
        _direction(best, matrix),
        _share(most, total),
    ]


def _direction(pair: tuple[int, int], matrix: Tensor) -> str:
    a, b = pair
    one, other = int(matrix[a, b]), int(matrix[b, a])
    if one == other:
        both = f"{_times(one)} {with_article(a)} is read as {b}"
        return f"Both ways equally: {both}, and as often the other way round."
    more, less = ((a, b, one), (b, a, other)) if one > other else ((b, a, other), (a, b, one))
    return (
        f"It is not the same both ways: {_times(more[2])} {with_article(more[0])} is read as {more[1]}, and "
        f"{_times(less[2])} {with_article(less[0])} as {less[1]}."
    )


def _share(most: int, total: int) -> str:
    return (
        f"This one pair makes up {percent(most / total)} of all {total:,} mistakes; if they were spread "
        f"evenly over the 45 pairs, it would be {percent(1 / 45)}."
    )


def average_distances(images: Tensor, labels: Tensor) -> dict[tuple[int, int], float]:
    """Compute how far the average pictures of each pair of digits are apart.

    Args:
        images: (N, 28, 28) uint8, ink 0 to 255.
        labels: (N,) int64.

    Returns:
        The square root of the sum of the squared differences, with ink from 0 to 1.
    """
    sums = [images[labels == digit].sum(dim=0).double() for digit in range(10)]
    averages = [one / 255 / int((labels == digit).sum()) for digit, one in enumerate(sums)]
    return {(a, b): float(torch.linalg.norm(averages[a] - averages[b])) for a, b in PAIRS}


def describe_likeness(pair: tuple[int, int], distances: Mapping[tuple[int, int], float]) -> str:
    """Say why a pair is mixed up, if its average pictures are among those that are most alike."""
    rank = 1 + sum(distance < distances[pair] for distance in distances.values())
    if rank > MOST_ALIKE:
        return ""
    a, b = pair
    place = "more alike than those of any other pair" if rank == 1 else f"number {rank} of all 45 by likeness"
    return (
        f"The average pictures of {a} and {b} are {place}: most of their ink is on the same pixels. Ink "
        "there speaks as much for the one as for the other, and only few pixels are left to tell them apart."
    )


def describe_evidence(label: int, answer: int, in_favour: float, against: float, bias: float) -> str:
    """Say how one mistake came about: the evidence for the answer, and that for what the digit is.

    `in_favour` + `against` + `bias` is the logit of the answer minus that of the label.
    """
    lead = round(in_favour, 2) + round(against, 2) + round(bias, 2)
    return (
        f"Take the {label} that it reads as {answer} with the most confidence. Blue is evidence for "
        f"{answer}, orange for {label}. The blue adds {in_favour:.2f}, the orange takes away "
        f"{abs(against):.2f}, and the biases {'add' if bias >= 0 else 'take away'} {abs(bias):.2f}: {answer} "
        f"leads by {lead:.2f}."
    )


def _names(pair: tuple[int, int]) -> str:
    return f"{pair[0]} and {pair[1]}"


def _cases(count: int) -> str:
    return "in 1 case" if count == 1 else f"in {count:,} cases"


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count:,} times")


NAME = "pair"
CONFIG = TrainingConfig(preprocessing=Preprocessing.RAW, reports_per_epoch=2, early_reports=True)
INSIDE = {state.tab.key: "Look inside", inside_state.view.key: "Mistakes"}


QUESTION = (
    "A model is trained with the settings of *The article*: raw pixels, a learning rate of 0.01 and 10 "
    "epochs. It reads some test digits wrongly. Which two digits does it mix up most often, both ways "
    "counted?"
)


def pair_question(_: Digits) -> Question:
    """Say what is asked, and how a guess is read."""
    options = {write_pair(*pair): _names(pair) for pair in PAIRS}
    return Question(
        QUESTION,
        (Choice("pair", options, is_long=True),),
        lambda guess: (frozenset([guess]),) if guess in options else None,
    )


def render_pair_challenge(digits: Digits) -> None:
    """Let a pair be guessed, train, and show the confusion matrix."""
    guess = read_pair(attempt_at(NAME).guess)
    if guess is None:
        _ask()
        return
    render_guess(QUESTION, f"{guess[0]} and {guess[1]}.")
    for run in render_training(NAME, [CONFIG]):
        _reveal(run, guess, digits)


def _ask() -> None:
    st.markdown(QUESTION)
    before = read_pair(drafted(NAME)) or (None, None)
    one = st.segmented_control("One digit", range(10), default=before[0], key="pair-one")
    other = st.segmented_control("The other digit", range(10), default=before[1], key="pair-other")
    guess = "" if one is None or other is None or one == other else write_pair(one, other)
    render_commit(NAME, guess, "Choose two different digits first.")


def _reveal(run: RunJob, guess: tuple[int, int], digits: Digits) -> None:
    model = run.history[-1].model
    predictions = cached_predictions(model, digits)
    matrix = confusion_matrix(predictions.labels, predictions.predicted)
    most = most_confused(matrix)
    first, *others = describe_pair(guess, matrix)
    mark_done(NAME, first, write_pair(*most))
    render_chart(
        confused_pair(matrix, guess=guess, most=most),
        key="confused-pair",
        height=350,
        description=f"The confusion matrix. {first}",
        file_name="digit-lab-confused",
    )
    st.caption("Your pair has a dotted frame, the pair that is mixed up most a solid one.")
    st.markdown(f"### What happened\n\n{first}")
    train = digits.train
    distances = state.last_result("average-distances", average_distances, train.images, train.labels)
    alike = describe_likeness(most, distances)
    st.markdown("### Why\n\n" + " ".join(filter(None, (alike, *others))))
    a, b = most
    label, answer = (a, b) if matrix[a, b] >= matrix[b, a] else (b, a)
    _render_mistake(model, predictions, label, answer, digits)
    st.markdown(
        "### Go further\n\n"
        "- Train again with the input *directions*. Is it still the same pair?\n"
        "- Draw a digit that lies between the two. How sure is the answer?"
    )
    controls = {**INSIDE, inside_state.label.key: label, inside_state.predicted.key: answer}
    if st.button("See these mistakes in Look inside", on_click=_open_inside, args=(run, controls)):
        st.rerun()


def _render_mistake(
    model: SoftmaxRegressor, predictions: Predictions, label: int, answer: int, digits: Digits
) -> None:
    found = mistakes(predictions).where(label=label, predicted=answer)
    if not len(found):
        return
    number = int(found.indices[0])
    image = preprocessed_digits(digits, model.preprocessing).test.images[number]
    margin = explain_preprocessed(model, image).margin(answer, label)
    text = describe_evidence(label, answer, margin.in_favour, margin.against, margin.bias)
    st.markdown(text)
    picture, chart = st.columns([1, 2], vertical_alignment="center")
    with picture:
        render_pictures(
            digits.test.images[number][None].numpy(),
            key="pair-mistake",
            captions=[f"{with_article(label)}, read as {answer}"],
            descriptions=[f"a test digit, {label}, read as {answer}"],
            size=180,
        )
    with chart:
        render_chart(
            margin_map(margin, image),
            key="pair-margin",
            height=320,
            description=text,
            file_name="digit-lab-mistake",
        )


def _open_inside(run: RunJob, controls: dict[str, object]) -> None:
    if shown().run != run.id:
        open_run(run)
    state.set_controls(controls)
