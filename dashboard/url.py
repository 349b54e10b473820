"""What the address asks for: a run, settings."""

import streamlit as st

from dashboard import session
from dashboard.url_settings import put_right


def read_address() -> None:
    """Follow the address, and leave a notice of what of it cannot be had."""
    session.put_controls()
    problem = _find_run()
    if session.control("notice", None) is None:  # a session's first run: the controls are not there yet
        shown, address = session.run(), st.query_params.to_dict()
        right, changes = put_right(address, shown.config if shown else None)
        session.set_controls(notice=f"{problem} {changes}".strip())
        if right != address:
            st.query_params.from_dict(right)
            st.rerun()  # what the controls begin with is read from the address as a script run starts
    elif problem:
        session.set_controls(notice=problem)


def _find_run() -> str:
    """Look for the run that the address names; say what is wrong with it, or nothing."""
    run_id = session.run_id()
    if not run_id:
        return ""
    try:
        session.registry().find(run_id)
    except KeyError:
        del st.query_params["run"]
        return "The run in this link is not on this server any more. Press Train to begin a new one."
    except (ValueError, OSError):  # its words may repeat the address, which anybody may have written
        del st.query_params["run"]
        return "The run in this link is damaged, or no run at all. Press Train to begin a new one."
    return ""
