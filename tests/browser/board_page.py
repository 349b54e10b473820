"""A page with a drawing board and a ticking fragment, for test_board.py; each number is a new board."""

import streamlit as st

from dashboard.components.board import render_board

draw, other = st.tabs(["Draw", "Other"])
with draw:
    which = st.number_input("Board", 0, 99, 0)
    width = st.slider("Width", 10, 40, 20, key=f"width-{which}")
    drawing = render_board(key=f"pen-{which}", stroke_width=width)
    st.text(f"board pen-{which}")
    st.text(f"pen of {width}")
    if drawing is None:
        st.text("nothing drawn")
    else:
        ink = drawing[..., :3].mean(axis=-1) < 128
        rows, columns = ink.any(axis=1).nonzero()[0], ink.any(axis=0).nonzero()[0]
        st.text(f"shape {drawing.shape}, opaque {bool((drawing[..., 3] == 255).all())}")
        st.text(f"{ink.sum()} dark, rows {rows.tolist()[:1]} to {rows.tolist()[-1:]}")
        st.text(f"columns {columns.tolist()[:1]} to {columns.tolist()[-1:]}")
with other:
    st.text("Another tab")


@st.fragment(run_every=0.3)
def tick() -> None:
    st.session_state.ticks = st.session_state.get("ticks", 0) + 1
    st.text(f"tick {st.session_state.ticks}")


tick()
