"""The address of the page: the one user of Streamlit's query parameters.

The page shows what the session remembers. The address follows it, and leads it only when the person follows
a link or goes Back or Forward. Other requests may carry an old address: the browser sent them before it had
the new one.
"""

from collections.abc import Iterable

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import state
from dashboard.lab import shared
from dashboard.lab.shown_run import ShownRun
from dashboard.url_settings import SETTINGS, control_values, correct_settings
from dashboard.visitor import visitor

# What the tab Compare shows, see dashboard/compare/comparison_address.py.
COMPARISON = ("compare", "baseline", "pair", "curves", "map")
LEARN = "learn"  # the page of the tab Learn


def show_run(run_id: str) -> None:
    """Show a run, and write it into the address."""
    state.shown_run.set(run_id)
    state.notice.set("")
    st.query_params["run"] = run_id


def open_run(run: ShownRun) -> None:
    """Show a run that exists, and bring its settings into the controls."""
    state.previous_run.set(state.shown_run.get())
    show_run(run.id)
    state.set_controls_next_run(control_values(run.config))


def follow_address() -> None:
    """Show what the address asks for, at the start of each run of the script."""
    state.apply_next_controls()
    if not state.visited.get():
        state.visited.set(True)
        _begin_visit(st.query_params.to_dict())
        return
    asked, shown = st.query_params.get("run", ""), state.shown_run.get()
    if not _went_through_history():
        _write_part(["run"], {"run": shown} if shown else {})
        return
    state.comparison_written.set(False)
    state.learn_page_written.set(False)
    if asked != shown:
        state.previous_run.set(shown)
        if run := _open(asked):
            state.set_controls_next_run(control_values(run.config))
            st.rerun()  # the controls that are bound to the address take values of ours only then


def asked_comparison() -> dict[str, str] | None:
    """Return what the address asks to compare; None if `write_comparison` wrote what it has."""
    return None if state.comparison_written.get() else _part(COMPARISON)


def write_comparison(comparison: dict[str, str]) -> None:
    """Write into the address what is compared: values of COMPARISON, without those that are as always."""
    state.comparison_written.set(True)
    _write_part(COMPARISON, comparison)


def asked_learn_page() -> str | None:
    """Return which page of the tab Learn the address asks for, empty for the list of all; None as above."""
    return None if state.learn_page_written.get() else st.query_params.get(LEARN, "")


def write_learn_page(name: str) -> None:
    """Write into the address which page of the tab Learn is open."""
    state.learn_page_written.set(True)
    _write_part([LEARN], {LEARN: name} if name else {})


def _went_through_history() -> bool:
    """Whether the browser sent this request because the person went Back or Forward; it says so itself."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _part(names: Iterable[str]) -> dict[str, str]:
    return {name: st.query_params[name] for name in names if name in st.query_params}


def _write_part(names: Iterable[str], values: dict[str, str]) -> None:
    """Write one part of the address, all of whose names are given."""
    _change_address(values, remove=set(names) - values.keys())


def _change_address(values: dict[str, str], *, remove: Iterable[str]) -> None:
    """Set some values and remove others; what is bound to a control may not even be set to what it is."""
    for name in remove:
        st.query_params.pop(name, None)
    st.query_params.update(
        {name: value for name, value in values.items() if st.query_params.get(name) != value}
    )


def _begin_visit(address: dict[str, str]) -> None:
    """Show the run in the address; without a run or settings in it, the last run of this browser."""
    has_settings = bool(SETTINGS & address.keys())
    own = (_open(run.run_id) for run in visitor().runs if run.own)  # one after the other, until one is there
    if "run" in address:
        run = _open(address["run"])
        if run and not has_settings:
            state.set_controls(control_values(run.config))
    elif not has_settings and (run := next(filter(None, own), None)):
        state.set_controls(control_values(run.config))
        st.query_params["run"] = state.shown_run.get()
        state.notice.set("This is your last run. Press Train to begin a new one.")
    else:
        state.notice.set("")  # this visitor asked for no run, and need not hear of those that are gone
    corrected, changes = correct_settings(address)
    if changes:
        state.notice.set(f"{state.notice.get()} {changes}".strip())
    if corrected != address:
        if not state.shown_run.get():
            corrected.pop("run", None)
        _change_address(corrected, remove=address.keys() - corrected.keys())
        st.rerun()  # Streamlit has read the controls' values from the address before this


def _open(run_id: str) -> ShownRun | None:
    """Show a run that the address names, and return it if it is there; a notice says why not."""
    state.notice.set("")
    state.shown_run.set("")
    if not run_id:
        return None
    try:
        run = shared.run_registry().find(run_id)
    except KeyError:
        state.notice.set("The run in this link is no longer on this server. Press Train to begin a new one.")
    except (ValueError, OSError):  # whose words may repeat the address, which anybody may have written
        state.notice.set("The run in this link is damaged, or not a run. Press Train to begin a new one.")
    else:
        state.shown_run.set(run_id)
        return run
    st.query_params.pop("run", None)
    return None
