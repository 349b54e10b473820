"""Runs that differ in nothing but their seed, put together: what varies within such a group is chance."""

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from dashboard.lab.run_job import RunSummary
from mnist_core import State, TrainingConfig, seed_spread

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
