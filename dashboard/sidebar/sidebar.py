"""The sidebar: the settings, the run controls, and where the digits come from."""

import streamlit as st

from dashboard.address import show_settings
from dashboard.lab import shared
from dashboard.sidebar.my_runs import render_run_list
from dashboard.sidebar.run_controls import render_run_controls
from dashboard.sidebar.settings_form import render_settings_form
from dashboard.ui.button import render_button
from dashboard.ui.text import escape
from mnist_core import State

INTERVAL = 0.25  # seconds between two looks at how far loading has come


def render_sidebar() -> State | None:
    """Render the controls and do what was pressed; return the state in which they show the run."""
    config = render_settings_form()
    show_settings(config)
    run_state = render_run_controls(config)
    render_run_list()
    _render_digits()
    return run_state


def _render_digits() -> None:
    loader = shared.digits_loader()
    st.fragment(_render_loading, run_every=INTERVAL if loader.doing else None)(loader.digits is None)
    digits = loader.digits
    if digits is None:
        return
    counts = f"{len(digits.train):,} to train with, {len(digits.test):,} to test with"
    if digits.source == "mnist":
        st.caption(f"The digits of MNIST: {counts}.")
        return
    st.caption(f"A sample of MNIST: {counts}. {digits.note}")
    if render_button("Try the download again", key="download-again"):
        shared.reload_digits()
        st.rerun()


def _render_loading(waited_for: bool) -> None:
    """Show how far loading has come; run the whole script again when the digits are there."""
    loader = shared.digits_loader()
    if loader.doing:
        words, share = loader.doing
        st.progress(share, text=f"{words}, {share:.0%}")
    elif loader.error:
        st.error(f"The digits cannot be loaded: {escape(str(loader.error))}")
        if render_button("Try again", key="load-again"):
            shared.reload_digits()
            st.rerun()
    if waited_for and loader.digits:
        st.rerun()
