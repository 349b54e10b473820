"""Which two digits does it confuse most? Guess the pair, and see one mistake taken apart."""

import streamlit as st

from dashboard import state
from dashboard.address import open_run
from dashboard.figures.confused_pair import confused_pair
from dashboard.figures.margin import margin_map
from dashboard.lab.cached_predictions import cached_predictions
from dashboard.lab.shown_run import ShownRun
from dashboard.learn.challenges.attempts import attempt_at, mark_done, render_commit, render_training
from dashboard.text.challenge_pair import evidence_words, most_confused, pair_words, read_pair, write_pair
from dashboard.ui.chart import render_chart
from dashboard.ui.pictures import render_pictures
from mnist_core import (
    Digits,
    Predictions,
    Preprocessing,
    SoftmaxRegressor,
    TrainingConfig,
    confusion_matrix,
    mistakes,
    preprocessed_digits,
)
from mnist_core.inference.attribution import explain_preprocessed

NAME = "pair"
CONFIG = TrainingConfig(preprocessing=Preprocessing.RAW, reports_per_epoch=2, early_reports=True)
INSIDE = {state.tab.key: "Look inside", state.view.key: "Mistakes"}


def render_pair_challenge(digits: Digits) -> None:
    """Let a pair be guessed, train, and show the confusion matrix."""
    guess = read_pair(attempt_at(NAME).guess)
    if guess is None:
        _ask()
        return
    st.markdown(f"### Try it\n\nYou expect that it confuses {guess[0]} and {guess[1]} most often.")
    for run in render_training(NAME, [CONFIG]):
        _reveal(run, guess, digits)


def _ask() -> None:
    st.markdown(
        "A model is trained as in the article: raw pixels, a learning rate of 0.01 and 10 epochs. It reads "
        "some test digits wrongly. Which two digits does it confuse with each other most often, both ways "
        "counted?\n\n### Your guess"
    )
    one = st.segmented_control("One digit", range(10), key="pair-one")
    other = st.segmented_control("The other digit", range(10), key="pair-other")
    guess = "" if one is None or other is None or one == other else write_pair(one, other)
    render_commit(NAME, guess, "Choose two different digits first.")


def _reveal(run: ShownRun, guess: tuple[int, int], digits: Digits) -> None:
    model = run.history[-1].model
    predictions = cached_predictions(model, digits)
    matrix = confusion_matrix(predictions.labels, predictions.predicted)
    most = most_confused(matrix)
    first, *others = pair_words(guess, matrix)
    mark_done(NAME)
    st.markdown(f"### What happened\n\n{first}")
    render_chart(
        confused_pair(matrix, guess=guess, most=most),
        key="confused-pair",
        height=430,
        description=f"The confusion matrix. {first}",
        file_name="digit-lab-confused",
    )
    st.caption("Your pair has a dotted frame, the pair that is confused most a solid one.")
    st.markdown("### Why\n\n" + " ".join(others))
    a, b = most
    label, answer = (a, b) if matrix[a, b] >= matrix[b, a] else (b, a)
    _render_mistake(model, predictions, label, answer, digits)
    st.markdown(
        "### Go further\n\n"
        "- Train again with the input *directions*. Is it still the same pair?\n"
        "- Draw a digit that lies between the two. How sure is the answer?"
    )
    controls = {**INSIDE, state.label.key: label, state.predicted.key: answer}
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
    words = evidence_words(label, answer, margin.in_favour, margin.against, margin.bias)
    st.markdown(words)
    picture, chart = st.columns([1, 2], vertical_alignment="center")
    with picture:
        render_pictures(
            digits.test.images[number][None].numpy(),
            key="pair-mistake",
            captions=[f"a {label}, read as {answer}"],
            descriptions=[f"a test digit, {label}, read as {answer}"],
            size=180,
        )
    with chart:
        render_chart(
            margin_map(margin, image),
            key="pair-margin",
            height=320,
            description=words,
            file_name="digit-lab-mistake",
        )


def _open_inside(run: ShownRun, controls: dict[str, object]) -> None:
    if state.shown_run.get() != run.id:
        open_run(run)
    state.set_controls(controls)
