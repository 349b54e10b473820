"""Test digits page by page: the mistakes, or what is in one cell of the confusion matrix."""

import math

import streamlit as st

from dashboard import session
from dashboard.components.pictures import render_pictures
from dashboard.text.numbers import percent
from mnist_core import Digits, Predictions, RankedPredictions, mistakes, most_confident_first

ANY = "any"
CHOICES = [ANY, *range(10)]
PAGE = 20  # digits: four rows of five beside the matrix


def chosen_cell() -> tuple[int, int] | None:
    """The cell of the confusion matrix, (label, answer), that both filters together name."""
    cell = session.control("label", ANY), session.control("answer", ANY)
    return None if ANY in cell else cell


def clicked_digit() -> int | None:
    """The number of the test digit that was just clicked, before any is shown again."""
    place, shown = session.take_click("gallery"), session.shown_digits()
    # While the model learns, what was clicked may be gone from the page.
    return None if place is None or place >= len(shown) else shown[place]


def render_gallery(predictions: Predictions, digits: Digits) -> None:
    """Show digits with what they are and what they were read as, the surest answers first."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("It is", CHOICES, key="label", persist_state="session", width=110)
        answer = st.selectbox("read as", CHOICES, key="answer", persist_state="session", width=110)
    found = _found(predictions, label, answer)
    if not len(found):
        st.markdown("There are none.")
        return
    st.markdown(
        f"{len(found):,} {'digits' if len(found) > 1 else 'digit'}, the surest answers first. "
        "Click one to see why it was read so."
    )
    pages = math.ceil(len(found) / PAGE)
    page = st.pagination(pages, key=f"page-{label}-{answer}-{pages}")
    shown = found[(page - 1) * PAGE : page * PAGE]
    columns = (shown.labels, shown.predicted, shown.probabilities)
    captions = [
        f"{label}→{answer}, {percent(probability)}"
        for label, answer, probability in zip(*(column.tolist() for column in columns), strict=True)
    ]
    session.set_shown_digits(shown.indices.tolist())
    render_pictures(
        digits.test.images[shown.indices].numpy(),
        key="gallery",
        captions=captions,
        descriptions=[f"{caption}: see why" for caption in captions],
        size=88,
        clickable=True,
    )


def _found(predictions: Predictions, label: int | str, answer: int | str) -> RankedPredictions:
    """Find the mistakes that pass both filters, or what was read right where both name the same digit."""
    answers = most_confident_first(predictions) if label == answer != ANY else mistakes(predictions)
    return answers.where(
        label=None if label == ANY else int(label), answer=None if answer == ANY else int(answer)
    )
