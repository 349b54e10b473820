"""Everything that the URL of the page says: `Address`, how it is parsed and how it is written.

The page shows what the session remembers, and the URL follows it. The URL leads only at the first visit and
when the person goes Back or Forward: any other request may carry an old one, which the browser sent before
it had the new one.

No control is bound to the URL by Streamlit: it would write these keys itself, each in a message of its own,
and a message is a step of the browser's history.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import state
from dashboard.lab import shared
from dashboard.lab.job import JobUnreadable, describe_unreadable
from dashboard.lab.room_file import CODE_LENGTH, LETTERS
from dashboard.lab.run_job import RunJob
from dashboard.lab.setting_choices import DEFAULTS, SETTINGS, control_values
from dashboard.state import TABS, RunIds
from dashboard.ui.learning_curves import ACCURACY, LOSS, Axis, Part
from dashboard.visitor import visitor
from mnist_core import TrainingConfig

MOST = 10  # rows that can be compared at once: so many colours there are
MOST_RUNS = 50
RUN_ID = re.compile(r"[0-9a-f]{32}")
ROOM_CODE = re.compile(f"[{LETTERS}]{{{CODE_LENGTH}}}")
ROOM_KEY = re.compile("[0-9a-f]{12}")
NEW_MAP = "new"  # the map of settings is open, and none has been drawn
QUANTITIES = {quantity.name: quantity for quantity in (ACCURACY, LOSS)}
NO_STEPS = (*SETTINGS, "tab", "room", "key", "lead")  # if only these change, it is no step of the history


@dataclass(frozen=True)
class Address:
    """Everything that the URL says, under the names that it has there; a default is not written.

    Attributes:
        tab: the one that is open.
        settings: the values of the controls by their keys, as in `SETTINGS`, each a key of the URL of its
            own; without those that are at their defaults.
        run: the id of the run that the page shows.
        compare: the rows of the tab Compare that are chosen, each the ids of its runs; empty for the newest.
        baseline: the row that the others are compared with.
        pair: the letters of the two rows that the verdict is about.
        curves: which curves are compared: of what, of which digits, over what.
        map: the id of the map of settings, or NEW_MAP; empty while the runs are shown.
        learn: the page of the tab Learn; empty for the list of all.
        room: the code of a room, to be joined or joined already.
        key: what the link to a room has besides its code, until it is used.
        lead: the secret of a leader's link, until it is used.
    """

    tab: str = TABS[0]
    settings: dict[str, Any] = field(default_factory=dict)
    run: str = ""
    compare: tuple[RunIds, ...] = ()
    baseline: RunIds = ()
    pair: tuple[str, str] = ("A", "B")
    curves: tuple[str, Part, Axis] = (ACCURACY.name, Part.TEST, Axis.EPOCH)
    map: str = ""
    learn: str = ""
    room: str = ""
    key: str = ""
    lead: str = ""


# What each key of the URL may hold, beside those of the settings


class _Key(NamedTuple):
    """How a value is read, which the page itself says where it cannot be shown; and how it is written."""

    read: Callable[[str], Any] = str
    write: Callable[[Any], str] = str


def _read_ids(text: str) -> RunIds:
    return tuple(dict.fromkeys(one for one in text.split(".") if RUN_ID.fullmatch(one)))


def _read_rows(text: str) -> tuple[RunIds, ...]:
    """Read which rows to compare; what is no id is left out, and so is what would be too many."""
    rows: dict[RunIds, None] = {}
    for part in text.split(",")[:MOST]:
        ids = _read_ids(part)
        if ids and sum(map(len, rows)) + len(ids) <= MOST_RUNS:
            rows[ids] = None
    return tuple(rows)


def _read_pair(text: str) -> tuple[str, str]:
    return (text[0], text[1]) if re.fullmatch(r"[A-J]{2}", text) else Address.pair


def _read_curves(text: str) -> tuple[str, Part, Axis]:
    quantity, part, axis = (*text.split("-"), "", "", "")[:3]
    axes = {one.name.lower(): one for one in Axis}
    return (
        quantity if quantity in QUANTITIES else Address.curves[0],
        Part(part) if part in list(Part) else Address.curves[1],
        axes.get(axis, Address.curves[2]),
    )


PARTS = {
    "tab": _Key(lambda text: text if text in TABS else TABS[0]),
    "run": _Key(),
    "compare": _Key(_read_rows, lambda rows: ",".join(map(".".join, rows))),
    "baseline": _Key(lambda text: _read_ids(text)[:MOST_RUNS], ".".join),
    "pair": _Key(_read_pair, "".join),
    "curves": _Key(_read_curves, lambda curves: "-".join((*curves[:2], curves[2].name.lower()))),
    "map": _Key(),
    "learn": _Key(),
    "room": _Key(lambda text: text.upper() if ROOM_CODE.fullmatch(text.upper()) else ""),
    "key": _Key(lambda text: text if ROOM_KEY.fullmatch(text) else ""),
    "lead": _Key(lambda text: text if RUN_ID.fullmatch(text) else ""),
}
KEYS = (*SETTINGS, *PARTS)


def parse(query: Mapping[str, str]) -> tuple[Address, str]:
    """Read the parameters of a URL, which anybody may have written.

    Returns:
        What it says, brought to what is offered here; and a sentence on the settings that were changed for
        that, which is empty if none was. What is not a key of ours is left out.
    """
    read = {
        name: setting.read(query[name], getattr(DEFAULTS, name))
        for name, setting in SETTINGS.items()
        if name in query
    }
    changes = [change for _, change in read.values() if change]
    notice = "This link asks for settings that are not offered here. Using instead: "
    parts = {name: key.read(query[name]) for name, key in PARTS.items() if name in query}
    address = Address(settings={name: value for name, (value, _) in read.items()}, **parts)
    return address, f"{notice}{', '.join(changes)}." if changes else ""


def write(address: Address) -> dict[str, str]:
    """Write the parameters of a URL, omitting defaults."""
    settings = {name: SETTINGS[name].write(value) for name, value in address.settings.items()}
    return settings | {
        name: key.write(value)
        for name, key in PARTS.items()
        if (value := getattr(address, name)) != getattr(Address, name)
    }


def settings_query(config: TrainingConfig) -> str:
    """Write settings as the query of a link, batch_size=100&learning_rate=0.01 and so on."""
    unused = [name for name, setting in SETTINGS.items() if setting.optional and not getattr(config, name)]
    values = {name: value for name, value in control_values(config).items() if name not in unused}
    return urlencode(write(Address(settings=values)))


# The address of this session

chosen_settings: state.Entry[TrainingConfig] = state.Entry("settings", DEFAULTS)  # as the controls stand
_shown: state.Entry[Address | None] = state.Entry("address", None)


def shown() -> Address:
    """What the page shows, as its URL says it."""
    return _shown.get() or Address()


def show(**changes: Any) -> None:
    """Show something else, named as in `Address`, and write it into the URL."""
    _write(replace(shown(), **changes))


def show_run(run_id: str) -> None:
    """Show a run."""
    state.notice.set("")
    show(run=run_id)


def open_run(run: RunJob) -> None:
    """Show a run that exists, and bring its settings into the controls."""
    state.previous_run.set(shown().run)
    show_run(run.id)
    state.set_controls_next_run(control_values(run.config))


def show_settings(config: TrainingConfig) -> None:
    """Remember what the controls of the settings show, and write it into the URL."""
    chosen_settings.set(config)
    usual = control_values(DEFAULTS)
    show(settings={name: value for name, value in control_values(config).items() if value != usual[name]})


def follow_address(follow_part: Callable[[Address], dict[str, Any]]) -> None:
    """Show what the URL asks for, if it is for the URL to say, at the start of each run of the script.

    `follow_part` shows what it asks of a part of the page, and returns the values of the controls there.
    """
    before = _shown.get()
    if before is None or _went_through_history():
        _follow(before, follow_part)
    show(tab=state.tab.get())


def _went_through_history() -> bool:
    """Whether the browser sent this request because the person went Back or Forward; it says so itself."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _follow(before: Address | None, follow_part: Callable[[Address], dict[str, Any]]) -> None:
    """Show what the URL asks for; `before` is what the page showed, None at the first visit."""
    asked, changes = parse(st.query_params.to_dict())
    run = None
    if before is None or asked.run != before.run:
        unreadable = False
        try:
            run = _find(asked.run)
        except JobUnreadable as error:
            unreadable = True
            state.notice.set(describe_unreadable(error))
        if before is not None:
            state.previous_run.set(before.run)
        elif not asked.run and not asked.settings:
            run = _find_last_run()
        if not unreadable:  # else the page tries again at its next look
            asked = replace(asked, run=run.id if run else "")
    if run is not None and (before is not None or not asked.settings):
        controls = control_values(run.config)  # a link may bring other settings to a run; a step does not
    elif before is not None or asked.settings:
        controls = control_values(DEFAULTS) | asked.settings
    else:
        controls = {}
    if changes:
        state.notice.set(f"{state.notice.get()} {changes}".strip())
    controls |= follow_part(asked)
    _write(asked, anyway=before is not None)
    if asked.tab == state.tab.get() or (before is None and asked.tab == Address.tab):
        state.set_controls(controls)
    else:  # the tabs have been rendered already
        state.set_controls_next_run({**controls, state.tab.key: asked.tab})
        st.rerun()


def _find(run_id: str) -> RunJob | None:
    """Find a run that the URL names; a notice says why it is not there. JobUnreadable if it may be later."""
    state.notice.set("")
    if not run_id:
        return None
    why = "no longer on this server"
    try:
        if run := shared.jobs().run(run_id):
            return run
    except JobUnreadable as error:
        if not error.damaged:
            raise
        why = "damaged"
    state.notice.set(f"The run in this link is {why}. Press Train to begin a new one.")
    return None


def _find_last_run() -> RunJob | None:
    """Find the newest of the visitor's own runs that is still there; those that are gone are passed over."""
    state.notice.set("")
    for listed in visitor().jobs.runs:
        with suppress(JobUnreadable):
            if listed.own and (run := shared.jobs().run(listed.job_id)):
                state.notice.set("This is your most recent run. Press Train to begin a new one.")
                return run
    return None


def _write(address: Address, *, anyway: bool = False) -> None:
    """Remember what is shown, and write it into the URL in one message: each is a step of the history.

    `anyway` writes even what the URL says: a message that was on its way may have changed it since.
    """
    _shown.set(address)
    others = {name: st.query_params.get_all(name) for name in st.query_params if name not in KEYS}
    written = write(address)
    if anyway or written != {name: value for name, value in st.query_params.items() if name in KEYS}:
        st.query_params.from_dict({**others, **written})
