"""Which settings the map is to have: a short form, and the button that draws it."""

import streamlit as st

from dashboard.address import chosen_settings
from dashboard.compare.map_actions import begin_map
from dashboard.compare.map_words import describe_refusal, describe_size
from dashboard.lab import shared
from dashboard.lab.inputs import INPUTS
from dashboard.lab.job_registry import check_size
from dashboard.lab.map_job import estimated_seconds, work_of
from dashboard.lab.setting_choices import (
    BATCH_SIZES,
    LEARNING_RATES,
    VALIDATION_DIGITS,
    write_learning_rate,
)
from mnist_core import Grid, Preprocessing

RATES, SIZES = (0.01, 5.0), (10, 1_000)  # from and to, at first: nine and seven
EPOCHS, MAX_EPOCHS = 3, 20


def render_map_form(*, busy: bool) -> None:
    """Show the form; the button is disabled while a map of this visitor is being drawn."""
    with st.container(key="map-form"):
        rates = st.select_slider(
            "Learning rates",
            LEARNING_RATES,
            RATES,
            format_func=write_learning_rate,
            key="map_rates",
            persist_state="session",
        )
        sizes = st.select_slider(
            "Batch sizes",
            BATCH_SIZES,
            SIZES,
            format_func="{:,}".format,
            key="map_sizes",
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
        epochs = st.slider("Epochs", 1, MAX_EPOCHS, EPOCHS, key="map_epochs", persist_state="session")
    digits = shared.digits()
    grid, text = None, "The digits are still loading."
    if digits is not None:
        try:
            grid = _grid(rates, sizes, inputs, epochs, VALIDATION_DIGITS[digits.source])
            check_size(grid)
            text = describe_size(grid, estimated_seconds(work_of(grid), grid, len(digits.train)))
        except ValueError as error:
            grid, text = None, describe_refusal(error)
    with st.container(horizontal=True, vertical_alignment="center", key="map-begin"):
        st.button(
            "Draw the map",
            type="primary",
            icon=":material/grid_on:",
            key="draw-map",
            on_click=begin_map,
            args=(grid,),
            disabled=grid is None or busy,
        )
        st.caption(text)


def _grid(
    rates: tuple[float, float],
    sizes: tuple[int, int],
    inputs: list[Preprocessing],
    epochs: int,
    held_out: int,
) -> Grid:
    """Make the grid of what the controls show; ValueError if there cannot be one."""
    return Grid(
        tuple(rate for rate in LEARNING_RATES if rates[0] <= rate <= rates[1]),
        tuple(size for size in BATCH_SIZES if sizes[0] <= size <= sizes[1]),
        tuple(how for how in INPUTS if how in inputs),
        epochs,
        validation=held_out,
    )
