"""The sidebar: the settings, the controls, and where the digits come from."""

import streamlit as st

from dashboard import session
from dashboard.sidebar.run_controls import render_run_controls
from dashboard.sidebar.settings_form import render_settings_form
from mnist_core import State

LOOK = 0.25  # seconds between two looks at how far the digits are


def render_sidebar() -> State | None:
    """Show the controls and carry out what was pressed; tell in which state they show the run."""
    config = render_settings_form()
    session.set_settings(config)
    state = render_run_controls(config)
    _digits()
    return state


def _digits() -> None:
    loading = session.loading()
    st.fragment(_loading, run_every=LOOK if loading.doing else None)(loading.digits is None)
    digits = loading.digits
    if digits is None:
        return
    counts = f"{len(digits.train):,} to learn from, {len(digits.test):,} to test with"
    if digits.source == "mnist":
        st.caption(f"The digits of MNIST: {counts}.")
        return
    st.caption(f"A sample of MNIST: {counts}. {digits.note}")
    if st.button("Try the download again"):
        session.load_again()
        st.rerun()


def _loading(waited_for: bool) -> None:
    """Show how far the digits are; run the whole page again when they have come."""
    loading = session.loading()
    if loading.doing:
        words, share = loading.doing
        st.progress(share, text=f"{words}, {share:.0%}")
    elif loading.error:
        st.error(f"The digits cannot be loaded: {loading.error}")
        if st.button("Try again"):
            session.load_again()
            st.rerun()
    if waited_for and loading.digits:
        st.rerun()
