"""The table of the tab Compare: the settings that differ, and the results with their intervals."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.compare.figures import COLOUR_PLACES
from dashboard.compare.rows import Row, RunGroup, parts_of
from dashboard.lab.cached_predictions import drawing_score
from dashboard.lab.kept_drawings import KeptDrawing
from dashboard.lab.personalized_runs import (
    UnknownPersonalization,
    find_personalization,
    not_learned,
)
from dashboard.lab.run_job import RunSummary
from dashboard.lab.setting_choices import write_count, write_learning_rate, write_share
from dashboard.ui.run_table import Cell, TableRow, render_run_table
from dashboard.ui.text import percent, signed
from mnist_core import Progress
from mnist_core.evaluation.mcnemar import Score
from mnist_core.training.worker import State

NONE = Cell("–")
MANY = 10_000  # digits: from here on, the hundredth of a percent is shown
WIDTHS = 6  # of the best run's interval: what the scale of the intervals spans
DASH = "\N{EN DASH}"


@dataclass(frozen=True)
class Column:
    """A column: its label, and what it shows of a row."""

    label: str
    cell: Callable[[Row], Cell]


INTERVAL = (
    "**95 % interval**: 95 of 100 such ranges contain the accuracy on endlessly many digits of the same "
    "kind. Of several seeds, the mean is shown, ± one standard deviation."
)
DIFFERENCE = "**Difference**: the accuracy minus that of the baseline, in percentage points; + means more."


# The settings that get a column if they differ, and how a group is read for it.
SETTINGS: dict[str, Callable[[RunGroup], str]] = {
    "batch": lambda group: f"{group.config.batch_size:,}",
    "rate": lambda group: write_learning_rate(group.config.learning_rate),
    "epochs": lambda group: f"{group.first.final_epoch:.4g}",
    "input": lambda group: group.config.preprocessing.value,
    "seed": lambda group: str(group.config.seed) if len(group.seeds) == 1 else "",
    "training digits": lambda group: write_count(group.config.training_digits),
    "wrong labels": lambda group: write_share(group.config.wrong_labels),
    "digits": lambda group: group.first.source,
}


def choose_columns(rows: Sequence[Row], baseline: Row | None, kept: tuple[KeptDrawing, ...]) -> list[Column]:
    """Choose the columns that say something about these rows."""
    low, high = _ends(rows)
    columns = [
        Column(label, _setting(read))
        for label, read in SETTINGS.items()
        if len({read(row.group) for row in rows} - {""}) > 1
    ]
    columns += [
        Column("test accuracy", lambda row: _accuracy(row.group)),
        Column("95 % interval", lambda row: _interval(row.group, low, high)),
    ]
    if baseline is not None:
        columns.append(Column("difference", lambda row: _difference(row, baseline)))
    configs = [run.config for row in rows for run in row.group.runs]
    if any(config.training_digits or config.wrong_labels for config in configs):
        columns.append(Column("gap", lambda row: _gap(row.group)))
    if any(config.validation for config in configs):
        columns.append(Column("validation", lambda row: _scores(row.group, lambda run: run.validation)))
    columns += [
        Column("loss", lambda row: _mean(row.group, lambda report: report.test.loss, 3)),
        Column("seconds", lambda row: _mean(row.group, lambda report: report.seconds, 1)),
    ]
    if kept:
        columns.append(Column("your drawings", lambda row: _own_drawings(row.group, kept)))
    return columns


def describe_accuracy(group: RunGroup) -> str:
    """Write the test accuracy of a group: "98.1 %", or with its spread "98.1 ± 0.2 %"."""
    score = group.first.test
    if score is None:
        return DASH
    decimals = _decimals(score)
    if not group.has_spread:
        return percent(score.accuracy, decimals)
    mean, deviation = group.spread
    return f"{100 * mean:.{decimals}f} ± {percent(deviation, decimals)}"


def _setting(read: Callable[[RunGroup], str]) -> Callable[[Row], Cell]:
    return lambda row: Cell(read(row.group), setting=True)


def _accuracy(group: RunGroup) -> Cell:
    score = group.first.test
    if score is None:
        return NONE
    if group.has_spread:
        return Cell(describe_accuracy(group), f"N = {len(group.accuracies)} seeds")
    return Cell(describe_accuracy(group), _range(score))


def _interval(group: RunGroup, low: float, high: float) -> Cell:
    ends = _reach(group)
    if ends is None or high <= low:
        return NONE
    first, middle, last = ((value - low) / (high - low) for value in ends)
    return Cell("", interval=(max(first, 0.0), middle, last))


def _reach(group: RunGroup) -> tuple[float, float, float] | None:
    """Return the ends and the middle of what is drawn: a Wilson interval, or the spread of seeds."""
    score = group.first.test
    if score is None:
        return None
    if group.has_spread:
        mean, deviation = group.spread
        return mean - deviation, mean, mean + deviation
    low, high = score.interval
    return low, score.accuracy, high


def _ends(rows: Sequence[Row]) -> tuple[float, float]:
    """Choose the scale of the intervals: up to the best, and down so far that intervals can be told apart."""
    reaches = [reach for row in rows if (reach := _reach(row.group)) is not None]
    scores = [score for row in rows if (score := row.group.first.test) is not None]
    if not reaches:
        return 0.0, 1.0
    low, high = min(reach[0] for reach in reaches), max(reach[2] for reach in reaches)
    best = max(scores, key=lambda score: score.accuracy).interval
    return max(low, high - WIDTHS * (best[1] - best[0])), high


def _difference(row: Row, baseline: Row) -> Cell:
    accuracies, compared_with = row.group.accuracies, baseline.group.accuracies
    if row.run_ids == baseline.run_ids:
        return Cell("baseline")
    score = row.group.first.test
    if (
        not accuracies
        or not compared_with
        or score is None
        or row.group.first.source != baseline.group.first.source
    ):
        return NONE
    means = (statistics.fmean(known.values()) for known in (accuracies, compared_with))
    decimals = _decimals(score)
    own, other = (round(100 * mean, decimals) for mean in means)  # as they are shown: the difference agrees
    return Cell(signed(own - other, decimals), "points")


def _scores(group: RunGroup, read: Callable[[RunSummary], Score | None]) -> Cell:
    scores = [score for run in group.measured.values() if (score := read(run)) is not None]
    if not scores:
        return NONE
    if len(scores) == 1:
        return Cell(percent(scores[0].accuracy, _decimals(scores[0])), _range(scores[0]))
    mean = statistics.fmean(score.accuracy for score in scores)
    deviation = statistics.stdev(score.accuracy for score in scores)
    decimals = _decimals(scores[0])
    return Cell(f"{100 * mean:.{decimals}f} ± {percent(deviation, decimals)}")


def _gap(group: RunGroup) -> Cell:
    """Show how much better the digits are read that were learned, in percentage points."""
    gaps = [
        100 * (report.train.accuracy - report.test.accuracy)
        for run in group.measured.values()
        if (report := run.newest) is not None
    ]
    return Cell(signed(statistics.fmean(gaps), 1), "training minus test, points") if gaps else NONE


def _own_drawings(group: RunGroup, kept: tuple[KeptDrawing, ...]) -> Cell:
    learned = {run.id: find_personalization(run.id) for run in group.measured.values()}
    if any(isinstance(one, UnknownPersonalization) for one in learned.values()):
        return Cell("not known")

    def score(run: RunSummary) -> Score | None:  # by drawings that the model has not learned
        tests = tuple(not_learned(kept, learned[run.id]))
        return drawing_score(run.newest.model, tests) if run.newest else None

    return _scores(group, score)


def _mean(group: RunGroup, read: Callable[[Progress], float], decimals: int) -> Cell:
    numbers = [read(run.newest) for run in group.measured.values() if run.newest is not None]
    return Cell(f"{statistics.fmean(numbers):.{decimals}f}") if numbers else NONE


def _range(score: Score) -> str:
    decimals = _decimals(score)
    low, high = score.interval
    return f"{100 * low:.{decimals}f}{DASH}{percent(high, decimals)}"


def _decimals(score: Score) -> int:
    return 2 if score.count >= MANY else 1 if score.count >= 1_000 else 0


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
