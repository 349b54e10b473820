"""The address of the page: the one user of Streamlit's query parameters.

The page shows what the session remembers. The address follows it, and leads it only when the person follows
a link or goes Back or Forward. Other requests may carry an old address: the browser sent them before it had
the new one.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import state
from dashboard.lab import shared
from dashboard.lab.run_job import ShownRun
from dashboard.lab.setting_choices import (
    BATCH_SIZES,
    DEFAULTS,
    INPUTS,
    LEARNING_RATES,
    MAX_EPOCHS,
    MAX_SEED,
    write_learning_rate,
)
from dashboard.visitor import visitor
from mnist_core import TrainingConfig

INPUT, HOLD_OUT = "preprocessing", "validation"


@dataclass(frozen=True)
class _Number:
    """A numeric setting: its name in words, the nearest value that is offered, and how that is written."""

    words: str
    nearest: Callable[[float], float]
    write: Callable[[float], str]


def _nearest_of(offered: Sequence[float]) -> Callable[[float], float]:
    """Choose the nearest by ratio, because the steps of these sliders are logarithmic."""

    def nearest(asked: float) -> float:
        if asked <= 0:
            return offered[0]
        return min(offered, key=lambda step: abs(math.log(step) - math.log(asked)))

    return nearest


def _nearest_whole(least: int, most: int) -> Callable[[float], float]:
    return lambda asked: round(min(max(asked, least), most))


NUMBERS = {
    "batch_size": _Number("batch size", _nearest_of(BATCH_SIZES), str),
    "learning_rate": _Number("learning rate", _nearest_of(LEARNING_RATES), write_learning_rate),
    "epochs": _Number("epochs", _nearest_whole(1, MAX_EPOCHS), str),
    "seed": _Number("seed", _nearest_whole(0, MAX_SEED), str),
}
SETTINGS = {*NUMBERS, INPUT, HOLD_OUT}


def settings_query(config: TrainingConfig) -> str:
    """Write settings as the query of an address, batch_size=100&learning_rate=0.01 and so on."""
    values = {name: number.write(getattr(config, name)) for name, number in NUMBERS.items()}
    held_out = {HOLD_OUT: "true"} if config.validation else {}
    return urlencode(values | {INPUT: config.preprocessing.value} | held_out)


def control_values(config: TrainingConfig) -> dict[str, object]:
    """Return the value of each control, by its key, that is nearest to the settings of a run."""
    values: dict[str, object] = {
        name: number.nearest(getattr(config, name)) for name, number in NUMBERS.items()
    }
    return values | {INPUT: config.preprocessing, HOLD_OUT: config.validation > 0}


def correct_settings(address: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Bring the settings in an address to what the controls offer, written as the controls write them.

    Returns:
        The whole address corrected, and a sentence on what was changed; it is empty if nothing was.
    """
    corrected = dict(address)
    changes = []
    for name, number in NUMBERS.items():
        if name in address:
            asked = _number(address[name])
            value = getattr(DEFAULTS, name) if asked is None else number.nearest(asked)
            corrected[name] = number.write(value)
            if value != asked:
                instead = "something that is not a number" if asked is None else f"{asked:,.10g}"
                changes.append(f"{number.words} {corrected[name]} instead of {instead}")
    if INPUT in address:
        corrected[INPUT] = address[INPUT].lower()
        if corrected[INPUT] not in INPUTS:
            corrected[INPUT] = DEFAULTS.preprocessing.value
            changes.append(f"input {corrected[INPUT]} instead of an unknown one")
    if HOLD_OUT in address and address[HOLD_OUT] not in ("true", "false"):
        corrected[HOLD_OUT] = "false"
        changes.append("no digits held out instead of an unknown number")
    notice = "This link asks for settings that are not offered here. Using instead: "
    return corrected, f"{notice}{', '.join(changes)}." if changes else ""


def _number(text: str) -> float | None:
    """Read a number; None for anything else."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


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
    """Write into the address what is compared: values of COMPARISON, omitting defaults."""
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
