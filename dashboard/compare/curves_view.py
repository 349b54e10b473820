"""The curves of the runs that are compared, in one figure."""

from collections.abc import Sequence

import streamlit as st

from dashboard import state
from dashboard.address import QUANTITIES
from dashboard.compare import state as compare_state
from dashboard.compare.columns import describe_accuracy
from dashboard.compare.figures import Curve, comparison_curves
from dashboard.compare.rows import Row
from dashboard.compare.table import LETTERS
from dashboard.run_actions import find_run
from dashboard.ui.chart import render_chart
from dashboard.ui.learning_curves import Axis, Part
from mnist_core import Progress

HEIGHT = 380  # px


def render_curves(compared: Sequence[Row]) -> None:
    """Show accuracy or loss of these runs, over epochs, steps or seconds."""
    with st.container(horizontal=True, key="compare-curves"):
        quantity = _choice("Curves of", list(QUANTITIES), compare_state.curve_quantity)
        part = _choice("on these digits", [part.value for part in Part], compare_state.curve_part)
        over = _choice("over", [axis.value for axis in Axis], compare_state.curve_axis)
    curves = [
        Curve(f"{LETTERS[place]}  {row.name}", place, histories)
        for place, row in enumerate(compared)
        if (histories := _histories(row))
    ]
    render_chart(
        comparison_curves(QUANTITIES[quantity], Part(part), Axis(over), curves),
        key="comparison",
        height=HEIGHT,
        description=_finding(compared),
        file_name="digit-lab-comparison",
    )
    if part == Part.VALIDATION and not any(row.group.config.validation for row in compared):
        st.caption("None of these runs held out digits for validation.")


def _choice(label: str, options: list[str], entry: state.Entry[str]) -> str:
    chosen = st.segmented_control(
        label, options, default=entry.default, required=True, key=entry.key, persist_state="session"
    )
    return str(chosen or entry.default)


def _histories(row: Row) -> list[Sequence[Progress]]:
    """Return the reports of each seed, of runs that have any and are still there."""
    found = [find_run(run.id) for run in row.group.measured.values()]
    return [run.history for run in found if run and run.history]


def _finding(compared: Sequence[Row]) -> str:
    results = [
        f"{LETTERS[place]}, {row.name}, {describe_accuracy(row.group)}" for place, row in enumerate(compared)
    ]
    return f"The test accuracy that each run reaches: {'; '.join(results)}."
