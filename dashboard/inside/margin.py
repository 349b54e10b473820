"""Why this digit and not that one: the difference of two maps, pixel by pixel."""

import math

import streamlit as st

from dashboard import session
from dashboard.components.chart import render_chart
from dashboard.figures.margin import margin_map
from dashboard.text.numbers import signed, table
from mnist_core import Explanation, Margin

DIGITS = list(range(10))
MAX_EXPONENT = 700.0  # e^709 is the largest power that a float holds


def render_margin(explanation: Explanation, *, name: str, clicked: int | None) -> None:
    """Let two digits be chosen, and show how far one leads the other.

    Each `name` of what is explained begins with its own answer and runner-up; `clicked` is a digit that was
    just clicked to become the second.
    """
    if clicked is not None:
        session.set_controls({f"rival-{name}": clicked})
    answer, runner_up = explanation.ranking[:2]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        digit = st.selectbox("Why", DIGITS, answer, key=f"digit-{name}", width=90)
        rival = st.selectbox("and not", DIGITS, runner_up, key=f"rival-{name}", width=90)
    if digit == rival:
        st.markdown("Choose two different digits.")
        return
    margin = explanation.margin(digit, rival)
    picture, words = st.columns(2, gap="medium")
    with picture:
        render_chart(
            margin_map(margin, explanation.image),
            key="margin",
            height=400,
            description=f"Pixels for {digit} add {signed(margin.in_favour)}, those for {rival} "
            f"{signed(margin.against)}.",
            file_name=f"digit-lab-{digit}-not-{rival}",
        )
    with words:
        st.markdown(
            f"The map of {digit} minus the map of {rival}, over the outline of the digit. "
            f":blue[**Blue**] is evidence for {digit}, :orange[**orange**] for {rival}."
        )
        st.html(_sum(margin, digit, rival))
        st.markdown(_odds(margin, digit, rival))


def _sum(margin: Margin, digit: int, rival: int) -> str:
    return table(
        ("", "adds"),
        [
            (f"pixels for {digit}", signed(margin.in_favour)),
            (f"pixels for {rival}", signed(margin.against)),
            ("difference of the biases", signed(margin.bias)),
            (f"logit of {digit} minus logit of {rival}", signed(margin.total)),
        ],
        strong=3,
    )


def _odds(margin: Margin, digit: int, rival: int) -> str:
    ahead, behind = (digit, rival) if margin.total >= 0 else (rival, digit)
    lead = min(abs(margin.total), MAX_EXPONENT)
    times = float(f"{math.exp(lead):.2g}")  # the lead, as it is shown, determines no more digits
    words = f"{times:,.{0 if times >= 10 else 1}f}"
    return f"e^{lead:.2f} is about {words}: to the model {ahead} is {words} times as likely as {behind}."
