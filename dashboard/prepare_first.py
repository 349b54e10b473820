"""Prepare the digits first: offered where a run on raw pixels ends, and where it misreads a drawing."""

from dataclasses import replace

import streamlit as st

from dashboard import run_actions, state
from dashboard.lab.run_job import RunJob
from dashboard.lab.setting_choices import control_values
from dashboard.ui.button import render_button
from mnist_core import Preprocessing


def render_prepare_button(run: RunJob, *, key: str) -> None:
    """Offer to begin a run on raw pixels again with directions; its curve stays beside the new one."""
    if run.config.preprocessing is not Preprocessing.RAW:
        return
    about = (
        "Trains again with the same settings. Only, each digit is set upright and brought to one size first, "
        "and then described by the edges of its strokes."
    )
    if render_button("Prepare the digits first", key=key, icon=":material/auto_fix_high:", help=about):
        config = replace(run.config, preprocessing=Preprocessing.DIRECTIONS)
        if run_actions.begin_run(config):
            state.set_controls_next_run(control_values(config))
        st.rerun()
