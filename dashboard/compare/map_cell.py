"""One cell of the map: how it has learned, and the way to take its settings."""

import streamlit as st

from dashboard import state
from dashboard.compare import state as compare_state
from dashboard.compare.map_actions import take_settings
from dashboard.compare.map_figures import sweep_curve
from dashboard.compare.map_words import describe_cell, describe_result
from dashboard.lab.map_job import MapJob
from dashboard.ui.chart import render_chart
from mnist_core import Cell, Choice

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
