"""The address of the page: the one user of Streamlit's query parameters.

The page shows the run that the session remembers. The address follows it, and leads it only when the person
follows a link or goes Back or Forward. A request that the browser sent before it heard of a new run still
carries an address from before: these are known as `replaced_runs` until the browser has sent the new one.
"""

import streamlit as st

from dashboard import session
from dashboard.services import shared
from dashboard.services.shown_run import ShownRun
from dashboard.url_settings import SETTINGS, control_values, correct_settings
from dashboard.visitor import visitor


def show_run(run_id: str) -> None:
    """Show a run, and write it into the address."""
    session.replaced_runs.set((*session.replaced_runs.get(), session.shown_run.get()))
    session.shown_run.set(run_id)
    session.notice.set("")
    st.query_params["run"] = run_id


def open_run(run: ShownRun) -> None:
    """Show a run that exists, and bring its settings into the controls."""
    session.previous_run.set(session.shown_run.get())
    show_run(run.id)
    session.set_controls_next_run(control_values(run.config))


def follow_address() -> None:
    """Show what the address asks for, at the start of each run of the script."""
    session.apply_next_controls()
    if not session.visited.get():
        session.visited.set(True)
        _begin_visit(st.query_params.to_dict())
        return
    asked, shown = st.query_params.get("run", ""), session.shown_run.get()
    if asked == shown:
        hear_address()
    elif asked in session.replaced_runs.get():
        st.query_params["run"] = shown
    else:
        session.previous_run.set(shown)
        if run := _open(asked):
            session.set_controls_next_run(control_values(run.config))
            st.rerun()  # the controls that are bound to the address take values of ours only then


def hear_address() -> None:
    """Take note if the browser has heard of the run that is shown, at the start of each of its requests."""
    if st.query_params.get("run", "") == session.shown_run.get():
        session.replaced_runs.set(())


def _begin_visit(address: dict[str, str]) -> None:
    """Show the run in the address; without a run or settings in it, the last run of this browser."""
    has_settings = bool(SETTINGS & address.keys())
    own = (_open(listed.run_id) for listed in visitor().runs)  # one after the other, until one is there
    if "run" in address:
        run = _open(address["run"])
        if run and not has_settings:
            session.set_controls(control_values(run.config))
    elif not has_settings and (run := next(filter(None, own), None)):
        session.set_controls(control_values(run.config))
        st.query_params["run"] = session.shown_run.get()
        session.notice.set("This is your last run. Press Train to begin a new one.")
    else:
        session.notice.set("")  # this visitor asked for no run, and need not hear of those that are gone
    corrected, changes = correct_settings(address)
    if changes:
        session.notice.set(f"{session.notice.get()} {changes}".strip())
    if corrected != address:
        if not session.shown_run.get():
            corrected.pop("run", None)
        st.query_params.from_dict(corrected)
        st.rerun()  # Streamlit has read the controls' values from the address before this


def _open(run_id: str) -> ShownRun | None:
    """Show a run that the address names, and return it if it is there; a notice says why not."""
    session.notice.set("")
    session.shown_run.set("")
    if not run_id:
        return None
    try:
        run = shared.run_registry().find(run_id)
    except KeyError:
        session.notice.set(
            "The run in this link is no longer on this server. Press Train to begin a new one."
        )
    except (ValueError, OSError):  # whose words may repeat the address, which anybody may have written
        session.notice.set("The run in this link is damaged, or not a run. Press Train to begin a new one.")
    else:
        session.shown_run.set(run_id)
        return run
    st.query_params.pop("run", None)
    return None
