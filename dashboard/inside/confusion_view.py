"""Which digits are confused with which, and how well each is read."""

import streamlit as st
from torch import Tensor

from dashboard import state
from dashboard.inside.figures import confusion_heatmap
from dashboard.inside.gallery import CHOICES, chosen_cell, render_gallery
from dashboard.state import ANY
from dashboard.ui.chart import heatmap_cell, render_chart
from dashboard.ui.numbers import percent, table
from mnist_core import Digits, Predictions, confusion_matrix, digit_scores

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
        state.label.set(label)
        state.predicted.set(predicted)


def _finding(matrix: Tensor) -> str:
    mistakes = matrix - matrix.diagonal().diag()
    label, predicted = divmod(int(mistakes.argmax()), 10)
    if not mistakes.any():
        return "Confusion matrix: every test digit is read correctly."
    return f"Confusion matrix: most often, {int(mistakes.max())} times, a {label} is read as {predicted}."


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
