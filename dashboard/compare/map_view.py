"""The map of settings: how far it is, its cells, and one cell that was opened."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import state
from dashboard.address import NEW_MAP, Address, show
from dashboard.compare import state as compare_state
from dashboard.compare.figures import Place, sweep_curve, sweep_map
from dashboard.compare.map_form import (
    cancel_map,
    continue_map,
    delete_map,
    is_own,
    render_map_form,
    show_newest_map,
    shown_map,
    take_settings,
    undo_deletion,
)
from dashboard.compare.words import (
    describe_best,
    describe_cell,
    describe_duration,
    describe_map,
    describe_marks,
    describe_pairing,
    describe_region,
    describe_result,
    describe_winner,
)
from dashboard.lab import shared
from dashboard.lab.map_job import MapJob
from dashboard.lab.setting_choices import SETTINGS
from dashboard.ui.chart import heatmap_cell, render_chart
from dashboard.ui.invisible import render_live_region
from dashboard.visitor import visitor
from mnist_core import Cell, Choice, Grid, Preprocessing, indistinguishable
from mnist_core.training.worker import State

HEIGHT = 240  # px


def chosen_cell(sweep: MapJob, choice: Choice | None) -> Cell | None:
    """Return the cell whose curve is open: the one that was chosen, else the best so far."""
    cell = compare_state.map_cell.get()
    if cell in sweep.grid.cells:
        return cell
    return choice.best.cell if choice else None


def render_cell(sweep: MapJob, choice: Choice | None) -> None:
    """Show the curve of the cell that is open; without a mouse it is chosen from a list."""
    # A click in the map makes a new list. If the list's value was set instead and a look at the map overtook
    # the run of the script that takes the click, the browser would send the value from before once more.
    clicked = compare_state.clicked_cell.get()
    place = sweep.grid.cells.index(clicked) if clicked in sweep.grid.cells else None
    stamp = max(state.stamp_of_click(f"map-{how}") for how in sweep.grid.preprocessings)
    key = f"cells-{sweep.id}-{stamp:.0f}"
    chosen = chosen_cell(sweep, choice)
    several = len(sweep.grid.preprocessings) > 1
    results = {result.cell: result for result in sweep.results}
    with st.container(horizontal=True, vertical_alignment="bottom", key="map-cell"):
        st.selectbox(
            "Cell",
            sweep.grid.cells,
            place,
            format_func=lambda cell: describe_cell(cell, with_input=several),
            key=key,
            on_change=_take_listed_cell,
            args=(key,),
            placeholder="The best cell",
        )
        st.button(
            "Take these settings",
            icon=":material/tune:",
            key="take-settings",
            on_click=take_settings,
            args=(chosen,),
            disabled=chosen is None,
            help="Brings them into the sidebar, where Train begins a run with them.",
        )
    result = None if chosen is None else results.get(chosen)
    if result is None:
        st.caption(
            "Click on a cell of the map to see how it learns." if chosen is None else "Not computed yet."
        )
        return
    text = describe_result(result)
    st.markdown(f"{text[:1].upper()}{text[1:]}")
    render_chart(
        sweep_curve(result, choice.best if choice else None),
        key="map-curve",
        height=HEIGHT,
        description=f"{describe_cell(result.cell, with_input=True)}, epoch by epoch: {text}",
        file_name="digit-lab-cell",
    )


def _take_listed_cell(key: str) -> None:
    compare_state.map_cell.set(state.Entry[Cell | None](key, None).get())


ROW_HEIGHT, AROUND = 38, 90  # px
FIRST_RESULT_TIMEOUT = 0.7  # seconds


def render_map_view() -> None:
    """Show the form, the map and the open cell."""
    show_newest_map()
    _render()
    show(
        compare=(),
        baseline=(),
        pair=Address.pair,
        curves=Address.curves,
        map=compare_state.shown_map.get() or NEW_MAP,
    )
    if compare_state.page_is_stale.get():
        compare_state.page_is_stale.set(False)
        st.rerun()


def _render() -> None:
    st.html(Path(__file__).with_name("map.css"))
    busy = shared.jobs().drawn_for(visitor().jobs) is not None
    render_map_form(busy=busy)
    sweep = shown_map()
    if sweep is None:
        _render_undo()
        render_live_region(compare_state.map_notice.get(), key="map-status")
        st.markdown(
            "Which learning rate, and which batch size? How few digits are enough? The map trains every "
            "combination and shows how many of the digits held out each one reads. It fills in as the "
            "results come."
        )
        return
    _take_map_clicks(sweep)
    sweep.wait_for_first_result(FIRST_RESULT_TIMEOUT)  # sooner on the page than with the next look
    run_state = sweep.state  # before the results, see MapJob
    choice = indistinguishable(sweep.results)
    _render_progress(sweep, run_state)
    complete = len(sweep.results) == len(sweep.grid.cells)
    region = describe_region(choice, len(sweep.results), complete=complete)
    _render_maps(sweep, choice, region)
    render_live_region(_status(sweep), key="map-status")
    st.markdown(region)
    st.caption(describe_marks())
    if sweep.winner is not None:
        st.markdown(describe_winner(sweep.winner.cell, sweep.winner.test))
    st.caption(describe_pairing(sweep.grid))
    render_cell(sweep, choice)


def _render_progress(sweep: MapJob, run_state: State) -> None:
    """Show how far it is, and the one button that stops or continues it."""
    done, cells = len(sweep.results), len(sweep.grid.cells)
    with st.container(horizontal=True, vertical_alignment="center", key="map-progress"):
        # First, so that Cancel does not move when the buttons that it replaces are taken away.
        if is_own(sweep):
            if not run_state.ended:
                st.button("Cancel", icon=":material/close:", key="cancel-map", on_click=cancel_map)
            elif run_state is not State.FINISHED:
                st.button(
                    "Continue the map",
                    icon=":material/play_arrow:",
                    key="continue-map",
                    on_click=continue_map,
                )
            if run_state.ended:
                st.button("Delete", icon=":material/delete:", key="delete-map", on_click=delete_map)
        st.progress(min(1.0, done / cells), text=_describe_progress(sweep, run_state, done, cells))
        _render_undo()


def _render_undo() -> None:
    if any(one.listed.is_map for one in compare_state.deleted_jobs.get()):
        st.button("Undo delete", icon=":material/undo:", key="undo-delete-map", on_click=undo_deletion)


def _describe_progress(sweep: MapJob, run_state: State, done: int, cells: int) -> str:
    words = f"{done} of {cells} cells"
    if sweep.waiting is not None:
        return f"{words}. Waiting for other maps and runs, about {describe_duration(sweep.waiting.seconds)}."
    if run_state.ended:
        return (
            f"{words}." if run_state is State.FINISHED else f"{words}, stopped. {sweep.why_stopped}".strip()
        )
    workers = "" if sweep.workers is None else f" on {sweep.workers} worker{'s' * (sweep.workers != 1)}"
    if done == cells:
        return f"{words}{workers}. The winner is trained once more, and tested."
    left = sweep.seconds_left
    return f"{words}{workers}" + ("." if left is None else f", about {describe_duration(left)} left.")


def _status(sweep: MapJob) -> str:
    if notice := compare_state.map_notice.get():
        return notice
    if sweep.unsaved:
        return f"This map cannot be saved: {sweep.unsaved[0]}."
    if not is_own(sweep):
        return "This map was begun in another browser. You can look at it and take its settings."
    return ""


def _render_maps(sweep: MapJob, choice: Choice | None, region: str) -> None:
    """Show a map for each input, two in a row."""
    inputs = sweep.grid.preprocessings
    with st.container(key="map-inputs-one" if len(inputs) == 1 else "map-inputs"):
        for how in inputs:
            with st.container():
                if len(inputs) > 1:
                    st.markdown(f"**{how}**{describe_best(sweep.results, how)}")
                _render_map(sweep, how, choice, region)


def _render_map(sweep: MapJob, how: Preprocessing, choice: Choice | None, region: str) -> None:
    grid = sweep.grid
    setting, rows = rows_of(grid)

    def place(cell: Cell | None) -> Place | None:
        return (getattr(cell, setting), cell.learning_rate) if cell and cell.preprocessing == how else None

    results = {at: one for one in sweep.results if (at := place(one.cell))}
    opened = chosen_cell(sweep, choice)
    best = choice.best.cell if choice else None
    equals = [one.cell for one in choice.equals] if choice else []
    render_chart(
        sweep_map(
            grid.learning_rates,
            rows,
            results,
            setting=setting,
            best=place(best),
            equals=[at for cell in equals if (at := place(cell))],
            chosen=place(opened),
        ),
        key=f"map-{how}",
        height=AROUND + ROW_HEIGHT * max(3, len(rows)),
        description=describe_map(
            how.value, SETTINGS[setting].label, len(results), _cells_of(grid.cells, how), region
        ),
        file_name="digit-lab-map",
        clickable=True,
    )


def _take_map_clicks(sweep: MapJob) -> None:
    """Open the cell that was clicked on."""
    grid = sweep.grid
    setting, rows = rows_of(grid)
    for how in grid.preprocessings:
        click = state.consume_click(f"map-{how}", heatmap_cell)
        if click is None:
            continue
        row, column = click
        if row < len(rows) and column < len(grid.learning_rates):
            first = next(cell for cell in grid.cells if cell.preprocessing == how)
            changes: dict[str, Any] = {setting: rows[row], "learning_rate": grid.learning_rates[column]}
            cell = replace(first, **changes)
            compare_state.map_cell.set(cell)
            compare_state.clicked_cell.set(cell)


def rows_of(grid: Grid) -> tuple[str, tuple[Any, ...]]:
    """Return the setting that changes from row to row of a map, and its values."""
    values = {
        "batch_size": grid.batch_sizes,
        "training_digits": grid.training_digits,
        "wrong_labels": grid.wrong_labels,
    }
    return next((item for item in values.items() if len(item[1]) > 1), ("batch_size", grid.batch_sizes))


def _cells_of(cells: Sequence[Cell], how: Preprocessing) -> int:
    return sum(cell.preprocessing == how for cell in cells)
