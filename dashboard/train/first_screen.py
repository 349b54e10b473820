"""The first screen: what this is about and what to do, before anything is trained."""

import streamlit as st

from dashboard.lab import shared
from dashboard.ui.chart import prepare_charts
from dashboard.ui.pictures import render_pictures

STEPS = """
1. **Set** the batch size, the learning rate and the epochs, or take a preset.
2. **Train**: watch the accuracy grow and the weights take shape.
3. **Draw** a digit of your own and see it read.
4. **Look inside**: every answer can be taken apart, pixel by pixel.
"""


def render_first_screen() -> None:
    """Show real digits, what will be learned from how many, and what to do in which order."""
    prepare_charts()
    digits = shared.digits()
    if digits is None:
        st.markdown("The digits are being loaded.")
        return
    st.markdown(
        f"These are handwritten digits from MNIST. A model with one layer of weights learns to read them "
        f"from **{len(digits.train):,} examples**, and is tested on **{len(digits.test):,} others** that it "
        "never learns from. Training takes a few seconds."
    )
    one_of_each = [int((digits.test.labels == digit).nonzero()[0]) for digit in range(10)]
    render_pictures(
        digits.test.images[one_of_each].numpy(),
        key="first-digits",
        captions=list(map(str, range(10))),
        descriptions=[f"a handwritten {digit}" for digit in range(10)],
        size=72,
    )
    st.button(
        "Settings and training", key="open-settings", type="primary", width="stretch"
    )  # only on a phone
    st.markdown(STEPS)
