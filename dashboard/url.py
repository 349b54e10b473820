"""The address of the page: the one user of Streamlit's query parameters.

The page shows the run that the session remembers. The address follows it, and leads it only when the person
follows a link or goes Back or Forward. A request that the browser sent before it heard of a new run still
carries an address from before: these are known as `replaced_runs` until the browser has sent the new one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard import session
from dashboard.components.address_confirmation import render_address_confirmation
from dashboard.services import shared
from dashboard.services.shown_run import ShownRun
from dashboard.session import Entry
from dashboard.url_settings import SETTINGS, control_values, correct_settings
from dashboard.visitor import visitor

# What the tab Compare shows, see dashboard/compare/address.py.
COMPARISON = ("compare", "baseline", "pair", "curves", "map")
LEARN = "learn"  # the page of the tab Learn


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


def asked_comparison() -> dict[str, str] | None:
    """Return what the address asks to compare, see `_asked`."""
    return _asked(_COMPARISON)


def write_comparison(comparison: dict[str, str]) -> None:
    """Write into the address what is compared: values of COMPARISON, without those that are as always."""
    _write(_COMPARISON, comparison)


def confirm_comparison() -> None:
    """Have the browser say when it has what `write_comparison` wrote."""
    _confirm(_COMPARISON)


def asked_learn_page() -> str | None:
    """Return which page of the tab Learn the address asks for, see `_asked`; empty for the list of all."""
    asked = _asked(_LEARN)
    return None if asked is None else asked.get(LEARN, "")


def write_learn_page(name: str) -> None:
    """Write into the address which page of the tab Learn is open."""
    _write(_LEARN, {LEARN: name} if name else {})


def confirm_learn_page() -> None:
    """Have the browser say when it has what `write_learn_page` wrote."""
    _confirm(_LEARN)


@dataclass(frozen=True)
class _Part:
    """A part of the address that one tab keeps.

    `replaced` is what was in the address before what is `written`, until the browser has sent a request with
    that: until then it comes with requests that the browser sent before it heard of the newest address.
    """

    names: Sequence[str]
    written: Entry[dict[str, str] | None]
    replaced: Entry[tuple[dict[str, str], ...]]

    def in_address(self) -> dict[str, str]:
        return {name: st.query_params[name] for name in self.names if name in st.query_params}

    def put(self, values: dict[str, str]) -> None:
        _change_address(values, remove=set(self.names) - values.keys())


_COMPARISON = _Part(COMPARISON, session.comparison, session.replaced_comparison)
_LEARN = _Part((LEARN,), session.learn_address, session.replaced_learn_address)


def _asked(part: _Part) -> dict[str, str] | None:
    """Return what the address asks for; None if it is what the page wrote there, now or just before.

    Once the browser has confirmed what the page wrote, anything else means that the person went back.
    """
    asked = part.in_address()
    written = part.written.get()
    if asked == written:
        part.replaced.set(())
        return None
    if written is not None and asked in part.replaced.get():
        part.put(written)
        return None
    return asked


def _write(part: _Part, values: dict[str, str]) -> None:
    part.written.set(values)
    before = part.in_address()
    if values != before:
        part.replaced.set((*part.replaced.get(), before))
        part.put(values)


def _confirm(part: _Part) -> None:
    render_address_confirmation(len(part.replaced.get()), key=f"confirm-{part.names[0]}")


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
        _change_address(corrected, remove=address.keys() - corrected.keys())
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
