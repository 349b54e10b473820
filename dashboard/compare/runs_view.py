"""The view Runs of the tab Compare: is one run of this browser really better than another?"""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from dashboard import state
from dashboard.address import QUANTITIES, show
from dashboard.compare import state as compare_state
from dashboard.compare.actions import (
    can_undo,
    forget_deleted,
    learning_runs,
    render_actions,
    render_undo,
    rerun_if_stale,
)
from dashboard.compare.figures import Curve, comparison_curves
from dashboard.compare.rows import Row, chosen_rows, find_rows, parts_of, row_with
from dashboard.compare.table import (
    DIFFERENCE,
    INTERVAL,
    KEY,
    LETTERS,
    describe_accuracy,
    render_table,
)
from dashboard.compare.two_runs import (
    choose_pair,
    render_most_different_digits,
    render_verdict,
    take_gallery_clicks,
)
from dashboard.compare.words import describe_selection
from dashboard.lab import shared
from dashboard.lab.job import JobRefused
from dashboard.run_actions import find_run, find_summaries
from dashboard.state import RunIds
from dashboard.ui.chart import render_chart
from dashboard.ui.invisible import render_live_region
from dashboard.ui.learning_curves import Axis, Part
from dashboard.ui.run_table import TableChange, table_change
from dashboard.visitor import visitor
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


def render_runs() -> None:
    """Show the list of runs, and compare those that are chosen."""
    _follow_click()
    take_gallery_clicks()
    asked, linked = compare_state.compared.get(), compare_state.linked_baseline.get()
    rows = find_rows(visitor(), find_summaries, [*(asked or ()), linked])
    if not rows:
        st.markdown(
            "Every run that you train is listed here, to be compared with others: which reads more digits, "
            "and whether that is more than chance. Press **Train** in the sidebar, change a setting, and "
            "press it again."
        )
        if can_undo():
            render_undo()
        render_live_region(_status(), key="compare-status")
        _write_address([], None)
        rerun_if_stale()
        return
    baseline = row_with(linked[0] if linked else visitor().jobs.baseline, rows)
    chosen = chosen_rows(_newest(rows, baseline) if asked is None else asked, rows)
    compared = _compared(chosen, baseline, rows)
    _write_address(chosen, baseline)
    st.html(Path(__file__).with_name("compare.css"))
    render_table(
        rows,
        compared,
        chosen=chosen,
        baseline=baseline,
        kept=visitor().drawings.kept,
        stamp=state.stamp_of_click(KEY),
    )
    explained = [INTERVAL, DIFFERENCE] if baseline else [INTERVAL]
    st.caption("  \n".join(explained))
    render_actions(chosen)
    render_live_region(_status(), key="compare-status")
    _render_warning(rows)
    _render_missing({run_id for run_ids in asked or () for run_id in run_ids}, rows)
    _render_comparison(chosen, compared)


def _write_address(chosen: Sequence[Row], baseline: Row | None) -> None:
    show(
        compare=tuple(row.run_ids for row in chosen),
        baseline=baseline.run_ids if baseline else (),
        pair=(compare_state.pair_a.get(), compare_state.pair_b.get()),
        curves=(
            compare_state.curve_quantity.get(),
            Part(compare_state.curve_part.get()),
            Axis(compare_state.curve_axis.get()),
        ),
        map="",
    )


def _follow_click() -> None:
    """Take over what was chosen, pinned or renamed in the table."""
    change = state.consume_click(KEY, table_change)
    if change is None:
        return
    forget_deleted()
    compare_state.compared.set(tuple(map(_run_ids, change.chosen)))
    try:
        _change_list(change)
    except JobRefused as refusal:
        compare_state.notice.set(str(refusal))


def _change_list(change: TableChange) -> None:
    runs = visitor().jobs
    baseline = _run_ids(change.baseline)
    if not baseline[0] or baseline[0] in runs:
        runs.pin(baseline[0])
        compare_state.linked_baseline.set(())
    else:
        compare_state.linked_baseline.set(baseline)
    if change.renamed is not None:
        row, name = change.renamed
        runs.rename(_run_ids(row), name)


def _run_ids(text: str) -> RunIds:
    return tuple(text.split("."))


def _newest(rows: Sequence[Row], baseline: Row | None) -> list[RunIds]:
    """Choose what to compare at first: the newest run, with the baseline or the run before it."""
    newest = [row for row in rows if row.listed][:2]
    if baseline is not None:
        newest = [row for row in newest if row.run_ids != baseline.run_ids][:1]
        return [baseline.run_ids, *(row.run_ids for row in newest)]
    return [row.run_ids for row in reversed(newest)]


def _compared(chosen: Sequence[Row], baseline: Row | None, rows: Sequence[Row]) -> list[Row]:
    """List what is compared, A first, as in the table; a single run is compared with the baseline."""
    compared = list(chosen[: len(LETTERS)])
    if len(chosen) == 1 and baseline is not None and baseline.run_ids != chosen[0].run_ids:
        compared.append(baseline)
    places = [one.run_ids for row in rows for one in (row, *parts_of(row))]
    return sorted(compared, key=lambda row: places.index(row.run_ids))


def _status() -> str:
    learning = learning_runs()
    if not learning:
        return compare_state.notice.get()
    done = sum(run.history[-1].epoch if run.history else 0.0 for run in learning)
    share = done / sum(run.final_epoch for run in learning)
    runs = "1 run is" if len(learning) == 1 else f"{len(learning)} runs are"
    return f"{runs} training, {share:.0%}"


def _render_warning(rows: Sequence[Row]) -> None:
    """Say what choosing among many runs by their test accuracy does to it."""
    digits = shared.digits()
    here = [row for row in rows if digits is None or row.group.first.source == digits.source]
    scores = [score for row in here for run in row.group.measured.values() if (score := run.test) is not None]
    if len(scores) < 2:
        return
    best = max(scores, key=lambda score: score.accuracy)
    validated = any(row.group.config.validation for row in here)
    st.caption(describe_selection(len(scores), best, validated=validated))


def _render_missing(chosen: set[str], rows: Sequence[Row]) -> None:
    """Say how many of the runs that a link or another tab chose are not there."""
    missing = len(chosen.difference(*(row.run_ids for row in rows)))
    if missing:
        runs = "1 of the chosen runs is" if missing == 1 else f"{missing} of the chosen runs are"
        st.caption(f"{runs} no longer on this server.")


def _render_comparison(chosen: Sequence[Row], compared: Sequence[Row]) -> None:
    digits = shared.digits()
    if not compared:
        st.markdown("Choose two runs in the table to compare them.")
        return
    sides = None
    if len(compared) > 1 and digits is not None:
        sides = render_verdict(compared, choose_pair(compared), digits)
    else:
        st.markdown("Choose a second run in the table to compare this one with it.")
    render_curves(compared)
    if len(chosen) > len(compared):
        st.caption(f"Only the first {len(LETTERS)} of the {len(chosen)} runs chosen are compared.")
    if sides is not None and digits is not None:
        render_most_different_digits(sides, digits)
