"""The rows of the tab Compare: the runs on a person's list, and those that a link brought."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dashboard.compare.run_groups import RunGroup, group_by_seed
from dashboard.lab.job_list import ListedJob
from dashboard.lab.people import Person
from dashboard.lab.run_job import RunSummary
from dashboard.lab.setting_choices import write_learning_rate
from dashboard.state import RunIds

Summaries = Callable[[Iterable[str]], list[RunSummary]]  # of runs by their ids, without those that are gone


@dataclass(frozen=True, eq=False)
class Row:
    """One run, or several that differ in their seed alone.

    Attributes:
        group: the runs.
        name: the one the person gave, or a good one.
        listed: whether it is on the person's list; else a link brought it.
        own: whether the person began all of its runs.
        part_of: the row that it is a part of, if it is one of several seeds.
    """

    group: RunGroup
    name: str
    listed: bool
    own: bool
    part_of: "Row | None" = None

    @property
    def run_ids(self) -> RunIds:
        """The ids of its runs."""
        return self.group.ids


def find_rows(person: Person, summaries: Summaries, linked: Iterable[RunIds]) -> list[Row]:
    """Find the rows of a person's list, the newest first, and after them those that only a link has.

    Runs that are no longer on the server are left out.
    """
    listed = {run.job_id: run for run in person.jobs.runs}
    rows = [_row(group, listed) for group in group_by_seed(summaries(listed))]
    for run_ids in linked:
        others = [run_id for run_id in run_ids if run_id not in listed]
        known = {run_id for row in rows for run_id in row.run_ids}
        linked_summaries = summaries([run_id for run_id in others if run_id not in known])
        rows += [_row(group, listed) for group in group_by_seed(linked_summaries)]
    return rows


def parts_of(row: Row) -> list[Row]:
    """List the single runs of a row, if it has several."""
    if len(row.run_ids) == 1:
        return []
    return [
        Row(RunGroup((run,)), f"{row.name}, seed {run.config.seed}", row.listed, row.own, row)
        for run in row.group.runs
    ]


def chosen_rows(wanted: Iterable[RunIds], rows: Sequence[Row]) -> list[Row]:
    """Find the rows with these runs, in this order; a group that has grown is taken as it is now."""
    chosen: list[Row] = []
    for run_ids in wanted:
        found = _row_of(run_ids, rows)
        if found is not None and found.run_ids not in [row.run_ids for row in chosen]:
            chosen.append(found)
    return chosen


def row_with(run_id: str, rows: Sequence[Row]) -> Row | None:
    """Find the row that a run is in."""
    return next((row for row in rows if run_id in row.run_ids), None)


def _row_of(run_ids: RunIds, rows: Sequence[Row]) -> Row | None:
    row = next((row for run_id in run_ids for row in rows if run_id in row.run_ids), None)
    if row is None or len(row.run_ids) == 1 or len(run_ids) > 1:
        return row
    return next(part for part in parts_of(row) if part.run_ids == run_ids)


def _row(group: RunGroup, listed: dict[str, ListedJob]) -> Row:
    known = [listed[run_id] for run_id in group.ids if run_id in listed]
    given = next((run.name for run in known if run.name), "")
    own = len(known) == len(group.ids) and all(run.own for run in known)
    return Row(group, given or usual_name(group), bool(known), own)


def usual_name(group: RunGroup) -> str:
    """Name runs by their main settings, "batch 100 · rate 0.5 · directions"."""
    config, newest = group.config, group.first.newest
    if newest is not None and newest.step == 0 and group.first.state.ended:
        return f"a model from a file · {config.preprocessing}"
    rate = write_learning_rate(config.learning_rate)
    continued = " · continued" if group.first.earlier else ""
    return f"batch {config.batch_size} · rate {rate} · {config.preprocessing}{continued}"
