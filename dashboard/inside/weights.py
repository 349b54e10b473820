"""The ten templates, large."""

import streamlit as st

from dashboard.components.signed_maps import readable, render_signed_maps
from dashboard.text.numbers import signed
from mnist_core import Preprocessing, SoftmaxRegressor

SIZE = 164  # px of a picture


def render_weights(model: SoftmaxRegressor) -> None:
    """Show the weights of each digit as a picture."""
    st.markdown(
        "All that was learned: for each digit 784 weights, here as a picture, and one bias. Ink on "
        ":blue[**blue**] speaks for the digit, ink on :orange[**orange**] against it; look for the digit in "
        "blue, and in orange for where its neighbours have ink and it has none."
    )
    if model.preprocessing is Preprocessing.DIRECTIONS:
        st.caption(
            "With this input each block of 2 × 2 pixels sees strokes of four directions. The pictures show "
            "the mean of each block."
        )
    with st.container(width=5 * SIZE + 4 * 8):  # two rows of five where there is room
        _maps(model)


def _maps(model: SoftmaxRegressor) -> None:
    bias = model.linear.bias.tolist()
    render_signed_maps(
        readable(model.linear.weight.detach().view(-1, 28, 28), model.preprocessing),
        key="weights",
        captions=[f"{digit}, bias {signed(bias[digit])}" for digit in range(10)],
        descriptions=[f"the weights for {digit}" for digit in range(10)],
        size=SIZE,
    )
