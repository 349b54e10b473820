"""A page with a drawing board and a ticking fragment, for test_board.py; each number is a new board."""

import numpy as np
import streamlit as st

from dashboard.ui.board import render_board

draw, other = st.tabs(["Draw", "Other"])
with draw:
    which = st.number_input("Board", 0, 99, 0)
    width = st.slider("Width", 10, 40, 20, key=f"width-{which}")
    ink = render_board(key=f"pen-{which}", stroke_width=width)
    st.text(f"board pen-{which}")
    st.text(f"pen of {width}")
    if ink is None:
        st.text("nothing drawn")
    else:
        dark = ink.numpy() > 127
        rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
        st.text(f"shape {tuple(ink.shape)}")
        st.text(f"{dark.sum()} dark, rows {rows.tolist()[:1]} to {rows.tolist()[-1:]}")
        st.text(f"columns {columns.tolist()[:1]} to {columns.tolist()[-1:]}")
with other:
    st.text("Another tab")


@st.fragment(run_every=0.3)
def tick() -> None:
    st.session_state.ticks = st.session_state.get("ticks", 0) + 1
    st.text(f"tick {st.session_state.ticks}")


tick()
