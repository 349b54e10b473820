"""Digit Lab: `streamlit run streamlit_app.py`."""

import sys
from pathlib import Path

import streamlit as st

from dashboard.skeleton import render_skeleton

parts = Path(__file__).parent / "dashboard"
st.set_page_config("Digit Lab", str(parts / "icon.svg"), layout="wide")
st.html(parts / "page.css")
with st.sidebar:
    st.title("Digit Lab", anchor=False)
    st.caption("Teach one layer of weights to read handwritten digits, then draw one yourself.")
    controls = st.empty()
# Always there: what comes and goes above the tabs would mount the board anew, without its drawing.
place = st.empty()
numbers = st.container()
train, draw, inside, how = st.tabs(
    ["Train", "Draw", "Look inside", "How it works"], key="tab", on_change="rerun"
)
if "torch" not in sys.modules:  # importing it takes seconds, at the first visit after a start
    render_skeleton(controls, place)

import torch  # noqa: E402

from dashboard import session  # noqa: E402
from dashboard.draw.tab import render_draw_tab  # noqa: E402
from dashboard.inside.tab import render_inside_tab  # noqa: E402
from dashboard.learn.tab import render_learn_tab  # noqa: E402
from dashboard.sharing.popover import render_sharing  # noqa: E402
from dashboard.sidebar.sidebar import render_sidebar  # noqa: E402
from dashboard.train.tab import render_train_tab  # noqa: E402
from dashboard.url import read_address  # noqa: E402

# Sessions share the cores fairly then, and a step gains nothing from a second thread.
torch.set_num_threads(1)

session.loading().wait(seconds=0.5)
read_address()
controls.empty()
with st.sidebar:
    shown = render_sidebar()
if notice := session.control("notice", ""):
    place.info(notice)
else:
    place.empty()
with train:
    render_train_tab(numbers, shown, visible=bool(train.open))
if inside.open:  # closed, these two need not follow a run that is learning
    with inside:
        render_inside_tab()
if how.open:
    with how:
        render_learn_tab()
render_sharing()
with draw:  # the last, for the canvas imports pandas, which holds up the rest for half a second once
    render_draw_tab(visible=bool(draw.open))
