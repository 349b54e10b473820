"""A page with rows of pictures, for test_pictures.py."""

import numpy as np
import streamlit as st

from dashboard import state
from dashboard.ui.pictures import picture_index, render_pictures


@st.fragment(run_every=0.2)
def auto_refresh() -> None:
    st.session_state.frame = frame = st.session_state.get("frame", 0) + 1
    weights = np.full((10, 28, 28), (-1) ** frame, np.float32)
    names = [str(digit) for digit in range(10)]
    descriptions = [f"the weights for {digit} at frame {frame}" for digit in range(10)]
    render_pictures(weights, key="weights", captions=names, descriptions=descriptions)
    st.text(f"frame {frame}")


auto_refresh()
ink = np.zeros((3, 28, 28), np.uint8)
ink[1, :14] = 255
ink[2, :, :14] = 128
captions = ["nothing", "upper half", "left half, faint"]
signed = np.stack([ink[1], ink[2]]) / 255 * np.array([1.0, -1.0])[:, None, None]
render_pictures(
    ink,
    key="ink",
    captions=captions,
    descriptions=captions,
    size=56,
    clickable=True,
    selected=st.session_state.get("selected"),
)
clicked = state.consume_click("ink", picture_index)
if clicked is not None:
    st.session_state.selected = clicked
    st.session_state.clicks = [*st.session_state.get("clicks", []), clicked]
    st.rerun()
st.text(f"clicked {st.session_state.get('clicks', [])}")
render_pictures(signed, key="signed", captions=["for", "against"], descriptions=["for", "against"])
