"""The tab Compare: runs side by side, or a map of settings."""

from typing import Any

import streamlit as st

from dashboard.address import NEW_MAP, Address
from dashboard.auto_refresh import refresh
from dashboard.compare import state as compare_state
from dashboard.compare.actions import learning_runs
from dashboard.compare.map_form import drawn_maps
from dashboard.compare.map_view import render_map_view
from dashboard.compare.runs_view import render_runs
from dashboard.compare.state import MAP, RUNS
from dashboard.visitor import visitor

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
    view = st.segmented_control(
        "Show",
        [RUNS, MAP],
        default=RUNS,
        required=True,
        key=compare_state.view.key,
        label_visibility="collapsed",
        persist_state="session",
    )
    if view == MAP:
        render_map_view()
    else:
        render_runs()


def follow_comparison(asked: Address) -> dict[str, Any]:
    """Compare what the URL asks for; return the values of the controls that say what is shown."""
    if asked.map:
        if asked.map not in (NEW_MAP, compare_state.shown_map.get()):
            compare_state.shown_map.set(asked.map)
            compare_state.map_cell.set(None)
            compare_state.clicked_cell.set(None)
            compare_state.map_notice.set("")
        return {compare_state.view.key: MAP}
    compare_state.compared.set(asked.compare or None)
    # A baseline of the visitor's own is kept with their list of runs.
    is_own = any(run_id in visitor().jobs for run_id in asked.baseline)
    compare_state.linked_baseline.set(() if is_own else asked.baseline)
    quantity, part, axis = asked.curves
    return {
        compare_state.view.key: RUNS,
        compare_state.pair_a.key: asked.pair[0],
        compare_state.pair_b.key: asked.pair[1],
        compare_state.curve_quantity.key: quantity,
        compare_state.curve_part.key: part.value,
        compare_state.curve_axis.key: axis.value,
    }
