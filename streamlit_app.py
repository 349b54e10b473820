"""Digit Lab: `streamlit run streamlit_app.py`."""

import streamlit as st

st.set_page_config("Digit Lab", ":material/draw:", layout="wide", initial_sidebar_state="auto")

import torch  # noqa: E402

from dashboard import session  # noqa: E402
from dashboard.draw_tab import draw_tab  # noqa: E402
from dashboard.sidebar import sidebar  # noqa: E402
from dashboard.train_tab import train_tab  # noqa: E402

# Sessions share the cores fairly then, and a step gains nothing from a second thread.
torch.set_num_threads(1)

session.loading().wait(seconds=0.5)
notice = session.find_run()
with st.sidebar:
    sidebar()
if notice:
    st.warning(notice)
numbers = st.container()
train, draw = st.tabs(["Train", "Draw"], key="tab")
with train:
    train_tab(numbers)
with draw:
    draw_tab()
