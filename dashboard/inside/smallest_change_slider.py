"""How little would make it another digit: the smallest change, added step by step."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from dashboard import state
from dashboard.inside import state as inside_state
from dashboard.inside.figures import change_bars
from dashboard.inside.words import describe_limits, describe_smallest_change
from dashboard.lab.inputs import INPUTS
from dashboard.ui.chart import render_chart
from dashboard.ui.pictures import render_pictures
from dashboard.ui.signed_maps import end_of_scale
from dashboard.ui.text import confidence
from mnist_core import Explanation, SoftmaxRegressor
from mnist_core.inference.smallest_change import SmallestChange, smallest_change

SIZE = 128  # px of a picture
EQUAL = 1e-9  # probabilities that differ by less are equal but for rounding
MOST, STEP = 150, 5  # percent of the change
FREE, WITHIN = "without limits", "from 0 to 255"


def render_smallest_change(model: SoftmaxRegressor, explanation: Explanation, *, stars: bool) -> None:
    """Say how far the answer is from another, and let the change be added; nothing if there is none."""
    free, within = state.last_result("smallest change", _both, model, explanation.image)
    if free is not None:
        st.fragment(_render)(model, explanation, free, within, stars)


def _both(model: SoftmaxRegressor, image: Tensor) -> tuple[SmallestChange | None, SmallestChange | None]:
    return smallest_change(model, image), smallest_change(model, image, limits=True)


def _render(
    model: SoftmaxRegressor,
    explanation: Explanation,
    free: SmallestChange,
    within: SmallestChange | None,
    stars: bool,
) -> None:
    directions = INPUTS[model.preprocessing].is_directions
    st.markdown(describe_smallest_change(free, explanation.ranking[1], directions=directions))
    percent = st.slider(
        "How much of the change is added",
        0,
        MOST,
        100,
        STEP,
        format="%d %%",
        key=inside_state.change.key,
        persist_state="session",
        help="At 100 % both digits are equally likely; from there on it is read as the other one.",
    )
    changes = {FREE: free} | ({WITHIN: within} if within else {})
    after = {name: change.after(percent / 100) for name, change in changes.items()}
    shares = {name: _probabilities(model, inputs) for name, inputs in after.items()}
    with st.container(horizontal=True, key="smallest-change"):
        with st.container(width=3 * SIZE + 40):
            _render_pictures(explanation, changes, after, stars)
        with st.container():
            said = "; ".join(f"{name}, {_reading(probabilities)}" for name, probabilities in shares.items())
            render_chart(
                change_bars(shares),
                key="change-bars",
                height=260,
                description=f"The ten probabilities with {percent} % of the change. {said}.".replace("*", ""),
                file_name="digit-lab-smallest-change",
            )
            st.markdown(f"{said[:1].upper()}{said[1:]}.")
    st.caption(describe_limits(free, within, percent / 100, directions=directions))


def _probabilities(model: SoftmaxRegressor, inputs: Tensor) -> Tensor:
    """Read inputs in real numbers, before they are rounded to grey levels."""
    linear = model.linear
    logits = linear.weight.detach().double() @ inputs.flatten() + linear.bias.detach().double()
    return logits.softmax(dim=0)


def _reading(probabilities: Tensor) -> str:
    (most, second), (digit, other) = probabilities.topk(2)
    if most - second < EQUAL:
        return f"{min(digit, other)} and {max(digit, other)} are equally likely"
    return f"it is read as **{digit}** with {confidence(float(most))} confidence"


def _render_pictures(
    explanation: Explanation, changes: dict[str, SmallestChange], after: dict[str, Tensor], stars: bool
) -> None:
    pictures = [explanation.image.numpy(), *map(_as_ink, after.values())]
    names = ["unchanged", *changes]
    render_pictures(
        np.stack(pictures),
        key="changed-images",
        captions=names,
        descriptions=[f"The picture {name}" for name in names],
        size=SIZE,
        stars=range(len(pictures)) if stars else (),
    )
    maps = [change.change / end_of_scale(change.change) for change in changes.values()]
    render_pictures(
        np.stack([one.float().numpy() for one in maps]),
        key="changes",
        captions=[f"change {name}" for name in changes],
        descriptions=[f"The change, {name}: blue is more, orange is less" for name in changes],
        size=SIZE,
        stars=range(len(maps)) if stars else (),
    )


def _as_ink(inputs: Tensor) -> NDArray[np.uint8]:
    return (inputs.clamp(0, 1) * 255).round().byte().numpy()
