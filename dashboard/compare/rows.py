"""The rows of the tab Compare: runs that differ in nothing but their seed are one row."""

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from dashboard.lab.job_list import ListedJob
from dashboard.lab.people import Person
from dashboard.lab.run_job import RunSummary
from dashboard.lab.setting_choices import SETTINGS, write_learning_rate
from dashboard.state import RunIds
from mnist_core import TrainingConfig
from mnist_core.evaluation.mcnemar import seed_spread
from mnist_core.training.worker import State

SEEDS = 2**63  # seeds are smaller


@dataclass(frozen=True, eq=False)
class RunGroup:
    """One run, or several that differ in their seed alone.

    Attributes:
        runs: at least one, by their seeds; of those with the same seed, the newest first.
    """

    runs: tuple[RunSummary, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all its runs."""
        return tuple(run.id for run in self.runs)

    @property
    def seeds(self) -> set[int]:
        """The seeds of all its runs."""
        return {run.config.seed for run in self.runs}

    @property
    def learning(self) -> tuple[RunSummary, ...]:
        """The runs that have not ended yet."""
        return tuple(run for run in self.runs if not run.state.ended)

    @property
    def measured(self) -> dict[int, RunSummary]:
        """One run for each seed whose run has ended, the newest; before any has, those that are learning.

        Another run with the same seed is the same run once more, and says nothing new.
        """
        ended = [run for run in self.runs if run.state.ended]
        newest = {run.config.seed: run for run in reversed(ended or self.runs)}
        return dict(sorted(newest.items()))

    @property
    def first(self) -> RunSummary:
        """The run with the first seed, to stand for the group where one run is needed."""
        return next(iter(self.measured.values()))

    @property
    def config(self) -> TrainingConfig:
        """The settings, with the first of the seeds."""
        return self.runs[0].config

    @property
    def accuracies(self) -> dict[int, float]:
        """The test accuracy of each seed, 0 to 1, without runs that have no report yet."""
        return {
            seed: run.newest.test.accuracy for seed, run in self.measured.items() if run.newest is not None
        }

    @property
    def has_spread(self) -> bool:
        """Whether runs with several seeds have ended."""
        return len(self.measured) > 1 and len(self.accuracies) > 1

    @property
    def spread(self) -> tuple[float, float]:
        """The mean test accuracy, 0 to 1, and the standard deviation around it; ValueError for one seed."""
        return seed_spread(list(self.accuracies.values()))


def group_by_seed(runs: Sequence[RunSummary]) -> list[RunGroup]:
    """Group runs that differ in their seed alone, unless they were stopped; others are groups of their own.

    The groups come in the order of their first runs.
    """
    alike: dict[Hashable, list[RunSummary]] = {}
    for run in runs:
        alike.setdefault(_what_is_alike(run), []).append(run)
    groups: list[RunGroup] = []
    for members in alike.values():
        if len({run.config.seed for run in members}) > 1:
            groups.append(RunGroup(tuple(sorted(members, key=lambda run: run.config.seed))))
        else:
            groups += [RunGroup((run,)) for run in members]
    place = {run.id: index for index, run in enumerate(runs)}
    return sorted(groups, key=lambda group: min(place[run_id] for run_id in group.ids))


def missing_seeds(present: Collection[int], first: int, count: int) -> list[int]:
    """Choose the seeds that are missing to have `count`: from `first` on, without those that are present."""
    candidates = (seed % SEEDS for seed in range(first, first + count + len(present)))
    following = (seed for seed in candidates if seed not in present)
    return list(islice(following, max(0, count - len(present))))


def _what_is_alike(run: RunSummary) -> Hashable:
    if run.state in (State.STOPPED, State.FAILED) or (
        run.newest and run.newest.step == 0 and run.state.ended
    ):
        return run.id
    earlier = tuple((_without_seed(segment.config), segment.until) for segment in run.earlier)
    return run.source, _without_seed(run.config), earlier


def _without_seed(config: TrainingConfig) -> TrainingConfig:
    """Leave out the seed, and how often the run reports, which changes nothing that it learns."""
    return replace(config, seed=0, reports_per_epoch=1, early_reports=False)


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
    extra = "".join(
        f" · {SETTINGS[name].describe(value)}"
        for name in ("training_digits", "wrong_labels")
        if (value := getattr(config, name))
    )
    continued = " · continued" if group.first.earlier else ""
    return f"batch {config.batch_size} · rate {rate} · {config.preprocessing}{extra}{continued}"
