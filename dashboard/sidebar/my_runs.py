"""A plain list of the newest runs, to open them again from wherever one is."""

import streamlit as st

from dashboard import run_actions
from dashboard.address import open_run, shown
from dashboard.lab.setting_choices import describe_settings
from dashboard.ui.button import render_button
from dashboard.ui.text import escape
from dashboard.visitor import visitor

LISTED = 20  # runs; the tab Compare has all of them


def render_run_list() -> None:
    """Offer the visitor's newest runs, if there is one besides the run that is shown."""
    listed = {job.job_id: job for job in visitor().jobs.runs}
    if not listed.keys() - {shown().run}:
        return
    opened = st.popover(
        "My runs", icon=":material/history:", width="stretch", key="my-runs", on_change="rerun"
    )
    if not opened.open:
        return
    with opened:
        st.caption("The newest runs of this browser. The tab **Compare** has all of them.")
        for run in run_actions.find_summaries(list(listed)[:LISTED]):
            accuracy = f"{100 * run.newest.test.accuracy:.1f} %" if run.newest else "just begun"
            text = f"{accuracy} · {escape(listed[run.id].name) or describe_settings(run.config)}"
            if render_button(text, key=f"open-{run.id}", disabled=run.id == shown().run):
                _open(run.id)
                st.rerun()


def _open(run_id: str) -> None:
    if run := run_actions.find_run(run_id):  # else it was removed since the list was read
        open_run(run)
