"""One answer taken apart: ten maps that add up to ten logits, then why one digit and not another."""

import math

import streamlit as st
import torch
from torch import Tensor

from dashboard import state
from dashboard.draw import state as draw_state
from dashboard.draw.words import describe_verdict
from dashboard.inside import state as inside_state
from dashboard.inside.figures import margin_map
from dashboard.inside.mistakes import render_way_back
from dashboard.inside.smallest_change_slider import render_smallest_change
from dashboard.inside.words import WorkedAnswer, WorkedMargin, worked_answer
from dashboard.lab import shared
from dashboard.lab.cached_predictions import cached_predictions
from dashboard.lab.digits_loader import example_digit
from dashboard.lab.inputs import INPUTS
from dashboard.ui.chart import render_chart
from dashboard.ui.latex import in_text, power_of_e
from dashboard.ui.pictures import picture_index, render_pictures
from dashboard.ui.signed_maps import render_direction_switch, render_signed_maps, render_star_legend
from dashboard.ui.text import confidence, percent, signed, table, with_article
from mnist_core import Digits, Explanation, Kind, Preprocessing, SoftmaxRegressor, Verdict, explain
from mnist_core.inference.attribution import Margin, explain_preprocessed
from mnist_core.inference.verdict import judge
from mnist_core.model import knows_nothing
from mnist_core.preprocessing.cache import preprocessed_digits

DIGITS = list(range(10))


def render_margin(
    explanation: Explanation, worked: WorkedAnswer, *, stars: bool, name: str, clicked: int | None
) -> None:
    """Let two digits be chosen, and show how far one leads the other.

    The choice is kept for each `name`, and starts with the answer and the runner-up. `clicked` is a digit
    that was just clicked: it becomes the second one.
    """
    if clicked in DIGITS:
        state.set_controls({f"rival-{name}": clicked})
    answer, runner_up = explanation.ranking[:2]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        digit = st.selectbox("Why", DIGITS, answer, key=f"digit-{name}", width=90)
        rival = st.selectbox("and not", DIGITS, runner_up, key=f"rival-{name}", width=90)
    if digit == rival:
        st.markdown("Choose two different digits.")
        return
    margin = explanation.margin(digit, rival)
    shown = worked.margin(margin, digit, rival)
    picture, words = st.columns(2, gap="medium")
    with picture:
        if stars:
            _render_stars(margin, digit, rival)
        else:
            _render_pixels(margin, explanation, digit, rival)
    with words:
        outline = "" if stars else ", over the outline of the digit"
        st.markdown(
            f"The map of {digit} minus the map of {rival}{outline}. "
            f":blue[**Blue**] is evidence for {digit}, :orange[**orange**] for {rival}."
        )
        st.html(_sum(shown, worked.decimals, digit, rival))
        st.markdown(_odds(shown.total, worked.decimals, digit, rival))


def _render_stars(margin: Margin, digit: int, rival: int) -> None:
    render_signed_maps(
        margin.map[None],
        key="margin-stars",
        captions=[f"{digit} minus {rival}"],
        descriptions=[_finding(margin, digit, rival)],
        size=400,
        stars=True,
    )


def _render_pixels(margin: Margin, explanation: Explanation, digit: int, rival: int) -> None:
    render_chart(
        margin_map(margin, explanation.image),
        key="margin",
        height=400,
        description=_finding(margin, digit, rival),
        file_name=f"digit-lab-{digit}-not-{rival}",
    )


def _finding(margin: Margin, digit: int, rival: int) -> str:
    for_digit, for_rival = signed(margin.in_favour), signed(margin.against)
    return f"The evidence for {digit} adds {for_digit}, that for {rival} adds {for_rival}."


def _sum(shown: WorkedMargin, decimals: int, digit: int, rival: int) -> str:
    return table(
        ("", "adds"),
        [
            (f"evidence for {digit}", signed(shown.in_favour, decimals)),
            (f"evidence for {rival}", signed(shown.against, decimals)),
            ("difference of the biases", signed(shown.bias, decimals)),
            (f"logit of {digit} minus logit of {rival}", signed(shown.total, decimals)),
        ],
        strong=3,
    )


def _odds(total: float, decimals: int, digit: int, rival: int) -> str:
    """Say how many times as likely the one that leads is, from the lead as it is shown."""
    ahead, behind = (digit, rival) if total >= 0 else (rival, digit)
    times = _about(abs(total))
    return (
        f"e^{abs(total):.{decimals}f} is about {times}: the model considers {ahead} about {times} times as "
        f"likely as {behind}."
    )


def _about(exponent: float) -> str:
    if exponent >= math.log(1e6):
        return in_text(power_of_e(exponent, 2))
    times = float(f"{math.exp(exponent):.2g}")
    return f"{times:,.{0 if times >= 10 else 1}f}"


DRAWING, TEST_DIGIT = "My drawing", "A test digit"
MINUS = "\N{MINUS SIGN}"


def render_answer(model: SoftmaxRegressor, digits: Digits) -> None:
    """Let a digit be chosen, and take the answer for it apart."""
    drawing = draw_state.reading.get().drawing
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = st.segmented_control(
            "Which digit",
            [DRAWING, TEST_DIGIT],
            default=TEST_DIGIT if drawing is None else DRAWING,
            required=True,
            key=inside_state.explained.key,
            persist_state="session",
        )
        if source == TEST_DIGIT:
            number = st.number_input(
                "Number",
                0,
                len(digits.test) - 1,
                example_digit(digits),
                key=inside_state.test_digit.key,
                persist_state="session",
                width=150,
            )
    how = model.preprocessing
    if source == TEST_DIGIT:
        if inside_state.from_gallery.get():
            render_way_back(cached_predictions(model, digits), number)
        image = digits.test.images[number]
        explanation = explain_preprocessed(model, preprocessed_digits(digits, how).test.images[number])
        _render(model, explanation, image, f"test-{number}", int(digits.test.labels[number]))
        return
    if drawing is None:
        st.markdown("There is no drawing yet. Draw a digit in the tab **Draw** and come back.")
        return
    future = shared.novelty_detector()
    verdict = state.last_result("verdict", judge, model, drawing, future.result() if future else None)
    _render(model, explain(model, drawing.centred), drawing.centred, "drawing", None, verdict)


def _render(
    model: SoftmaxRegressor,
    explanation: Explanation,
    image: Tensor,
    name: str,
    label: int | None,
    verdict: Verdict | None = None,
) -> None:
    """Take an answer apart; the tab Draw says the same of a drawing, whose verdict it has."""
    how = model.preprocessing
    digit, worked = explanation.ranking[0], worked_answer(explanation)
    sure = confidence(float(explanation.probabilities[digit]))
    whether = (
        ""
        if label is None
        else ", which is right"
        if label == digit
        else f", but it is {with_article(label)}"
    )
    directions = INPUTS[how].is_directions
    term = (
        "weight times edge strength for each direction" if directions else "weight times ink for each pixel"
    )
    read = f"**Read as {digit}** with {sure} confidence{whether}."
    if verdict is not None and verdict.kind is not Kind.CLEAR:
        read = f"**{describe_verdict(verdict).sentence}**"
    elif knows_nothing(explanation.logits):
        read = "**This model knows nothing yet**: all ten digits are equally likely."
    st.markdown(
        f"{read} Each map shows {term}: "
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
    render_smallest_change(model, explanation, stars=stars)


def _render_images(explanation: Explanation, how: Preprocessing, image: Tensor, stars: bool) -> None:
    raw = not INPUTS[how].steps
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
