"""Test digits page by page: the mistakes, or the digits in one cell of the confusion matrix."""

import math

import streamlit as st

from dashboard import session
from dashboard.components.pictures import render_pictures
from dashboard.session import ANY
from dashboard.text.numbers import percent
from mnist_core import Digits, Predictions, RankedPredictions, mistakes, most_confident_first

CHOICES = [ANY, *range(10)]
PAGE = 20  # digits: four rows of five beside the matrix


def chosen_cell() -> tuple[int, int] | None:
    """Return the cell of the confusion matrix, (label, predicted), that both filters together name."""
    label, predicted = session.label.get(), session.predicted.get()
    return None if ANY in (label, predicted) else (int(label), int(predicted))


def take_gallery_click() -> int | None:
    """Return the number of the test digit that was just clicked, before any is shown again."""
    place, shown = session.take_click("gallery"), session.gallery.get()
    # While the model learns, what was clicked may no longer be on the page.
    return None if place is None or place >= len(shown) else shown[place]


def render_gallery(predictions: Predictions, digits: Digits) -> None:
    """Show digits with what they are and what they were read as, the most confident first."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("It is", CHOICES, key=session.label.key, persist_state="session", width=110)
        predicted = st.selectbox(
            "read as", CHOICES, key=session.predicted.key, persist_state="session", width=110
        )
    found = _found(predictions, label, predicted)
    if not len(found):
        st.markdown("There are none.")
        return
    st.markdown(
        f"{len(found):,} {'digits' if len(found) > 1 else 'digit'}, most confident first. "
        "Click one to see why it was read like this."
    )
    pages = math.ceil(len(found) / PAGE)
    page = st.pagination(pages, key=f"page-{label}-{predicted}-{pages}")
    shown = found[(page - 1) * PAGE : page * PAGE]
    columns = (shown.labels, shown.predicted, shown.probabilities)
    captions = [
        f"{label}→{digit}, {percent(probability)}"
        for label, digit, probability in zip(*(column.tolist() for column in columns), strict=True)
    ]
    session.gallery.set(shown.indices.tolist())
    render_pictures(
        digits.test.images[shown.indices].numpy(),
        key="gallery",
        captions=captions,
        descriptions=[f"{caption}: see why" for caption in captions],
        size=88,
        clickable=True,
    )


def _found(predictions: Predictions, label: int | str, predicted: int | str) -> RankedPredictions:
    """Find the mistakes that pass both filters, or what was read correctly if both name the same digit."""
    ranked = most_confident_first(predictions) if label == predicted != ANY else mistakes(predictions)
    return ranked.where(
        label=None if label == ANY else int(label),
        predicted=None if predicted == ANY else int(predicted),
    )
