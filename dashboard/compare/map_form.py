"""Which settings the map is to have, and what a visitor can do with maps: begin, cancel, continue, delete."""

from typing import Any

import streamlit as st

from dashboard import state
from dashboard.address import chosen_settings
from dashboard.compare import state as compare_state
from dashboard.compare.actions import bring_back, delete_jobs
from dashboard.compare.words import describe_refusal, describe_size
from dashboard.lab import shared
from dashboard.lab.inputs import INPUTS
from dashboard.lab.job import JobUnreadable, describe_unreadable
from dashboard.lab.job_registry import check_size
from dashboard.lab.map_job import MapJob, estimated_seconds, work_of
from dashboard.lab.setting_choices import (
    ALL,
    BATCH_SIZES,
    LEARNING_RATES,
    SETTINGS,
    TRAINING_DIGITS,
    WRONG_LABELS,
    control_values,
    describe_settings,
    digits_to_hold_out,
    write_learning_rate,
)
from dashboard.ui.button import render_button
from dashboard.visitor import visitor
from mnist_core import Cell, Grid, Preprocessing

GONE = "The map in this link is no longer on this server."


def shown_map() -> MapJob | None:
    """The map that this page shows; None if there is none. What cannot be shown is said once."""
    map_id = compare_state.shown_map.get()
    if not map_id:
        return None
    try:
        shown = shared.jobs().map(map_id)
    except JobUnreadable as error:
        compare_state.map_notice.set(describe_unreadable(error))
        if not error.damaged:
            return None  # the next look tries again
        shown = None
    else:
        if shown is None:
            compare_state.map_notice.set(GONE)
    if shown is None:
        compare_state.shown_map.set("")
    return shown


def show_newest_map() -> None:
    """Show the newest map of this visitor that is still there, if the page shows none."""
    if compare_state.shown_map.get():
        return
    for listed in visitor().jobs.maps:
        try:
            found = shared.jobs().map(listed.job_id)
        except JobUnreadable:
            continue
        if found is not None:
            compare_state.shown_map.set(listed.job_id)
            return


def drawn_maps() -> list[MapJob]:
    """The maps being drawn that this page keeps alive: the one that it shows, and the visitor's own."""
    drawn = [shared.jobs().drawn_for(visitor().jobs), shown_map()]
    return [job for job in drawn if job is not None and not job.state.ended]


def is_own(job: MapJob) -> bool:
    """Whether this visitor began the map, and so may cancel, continue and delete it."""
    return visitor().jobs.owns(job.id)


def begin_map(grid: Grid) -> None:
    """Begin a map and show it."""
    digits = shared.digits()
    if digits is None:
        return
    try:
        begun = shared.jobs().begin_map(grid, digits, visitor().jobs, replacing=state.may_go.get())
    except ValueError as error:
        compare_state.map_notice.set(describe_refusal(error))
        return
    _show(begun.id, "")


def cancel_map() -> None:
    """Cancel the map that is shown, and keep what is done."""
    shown = shown_map()
    if shown is not None and is_own(shown):
        shown.stop()
        shown.join(1)
        compare_state.map_notice.set("")


def continue_map() -> None:
    """Draw what is missing of the map that is shown."""
    digits, shown = shared.digits(), shown_map()
    if digits is None or shown is None or not is_own(shown):
        return
    try:
        shared.jobs().continue_map(shown, digits, visitor().jobs)
    except ValueError as error:
        compare_state.map_notice.set(describe_refusal(error))
    else:
        compare_state.map_notice.set("")


def delete_map() -> None:
    """Delete the map that is shown, which can be brought back for now."""
    shown = shown_map()
    if shown is not None and is_own(shown):
        _show("", delete_jobs([shown.id], "map"))


def undo_deletion() -> None:
    """Bring the map back that was deleted, and show it."""
    deleted = compare_state.deleted_jobs.get()
    notice = bring_back("map")
    _show(deleted[0].listed.job_id if deleted and not compare_state.deleted_jobs.get() else "", notice)


def _show(map_id: str, notice: str) -> None:
    compare_state.shown_map.set(map_id)
    compare_state.map_cell.set(None)
    compare_state.clicked_cell.set(None)
    compare_state.map_notice.set(notice)


def take_settings(cell: Cell) -> None:
    """Bring the settings of a cell into the sidebar."""
    shown = shown_map()
    if shown is None or cell not in shown.grid.cells:
        return
    config = shown.grid.config(cell)
    state.set_controls_next_run(control_values(config))
    compare_state.map_notice.set(
        f"The sidebar now has these settings: {describe_settings(config)}. Press Train to use them."
    )
    compare_state.page_is_stale.set(True)


MAX_EPOCHS = 20

# The setting that changes from row to row: what can be chosen, and the key of its slider.
ROWS: dict[str, tuple[list[Any], str]] = {
    "batch_size": (list(BATCH_SIZES), "map_sizes"),
    "training_digits": (list(TRAINING_DIGITS), "map_digits"),
    "wrong_labels": (list(WRONG_LABELS), "map_wrong"),
}

# What the controls show at first, and with each preset.
USUAL: dict[str, Any] = {
    "map_rates": (0.01, 5.0),
    "map_rows": "batch_size",
    "map_sizes": (10, 1_000),
    "map_digits": (10, ALL),
    "map_wrong": (0.0, 0.8),
    "map_epochs": 3,
}
SLOWER = {"map_rates": (0.01, 1.0), "map_inputs": [Preprocessing.RAW]}
MAP_PRESETS: dict[str, dict[str, Any]] = {
    "Rates and batches": USUAL,
    "How few digits": {**USUAL, **SLOWER, "map_rows": "training_digits", "map_epochs": 10},
    "Wrong labels": {**USUAL, **SLOWER, "map_rows": "wrong_labels"},
}
ABOUT_PRESETS = """
**Rates and batches**: which learning rate, and which batch size? **How few digits**: what does a model learn
from 10, 100 or 1,000 digits, and how fast may it learn then? **Wrong labels**: what is left if more and more
of the labels are wrong?
"""


def render_map_form(*, busy: bool) -> None:
    """Show the form; the button is disabled while a map of this visitor is being drawn."""
    digits = shared.digits()
    held_out, available = digits_to_hold_out(digits)
    available -= held_out
    presets = st.container(key="map-presets")
    with st.container(key="map-form"):
        rates = st.select_slider(
            "Learning rates",
            LEARNING_RATES,
            USUAL["map_rates"],
            format_func=write_learning_rate,
            key="map_rates",
            persist_state="session",
        )
        setting = st.selectbox(
            "From row to row",
            list(ROWS),
            format_func=lambda name: SETTINGS[name].label,
            key="map_rows",
            persist_state="session",
            help="What changes from row to row. The other settings are those of the sidebar.",
        )
        offered, key = ROWS[setting]
        offered = [one for one in offered if setting != "training_digits" or one == ALL or one < available]
        first, last = st.select_slider(
            f"{SETTINGS[setting].label}, from and to",
            offered,
            USUAL[key],
            format_func=SETTINGS[setting].show,
            key=key,
            persist_state="session",
        )
        inputs = st.segmented_control(
            "Inputs",
            list(INPUTS),
            selection_mode="multi",
            default=[chosen_settings.get().preprocessing],
            format_func=str,
            key="map_inputs",
            persist_state="session",
            help="Several inputs give several maps, whose cells are compared with one another.",
        )
        epochs = st.slider(
            "Epochs", 1, MAX_EPOCHS, USUAL["map_epochs"], key="map_epochs", persist_state="session"
        )
    with presets:
        _render_presets()
    grid, text = None, "The digits are still loading."
    if digits is not None:
        try:
            rows = offered[offered.index(first) : offered.index(last) + 1]
            grid = _grid(rates, setting, rows, inputs, epochs, held_out)
            check_size(grid)
            text = describe_size(grid, estimated_seconds(work_of(grid), grid, len(digits.train)))
            text += _what_the_sidebar_sets(setting)
        except ValueError as error:
            grid, text = None, describe_refusal(error)
    with st.container(horizontal=True, vertical_alignment="center", key="map-begin"):
        pressed = render_button(
            "Draw the map",
            type="primary",
            icon=":material/grid_on:",
            key="draw-map",
            disabled=grid is None or busy,
        )
        st.caption(text)
    if pressed and grid is not None:
        begin_map(grid)
        st.rerun()  # the whole page: a newcomer's browser is to get a cookie


def _grid(
    rates: tuple[float, float],
    setting: str,
    rows: list[Any],
    inputs: list[Preprocessing],
    epochs: int,
    held_out: int,
) -> Grid:
    """Make the grid of what the controls show; ValueError if there cannot be one."""
    chosen = chosen_settings.get()
    values = {name: [getattr(chosen, name)] for name in ROWS}
    values[setting] = [None if row == ALL else row for row in rows]
    return Grid(
        tuple(rate for rate in LEARNING_RATES if rates[0] <= rate <= rates[1]),
        tuple(values["batch_size"]),
        tuple(how for how in INPUTS if how in inputs),
        epochs,
        validation=held_out,
        training_digits=tuple(values["training_digits"]),
        wrong_labels=tuple(values["wrong_labels"]),
    )


def _what_the_sidebar_sets(setting: str) -> str:
    """Name the settings of the sidebar that all cells have."""
    chosen = chosen_settings.get()
    named = [
        SETTINGS[name].describe(getattr(chosen, name))
        for name in ROWS
        if name != setting and (not SETTINGS[name].optional or getattr(chosen, name))
    ]
    return f" All with {' and '.join(named)}, as in the sidebar." if named else ""


def _render_presets() -> None:
    """Offer maps that are worth drawing; the one that the controls show is marked."""
    same = [
        name
        for name, preset in MAP_PRESETS.items()
        if all(state.Entry(key, value).get() == value for key, value in preset.items())
    ]
    key = state.set_choice("map_preset", same[0] if same else None, harmless=(None,))
    st.pills("Presets", list(MAP_PRESETS), key=key, on_change=_apply_preset, help=ABOUT_PRESETS)


def _apply_preset() -> None:
    name = state.chosen("map_preset")
    if name is not None:
        state.set_controls(MAP_PRESETS[name])
