"""Test digits page by page: the mistakes, or the digits in one cell of the confusion matrix."""

import math

import streamlit as st

from dashboard import state
from dashboard.inside.views import MISTAKES
from dashboard.state import ANY
from dashboard.ui.numbers import confidence
from dashboard.ui.pictures import picture_index, render_pictures
from mnist_core import Digits, Predictions, RankedPredictions, mistakes, most_confident_first

CHOICES = [ANY, *range(10)]
PAGE = 20  # digits: four rows of five beside the matrix


def chosen_cell() -> tuple[int, int] | None:
    """Return the cell of the confusion matrix, (label, predicted), that both filters together select."""
    label, predicted = state.label.get(), state.predicted.get()
    return None if ANY in (label, predicted) else (int(label), int(predicted))


def take_gallery_click() -> int | None:
    """Return the number of the test digit that was just clicked, if any, before the gallery is rendered."""
    place, shown = state.consume_click("gallery", picture_index), state.gallery.get()
    # While a run is training, what was clicked may no longer be in the gallery.
    return None if place is None or place >= len(shown) else shown[place]


def render_gallery(predictions: Predictions, digits: Digits) -> None:
    """Show digits with their label and what they were read as, the most confident answers first."""
    state.from_gallery.set(False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("True digit", CHOICES, key=state.label.key, persist_state="session", width=110)
        predicted = st.selectbox(
            "Read as", CHOICES, key=state.predicted.key, persist_state="session", width=110
        )
    found = _found(predictions, label, predicted)
    if not len(found):
        st.markdown("There are no such digits.")
        return
    st.markdown(
        f"{len(found):,} {'digits' if len(found) > 1 else 'digit'}, most confident first. "
        "Click one to see why it was read like this."
    )
    pages = math.ceil(len(found) / PAGE)
    page = st.pagination(pages, key=_page_key(label, predicted, pages))
    shown = found[(page - 1) * PAGE : page * PAGE]
    columns = (shown.labels, shown.predicted, shown.probabilities)
    captions = [
        f"{label}→{digit}, {confidence(probability)}"
        for label, digit, probability in zip(*(column.tolist() for column in columns), strict=True)
    ]
    state.gallery.set(shown.indices.tolist())
    render_pictures(
        digits.test.images[shown.indices].numpy(),
        key="gallery",
        captions=captions,
        descriptions=[f"{caption}: see why" for caption in captions],
        size=88,
        clickable=True,
    )


def render_way_back(predictions: Predictions, number: int) -> None:
    """Lead from a test digit that was opened from the gallery back to it, and on to its next digit."""
    label, predicted = state.label.get(), state.predicted.get()
    numbers = _found(predictions, label, predicted).indices.tolist()
    place = numbers.index(number) if number in numbers else -1  # not there any more if the model has changed
    following = numbers[place + 1 : place + 2]
    one, many = ("digit", "digits") if label == predicted != ANY else ("mistake", "mistakes")
    page_key = _page_key(label, predicted, math.ceil(len(numbers) / PAGE))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(f"Back to {many}", on_click=_go_back, args=(page_key, max(0, place) // PAGE + 1))
        st.button(f"Next {one}", on_click=state.test_digit.set, args=following, disabled=not following)
        if place >= 0:
            st.caption(f"{place + 1:,} of {len(numbers):,}", width="content")


def _go_back(page_key: str, page: int) -> None:
    state.set_controls({state.view.key: MISTAKES, page_key: page})


def _page_key(label: int | str, predicted: int | str, pages: int) -> str:
    return f"page-{label}-{predicted}-{pages}"


def _found(predictions: Predictions, label: int | str, predicted: int | str) -> RankedPredictions:
    """Find the mistakes that both filters select, or the correct answers if both name the same digit."""
    ranked = most_confident_first(predictions) if label == predicted != ANY else mistakes(predictions)
    return ranked.where(
        label=None if label == ANY else int(label),
        predicted=None if predicted == ANY else int(predicted),
    )
