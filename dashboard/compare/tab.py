"""The tab Compare: runs side by side, or a map of settings."""

import streamlit as st

from dashboard import state
from dashboard.address import asked_comparison
from dashboard.auto_refresh import refresh
from dashboard.compare.actions import learning_runs
from dashboard.compare.map_actions import drawn_maps
from dashboard.compare.map_view import follow_map, render_map_view
from dashboard.compare.runs_view import follow_runs, render_runs

RUNS, MAP = "Runs", "Map"
LOOK, WATCH = 0.5, 10.0  # seconds between two looks at what is computed, in this tab and behind it


def render_compare_tab(*, visible: bool) -> None:
    """Show the runs or the map; behind another tab, only keep what is computed from stopping."""
    busy = _is_busy()
    if visible:
        refresh(_render, busy, seconds=LOOK if busy else None)
    elif busy:
        refresh(_watch, seconds=WATCH)


def _is_busy() -> bool:
    return bool(learning_runs() or drawn_maps())


def _watch() -> None:
    for run in learning_runs():
        run.watch()
    for sweep in drawn_maps():
        sweep.watch()


def _render(followed: bool) -> None:
    _watch()
    if _is_busy() != followed:
        st.rerun()  # the last run has ended, or one has begun: looks at intervals stop or start
    _follow_address()
    view = st.segmented_control(
        "Show",
        [RUNS, MAP],
        default=RUNS,
        required=True,
        key=state.compare_view.key,
        label_visibility="collapsed",
        persist_state="session",
    )
    if view == MAP:
        render_map_view()
    else:
        render_runs()


def _follow_address() -> None:
    """Show what a link asks for, or the address that the person went back to."""
    asked = asked_comparison()
    if asked is None:
        return
    state.set_controls({state.compare_view.key: MAP if "map" in asked else RUNS})
    if "map" in asked:
        follow_map(asked["map"])
    else:
        follow_runs(asked)
