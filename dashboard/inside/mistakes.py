"""Which digits are confused with which, how well each is read, and the mistakes page by page."""

import math

import streamlit as st
from torch import Tensor

from dashboard import state
from dashboard.inside import state as inside_state
from dashboard.inside.figures import confusion_heatmap
from dashboard.inside.state import ANY
from dashboard.inside.words import MISTAKES
from dashboard.ui.chart import heatmap_cell, render_chart
from dashboard.ui.pictures import picture_index, render_pictures
from dashboard.ui.text import confidence, percent, table, with_article
from mnist_core import Digits, Predictions, confusion_matrix, mistakes
from mnist_core.evaluation.confusion import digit_scores
from mnist_core.evaluation.predictions import RankedPredictions, most_confident_first

CHOICES = [ANY, *range(10)]
PAGE = 20  # digits: four rows of five beside the matrix


def chosen_cell() -> tuple[int, int] | None:
    """Return the cell of the confusion matrix, (label, predicted), that both filters together select."""
    label, predicted = inside_state.label.get(), inside_state.predicted.get()
    return None if ANY in (label, predicted) else (int(label), int(predicted))


def take_gallery_click() -> int | None:
    """Return the number of the test digit that was just clicked, if any, before the gallery is rendered."""
    place, shown = state.consume_click("gallery", picture_index), inside_state.gallery.get()
    # While a run is training, what was clicked may no longer be in the gallery.
    return None if place is None or place >= len(shown) else shown[place]


def render_gallery(predictions: Predictions, digits: Digits) -> None:
    """Show digits with their label and what they were read as, the most confident answers first."""
    inside_state.from_gallery.set(False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            "True digit", CHOICES, key=inside_state.label.key, persist_state="session", width=110
        )
        predicted = st.selectbox(
            "Read as", CHOICES, key=inside_state.predicted.key, persist_state="session", width=110
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
    inside_state.gallery.set(shown.indices.tolist())
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
    label, predicted = inside_state.label.get(), inside_state.predicted.get()
    numbers = _found(predictions, label, predicted).indices.tolist()
    place = numbers.index(number) if number in numbers else -1  # not there any more if the model has changed
    following = numbers[place + 1 : place + 2]
    one, many = ("digit", "digits") if label == predicted != ANY else ("mistake", "mistakes")
    page_key = _page_key(label, predicted, math.ceil(len(numbers) / PAGE))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(f"Back to {many}", on_click=_go_back, args=(page_key, max(0, place) // PAGE + 1))
        st.button(f"Next {one}", on_click=inside_state.test_digit.set, args=following, disabled=not following)
        if place >= 0:
            st.caption(f"{place + 1:,} of {len(numbers):,}", width="content")


def _go_back(page_key: str, page: int) -> None:
    state.set_controls({inside_state.view.key: MISTAKES, page_key: page})


def _page_key(label: int | str, predicted: int | str, pages: int) -> str:
    return f"page-{label}-{predicted}-{pages}"


def _found(predictions: Predictions, label: int | str, predicted: int | str) -> RankedPredictions:
    """Find the mistakes that both filters select, or the correct answers if both name the same digit."""
    ranked = most_confident_first(predictions) if label == predicted != ANY else mistakes(predictions)
    return ranked.where(
        label=None if label == ANY else int(label),
        predicted=None if predicted == ANY else int(predicted),
    )


COUNTS, SHARES = "Counts", "Percent of each row"


def render_confusion(predictions: Predictions, digits: Digits) -> None:
    """Show the confusion matrix beside the digits of the chosen cell, and below it a table by digit."""
    matrix = confusion_matrix(predictions.labels, predictions.predicted)
    count, right = len(predictions), int(matrix.diagonal().sum())
    st.markdown(
        f"{right:,} of {count:,} test digits are read correctly, {count - right:,} are not. The rows are "
        "the true digits, the columns what they were read as. The stronger the colour, the more common the "
        "mistake. Click a cell to see its digits."
    )
    left, beside = st.columns(2, gap="medium")
    with left:
        _render_matrix(matrix)
    with beside:
        render_gallery(predictions, digits)
    scores, explanation = st.columns(2, gap="medium")
    with scores:
        st.html(_scores(matrix))
    with explanation:
        st.markdown(
            "**Precision**: of all digits read as this one, the share that really are.  \n"
            "**Recall**: of all these digits, the share that is read correctly.  \n"
            "**Count**: how many of them are among the test digits."
        )


def _render_matrix(matrix: Tensor) -> None:
    unit = st.segmented_control(
        "Cells", [COUNTS, SHARES], default=COUNTS, required=True, key="cells", persist_state="session"
    )
    _follow_click()
    render_chart(
        confusion_heatmap(matrix, shares=unit == SHARES, chosen=chosen_cell()),
        key="confusion",
        height=460,
        description=_finding(matrix),
        file_name="digit-lab-confusion",
        clickable=True,
    )


def _follow_click() -> None:
    """Choose a cell that was clicked; a second click deselects it."""
    cell = state.consume_click("confusion", heatmap_cell)
    if cell is not None and set(cell) < set(CHOICES):
        label, predicted = (ANY, ANY) if cell == chosen_cell() else cell
        inside_state.label.set(label)
        inside_state.predicted.set(predicted)


def _finding(matrix: Tensor) -> str:
    mistakes = matrix - matrix.diagonal().diag()
    label, predicted = divmod(int(mistakes.argmax()), 10)
    if not mistakes.any():
        return "Confusion matrix: every test digit is read correctly."
    times = int(mistakes.max())
    return f"Confusion matrix: most often, {times} times, {with_article(label)} is read as {predicted}."


def _scores(matrix: Tensor) -> str:
    scores = digit_scores(matrix)
    columns = (scores.precision.tolist(), scores.recall.tolist(), scores.count.tolist())
    return table(
        ("digit", "precision", "recall", "count"),
        [
            (str(digit), percent(precision), percent(recall), f"{count:,}")
            for digit, (precision, recall, count) in enumerate(zip(*columns, strict=True))
        ],
    )
