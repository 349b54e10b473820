"""One answer taken apart: ten maps that add up to ten logits, and these to probabilities."""

import streamlit as st
import torch
from torch import Tensor

from dashboard import session
from dashboard.components.pictures import render_pictures
from dashboard.components.signed_maps import readable, render_signed_maps
from dashboard.inside.margin import render_margin
from dashboard.setting_choices import INPUTS
from dashboard.text.numbers import percent, signed, table
from mnist_core import Digits, Explanation, Preprocessing, SoftmaxRegressor, image_from_canvas
from mnist_core.inference.attribution import explain, explain_preprocessed
from mnist_core.preprocessing.cache import preprocessed_digits

DRAWING, TEST_DIGIT = "My drawing", "A test digit"


def render_answer(model: SoftmaxRegressor, digits: Digits) -> None:
    """Let a digit be chosen, and take the answer to it apart."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = st.segmented_control(
            "Which digit",
            [DRAWING, TEST_DIGIT],
            default=TEST_DIGIT if session.drawing() is None else DRAWING,
            required=True,
            key="explained",
            persist_state="session",
        )
        if source == TEST_DIGIT:
            number = st.number_input(
                "Number", 0, len(digits.test) - 1, key="test_digit", persist_state="session", width=150
            )
    if source == TEST_DIGIT:
        label = int(digits.test.labels[number])
        seen = preprocessed_digits(digits, model.preprocessing).test.images[number]
        explanation = explain_preprocessed(model, seen)
        _explain(explanation, model.preprocessing, digits.test.images[number], f"test-{number}", label)
        return
    rgba = session.drawing()
    drawn = None if rgba is None else image_from_canvas(rgba)
    if drawn is None:
        st.markdown("There is no drawing yet. Draw a digit in the tab **Draw** and come back.")
        return
    _explain(explain(model, drawn), model.preprocessing, drawn, "drawing", None)


def _explain(
    explanation: Explanation, how: Preprocessing, written: Tensor, name: str, label: int | None
) -> None:
    answer = explanation.ranking[0]
    share = percent(float(explanation.probabilities[answer]))
    whether = "" if label is None else ", which is right" if label == answer else f", but it is a {label}"
    st.markdown(
        f"**Read as {answer}** with {share}{whether}. Each map is weight times ink, pixel by pixel: "
        ":blue[**blue**] speaks for the digit, :orange[**orange**] against it. Map and bias add up to the "
        "digit's logit, and the largest logit is the answer."
    )
    shown, sums = st.columns(2, gap="medium")
    with shown:
        _images(explanation, how, written)
        _maps(explanation, how)
    with sums:
        st.html(_sums(explanation))
    render_margin(explanation, name=name, clicked=session.take_click("evidence"))


def _images(explanation: Explanation, how: Preprocessing, written: Tensor) -> None:
    raw = how is Preprocessing.RAW
    render_pictures(
        (written[None] if raw else torch.stack([written, explanation.image])).numpy(),
        key="explained-images",
        captions=["as written"] if raw else ["as written", INPUTS[how]],
        descriptions=["the digit as written"] if raw else ["the digit as written", "as the model sees it"],
        size=88,
    )
    if raw:
        return
    words = "The maps lie over the picture on the right: the model never sees the one on the left."
    if how is Preprocessing.DIRECTIONS:
        words += " Its strokes are hatched by their direction; each block of 2 × 2 pixels shows its mean."
    st.caption(words)


def _maps(explanation: Explanation, how: Preprocessing) -> None:
    logits = explanation.logits.tolist()
    render_signed_maps(
        readable(explanation.attributions, how),
        key="evidence",
        captions=[f"{digit}: {signed(logit)}" for digit, logit in enumerate(logits)],
        descriptions=[f"evidence for {digit}, logit {signed(logit)}" for digit, logit in enumerate(logits)],
        size=88,
        clickable=True,
    )


def _sums(explanation: Explanation) -> str:
    """Write the way from the maps to the probabilities as a table that can be checked by hand."""
    logits = explanation.logits
    largest = float(logits.max())
    powers = (logits - largest).exp()  # a shift of all logits changes no share, and e^800 would fit no float
    header = ("digit", "sum of map", "bias", "logit", f"e^(logit {signed(-largest)})", "share")
    columns = (explanation.sums, explanation.bias, logits, powers, explanation.probabilities)
    rows = [
        (str(digit), signed(total), signed(bias), signed(logit), f"{power:.4f}", percent(share))
        for digit, (total, bias, logit, power, share) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        )
    ]
    sums = ("sum", "", "", "", f"{float(powers.sum()):.4f}", percent(1))
    return table(header, [*rows, sums], strong=explanation.ranking[0])
