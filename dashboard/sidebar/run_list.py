"""A plain list of the runs that this browser began, to open them again."""

import streamlit as st

from dashboard import session
from dashboard.services import shared
from dashboard.setting_choices import in_words
from dashboard.url import open_run
from dashboard.visitor import visitor

LISTED = 20  # runs: reading a run's file takes some milliseconds


def render_run_list() -> None:
    """Offer the visitor's newest runs, if there is one besides the run that is shown."""
    own = [run.run_id for run in visitor().runs]
    if not set(own) - {session.shown_run.get()}:
        return
    opened = st.popover(
        "My runs", icon=":material/history:", width="stretch", key="my-runs", on_change="rerun"
    )
    if not opened.open:
        return
    with opened:
        st.caption("The runs that this browser began, the newest first.")
        for listed in list(visitor().runs)[:LISTED]:
            try:
                run = shared.run_registry().find(listed.run_id)
            except (KeyError, ValueError, OSError):
                continue  # removed from the disk, or damaged
            accuracy = f"{100 * run.history[-1].test.accuracy:.1f} %" if run.history else "just begun"
            words = f"{accuracy} · {in_words(run.config)}"
            if st.button(words, key=f"open-{run.id}", disabled=run.id == session.shown_run.get()):
                open_run(run)
                st.rerun()
