"""One answer taken apart: ten maps that add up to ten logits, and these become probabilities."""

import streamlit as st
import torch
from torch import Tensor

from dashboard import state
from dashboard.inside.gallery import render_way_back
from dashboard.inside.margin_view import render_margin
from dashboard.inside.words import WorkedAnswer, worked_answer
from dashboard.lab.cached_predictions import cached_predictions
from dashboard.lab.example_digit import example_digit
from dashboard.ui.direction_switch import render_direction_switch
from dashboard.ui.numbers import confidence, percent, signed, table
from dashboard.ui.pictures import picture_index, render_pictures
from dashboard.ui.signed_maps import render_signed_maps, render_star_legend
from mnist_core import (
    Digits,
    Explanation,
    Preprocessing,
    SoftmaxRegressor,
    explain,
    prepare_drawing,
    preprocessed_digits,
)
from mnist_core.inference.attribution import explain_preprocessed

DRAWING, TEST_DIGIT = "My drawing", "A test digit"
MINUS = "\N{MINUS SIGN}"


def render_answer(model: SoftmaxRegressor, digits: Digits) -> None:
    """Let a digit be chosen, and take the answer for it apart."""
    ink = state.ink.get()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = st.segmented_control(
            "Which digit",
            [DRAWING, TEST_DIGIT],
            default=TEST_DIGIT if ink is None else DRAWING,
            required=True,
            key=state.explained.key,
            persist_state="session",
        )
        if source == TEST_DIGIT:
            number = st.number_input(
                "Number",
                0,
                len(digits.test) - 1,
                example_digit(digits),
                key=state.test_digit.key,
                persist_state="session",
                width=150,
            )
    how = model.preprocessing
    if source == TEST_DIGIT:
        if state.from_gallery.get():
            render_way_back(cached_predictions(model, digits), number)
        image = digits.test.images[number]
        explanation = explain_preprocessed(model, preprocessed_digits(digits, how).test.images[number])
        _render(explanation, how, image, f"test-{number}", int(digits.test.labels[number]))
        return
    drawing = None if ink is None else state.last_result("prepared", prepare_drawing, ink)
    if drawing is None:
        st.markdown("There is no drawing yet. Draw a digit in the tab **Draw** and come back.")
        return
    _render(explain(model, drawing.centred), how, drawing.centred, "drawing", None)


def _render(
    explanation: Explanation, how: Preprocessing, image: Tensor, name: str, label: int | None
) -> None:
    digit, worked = explanation.ranking[0], worked_answer(explanation)
    sure = confidence(float(explanation.probabilities[digit]))
    whether = "" if label is None else ", which is right" if label == digit else f", but it is a {label}"
    directions = how is Preprocessing.DIRECTIONS
    term = (
        "weight times edge strength for each direction" if directions else "weight times ink for each pixel"
    )
    st.markdown(
        f"**Read as {digit}** with {sure} confidence{whether}. Each map shows {term}: "
        ":blue[**blue**] is evidence for the digit, :orange[**orange**] evidence against it. The sum of a "
        "map plus the bias is the logit of the digit. The answer is the digit with the largest logit."
    )
    stars = render_direction_switch(how, key="answer")
    left, right = st.columns(2, gap="medium")
    with left:
        _render_images(explanation, how, image, stars)
        _render_maps(explanation, stars)
    with right:
        st.html(_sums(worked, digit))
    render_margin(
        explanation,
        worked,
        stars=stars,
        name=name,
        clicked=state.consume_click("attributions", picture_index),
    )


def _render_images(explanation: Explanation, how: Preprocessing, image: Tensor, stars: bool) -> None:
    raw = how is Preprocessing.RAW
    render_pictures(
        (image[None] if raw else torch.stack([image, explanation.image])).numpy(),
        key="explained-images",
        captions=["as written"] if raw else ["as written", how.value],
        descriptions=["the digit as written"] if raw else ["the digit as written", "as the model sees it"],
        size=140,
        stars=[1] if stars else [],
    )
    if not raw:
        st.caption("The maps belong to the picture on the right; the model never sees the one on the left.")


def _render_maps(explanation: Explanation, stars: bool) -> None:
    logits = explanation.logits.tolist()
    render_signed_maps(
        explanation.attributions,
        key="attributions",
        captions=[f"{digit}: {signed(logit)}" for digit, logit in enumerate(logits)],
        descriptions=[f"evidence for {digit}, logit {signed(logit)}" for digit, logit in enumerate(logits)],
        size=88,
        stars=stars,
        clickable=True,
    )
    if stars:
        render_star_legend(key="answer-star")


def _sums(worked: WorkedAnswer, answer: int) -> str:
    """Write the way from the maps to the probabilities as a table that can be checked by hand."""
    decimals, largest = worked.decimals, max(worked.logits)
    # Subtracting the same number from all logits changes no share, and avoids e^800.
    heading = f"e<sup>logit {'+' if largest < 0 else MINUS} {abs(largest):.{decimals}f}</sup>"
    columns = (worked.sums, worked.bias, worked.logits, worked.powers, worked.shares)
    rows = [
        (
            str(digit),
            signed(total, decimals),
            signed(bias, decimals),
            signed(logit, decimals),
            f"{power:.{decimals}f}",
            _share(share),
        )
        for digit, (total, bias, logit, power, share) in enumerate(zip(*columns, strict=True))
    ]
    header = ("digit", "sum of map", "bias", "logit", heading, "share of sum")
    return table(header, [*rows, ("sum", "", "", "", f"{worked.total:.{decimals}f}", "")], strong=answer)


def _share(share: float) -> str:
    return confidence(share) if share > 0.999 else percent(share)
