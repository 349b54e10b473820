"""The table of the tab Compare: each run with what differs between them, and how well it reads."""

from collections.abc import Sequence

from dashboard.compare.columns import Column, choose_columns
from dashboard.compare.figures import COLOUR_PLACES
from dashboard.compare.rows import Row, parts_of
from dashboard.lab.kept_drawings import KeptDrawing
from dashboard.lab.run_job import RunSummary
from dashboard.ui.run_table import TableRow, render_run_table
from mnist_core import State

KEY = "runs"
LETTERS = "ABCDEFGHIJ"
STATES = {State.RUNNING: "training", State.PAUSED: "paused", State.STOPPED: "stopped", State.FAILED: "failed"}


def render_table(
    rows: Sequence[Row],
    compared: Sequence[Row],
    *,
    chosen: Sequence[Row],
    baseline: Row | None,
    kept: tuple[KeptDrawing, ...],
    stamp: float,
) -> None:
    """Show the rows; those that are compared have the letter and the colour of their curves."""
    columns = choose_columns(rows, baseline, kept)
    places = {row.run_ids: place for place, row in enumerate(compared)}
    render_run_table(
        [_line(one, columns, places.get(one.run_ids)) for row in rows for one in (row, *parts_of(row))],
        [column.label for column in columns],
        key=KEY,
        chosen=[row_id(row) for row in chosen],
        baseline=row_id(baseline) if baseline else "",
        stamp=stamp,
    )


def row_id(row: Row) -> str:
    """Return what the table tells a row as: the ids of its runs, with points between them."""
    return ".".join(row.run_ids)


def _line(row: Row, columns: Sequence[Column], place: int | None) -> TableRow:
    return TableRow(
        key=f"part {row.run_ids[0]}" if row.part_of else row.run_ids[0],
        id=row_id(row),
        name=f"seed {row.group.config.seed}" if row.part_of else row.name,
        note=_note(row),
        cells=[column.cell(row) for column in columns],
        letter="" if place is None else LETTERS[place],
        colour=COLOUR_PLACES[place or 0],
        parent=row.part_of.run_ids[0] if row.part_of else "",
        renamable=row.listed and not row.part_of,
        pinnable=not row.part_of,
    )


def _note(row: Row) -> str:
    """Say where a run came from, and how far it has come if it is not finished."""
    notes = []
    if not row.part_of:
        notes += ["from a link"] if not row.listed else [] if row.own else ["added from a link"]
    if len(row.run_ids) == 1:
        notes += _progress(row.group.runs[0])
    elif learning := row.group.learning:
        reached = sum(run.newest.epoch if run.newest else 0.0 for run in learning)
        notes.append(f"training, {reached / sum(run.final_epoch for run in learning):.0%}")
    return " · ".join(notes)


def _progress(run: RunSummary) -> list[str]:
    if run.state is State.FINISHED:
        return []
    epoch = run.newest.epoch if run.newest else 0.0
    return [f"{STATES[run.state]}, epoch {epoch:.3g} of {run.final_epoch:.4g}"]
