"""A plain list of the newest runs, to open them again from wherever one is."""

from contextlib import suppress

import streamlit as st

from dashboard.address import open_run, shown
from dashboard.lab import shared
from dashboard.lab.setting_choices import describe_settings
from dashboard.ui.button import render_button
from dashboard.ui.text import escape
from dashboard.visitor import visitor

LISTED = 20  # runs; the tab Compare has all of them


def render_run_list() -> None:
    """Offer the visitor's newest runs, if there is one besides the run that is shown."""
    listed_ids = {run.run_id for run in visitor().runs}
    if not listed_ids - {shown().run}:
        return
    opened = st.popover(
        "My runs", icon=":material/history:", width="stretch", key="my-runs", on_change="rerun"
    )
    if not opened.open:
        return
    with opened:
        st.caption("The newest runs of this browser. The tab **Compare** has all of them.")
        for listed in list(visitor().runs)[:LISTED]:
            try:
                run = shared.run_summaries().find(listed.run_id)
            except (KeyError, ValueError, OSError):
                continue  # removed from the disk, or damaged
            accuracy = f"{100 * run.newest.test.accuracy:.1f} %" if run.newest else "just begun"
            text = f"{accuracy} · {escape(listed.name) or describe_settings(run.config)}"
            if render_button(text, key=f"open-{run.id}", disabled=run.id == shown().run):
                _open(run.id)
                st.rerun()


def _open(run_id: str) -> None:
    with suppress(KeyError, ValueError, OSError):  # removed since the list was read
        open_run(shared.run_registry().find(run_id))
