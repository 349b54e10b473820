"""Why one digit and not another: the difference of their two maps, pixel by pixel."""

import math

import streamlit as st

from dashboard import state
from dashboard.inside.figures import margin_map
from dashboard.inside.words import WorkedAnswer, WorkedMargin
from dashboard.ui.chart import render_chart
from dashboard.ui.latex import in_text, power_of_e
from dashboard.ui.numbers import signed, table
from dashboard.ui.signed_maps import render_signed_maps
from mnist_core import Explanation, Margin

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
