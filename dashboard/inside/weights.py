"""The weights of each digit as large pictures."""

import streamlit as st

from dashboard.ui.direction_switch import render_direction_switch
from dashboard.ui.numbers import signed
from dashboard.ui.signed_maps import render_signed_maps, render_star_legend
from mnist_core import Preprocessing, SoftmaxRegressor

SIZE = 164  # px of a picture


def render_weights(model: SoftmaxRegressor) -> None:
    """Show the weights of each digit as a picture."""
    directions = model.preprocessing is Preprocessing.DIRECTIONS
    what, them = ("an edge in this direction here", "edges") if directions else ("ink here", "ink")
    st.markdown(
        "This is all that the model has learned: 784 weights for each digit, shown here as a picture, and "
        f"one bias. :blue[**Blue**]: {what} raises the score of this digit. :orange[**Orange**]: {what} "
        "lowers it. Look for the shape of the digit in blue, and in orange for the places where similar "
        f"digits have {them} and this one has none."
    )
    stars = render_direction_switch(model.preprocessing, key="weights")
    bias = model.linear.bias.tolist()
    with st.container(width=5 * SIZE + 4 * 8):  # two rows of five if there is room
        render_signed_maps(
            model.linear.weight.detach().view(-1, 28, 28),
            key="weights",
            captions=[f"{digit}, bias {signed(bias[digit])}" for digit in range(10)],
            descriptions=[f"the weights for {digit}" for digit in range(10)],
            size=SIZE,
            stars=stars,
        )
    if stars:
        render_star_legend(key="weights-star")
