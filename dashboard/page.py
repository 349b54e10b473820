"""The page: its sidebar and its tabs. Streamlit runs this script for each visitor, at every change."""

from pathlib import Path

import streamlit as st
import torch

from dashboard import state
from dashboard.address import NO_STEPS, follow_address
from dashboard.compare.tab import follow_comparison, render_compare_tab
from dashboard.draw.tab import render_draw_tab
from dashboard.inside.tab import render_inside_tab
from dashboard.lab import shared
from dashboard.learn.challenges.attempts import bring_sidebar_back
from dashboard.learn.tab import render_learn_tab
from dashboard.server.block_unused_endpoints import TOO_LARGE
from dashboard.share.popover import render_sharing
from dashboard.sidebar.sidebar import render_sidebar
from dashboard.train.tab import render_train_tab
from dashboard.ui.invisible import render_page_behaviour
from dashboard.visitor import act_on_first_press, begins_with_press, sent_too_much

LOADING = 30.0  # seconds that loading the digits may take

st.set_page_config("Digit Lab", str(Path(__file__).with_name("icon.svg")), layout="wide")


def render_page() -> None:
    """Render everything, and do what was pressed."""
    with st.sidebar:
        st.title("Digit Lab", anchor=False)
    with st.container(key="phone-title"):  # only seen on a phone, where the sidebar and its title are hidden
        st.markdown("**Digit Lab**")
    with st.container(key="top"):  # page.css keeps room for it, so that nothing below jumps
        numbers = st.container()
    # Always there: what comes and goes above the tabs would mount the board anew, without its drawing.
    notice = st.container(key="notice")
    state.apply_next_controls()
    train, draw, compare, inside, learn = st.tabs(state.TABS, key=state.tab.key, on_change="rerun")
    # One thread for each product, so that sessions share the cores fairly; a second one gains nothing here.
    torch.set_num_threads(1)

    if sent_too_much():
        state.notice.set(TOO_LARGE)
    # Without digits most buttons are disabled, and the press would be lost.
    shared.digits_loader().wait(timeout=LOADING if begins_with_press() else 0.5)
    follow_address(follow_comparison)
    bring_sidebar_back()
    with st.sidebar:
        shown = render_sidebar()
    if text := state.notice.get():
        notice.info(text)
    with train:
        render_train_tab(numbers, shown, visible=bool(train.open))
    with draw:
        render_draw_tab(visible=bool(draw.open))
    with compare:
        render_compare_tab(visible=bool(compare.open))
    if inside.open:  # when closed, these two need not follow a run
        with inside:
            render_inside_tab()
    if learn.open:
        with learn:
            render_learn_tab()
    render_sharing()
    render_page_behaviour(no_steps=NO_STEPS)
    state.end_run()
    act_on_first_press()


# With fastReruns off, Streamlit 1.67 may run the script with the container open that it refreshed last.
with st._main:
    render_page()
