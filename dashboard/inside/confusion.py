"""Which digit is taken for which, and how well each is read."""

import streamlit as st
from torch import Tensor

from dashboard import session
from dashboard.components.chart import render_chart
from dashboard.figures.confusion import confusion_heatmap
from dashboard.inside.gallery import ANY, chosen_cell, render_gallery
from dashboard.text.numbers import percent, table
from mnist_core import Digits, Predictions, confusion_matrix, digit_scores

COUNTS, SHARES = "Counts", "Percent of each row"


def render_confusion(predictions: Predictions, digits: Digits) -> None:
    """Show the confusion matrix beside the digits of the chosen cell, and below it a table by digit."""
    matrix = confusion_matrix(predictions.labels, predictions.predicted)
    right = int(matrix.diagonal().sum())
    st.markdown(
        f"{right:,} of {len(predictions):,} test digits are read right, {len(predictions) - right:,} are not. A row "
        "is what a digit is, a column what it was read as; strong cells are pairs that the model mixes up. "
        "Click one to see its digits."
    )
    left, beside = st.columns(2, gap="medium")
    with left:
        _matrix(matrix)
    with beside:
        render_gallery(predictions, digits)
    scores, words = st.columns(2, gap="medium")
    with scores:
        st.html(_scores(matrix))
    with words:
        st.markdown(
            "**Precision**: of the answers that name this digit, how many are right.  \n"
            "**Recall**: of the digits that are it, how many are found.  \n"
            "**Count**: how many there are among the test digits."
        )


def _matrix(matrix: Tensor) -> None:
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
    """Choose a cell that was clicked; a second click lets it go."""
    click = session.take_click("confusion")
    if click is not None:
        cell = (click["y"], click["x"])
        label, answer = (ANY, ANY) if cell == chosen_cell() else cell
        session.set_controls(label=label, answer=answer)


def _finding(matrix: Tensor) -> str:
    mistakes = matrix - matrix.diagonal().diag()
    label, answer = divmod(int(mistakes.argmax()), 10)
    if not mistakes.any():
        return "Confusion matrix: every test digit is read right."
    return f"Confusion matrix: most often, {int(mistakes.max())} times, a {label} is read as {answer}."


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
