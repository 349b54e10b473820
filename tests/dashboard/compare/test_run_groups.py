"""Runs grouped by everything but their seed."""

import statistics
from dataclasses import replace

import pytest

from dashboard.compare.run_groups import RunGroup, group_by_seed, missing_seeds
from dashboard.lab.run_job import RunSummary
from mnist_core import Metrics, Preprocessing, Progress, Segment, SoftmaxRegressor, State, TrainingConfig
from mnist_core.storage.file_store import new_id

CONFIG = TrainingConfig(preprocessing=Preprocessing.RAW)
MODEL = SoftmaxRegressor(Preprocessing.RAW)


def _run(config: TrainingConfig = CONFIG, accuracy: float = 0.9, **changes: object) -> RunSummary:
    newest = Progress(10, 1.0, Metrics(1.0, 0.5), Metrics(0.5, accuracy), 1.0, MODEL)
    run = RunSummary(new_id(), config, (), "sample", State.FINISHED, 10.0, newest)
    return replace(run, **changes)  # type: ignore[arg-type]


def _seeds(*seeds: int) -> list[RunSummary]:
    return [_run(replace(CONFIG, seed=seed), accuracy=0.9 + seed / 100) for seed in seeds]


def _sizes(groups: list[RunGroup]) -> list[int]:
    return [len(group.runs) for group in groups]


def test_runs_that_differ_in_the_seed_alone_are_one_group_sorted_by_their_seeds() -> None:
    runs = _seeds(4, 0, 2)
    (group,) = group_by_seed(runs)
    assert group.ids == (runs[1].id, runs[2].id, runs[0].id)
    assert group.seeds == {0, 2, 4}
    assert group.first is runs[1]


def test_how_often_a_run_reports_makes_no_difference() -> None:
    often = _run(replace(CONFIG, seed=1, reports_per_epoch=9, early_reports=True))
    assert _sizes(group_by_seed([_run(), often])) == [2]


@pytest.mark.parametrize(
    "other",
    [
        _run(replace(CONFIG, seed=1, batch_size=50)),
        _run(replace(CONFIG, seed=1, learning_rate=0.02)),
        _run(replace(CONFIG, seed=1, epochs=11)),
        _run(replace(CONFIG, seed=1, validation=500)),
        _run(replace(CONFIG, seed=1), source="mnist"),
        _run(replace(CONFIG, seed=1), state=State.STOPPED),
        _run(replace(CONFIG, seed=1), state=State.FAILED),
        _run(replace(CONFIG, seed=1), earlier=(Segment(CONFIG, 1.0),)),
    ],
)
def test_runs_that_differ_otherwise_are_groups_of_their_own(other: RunSummary) -> None:
    assert _sizes(group_by_seed([_run(), other])) == [1, 1]


def test_the_same_run_twice_is_no_group() -> None:
    assert _sizes(group_by_seed([_run(), _run()])) == [1, 1]


def test_groups_come_in_the_order_of_their_first_runs() -> None:
    a, b = _seeds(0, 1)
    other = _run(replace(CONFIG, batch_size=7))
    assert [group.ids for group in group_by_seed([a, other, b])] == [(a.id, b.id), other_ids := (other.id,)]
    assert group_by_seed([other, a, b])[0].ids == other_ids


def test_the_spread_counts_each_seed_once_with_its_newest_run() -> None:
    newest, other = _seeds(0, 1)
    older = _run(replace(CONFIG, seed=0), accuracy=0.1)
    (group,) = group_by_seed([newest, other, older])
    assert len(group.runs) == 3
    assert group.accuracies == {0: 0.9, 1: 0.91}
    assert list(group.spread) == pytest.approx([0.905, statistics.stdev([0.9, 0.91])])


def test_runs_that_are_learning_belong_to_the_group_but_not_to_its_results() -> None:
    done, other = _seeds(0, 1)
    learning = replace(_seeds(2)[0], state=State.RUNNING)
    (group,) = group_by_seed([done, other, learning])
    assert group.learning == (learning,)
    assert list(group.measured) == [0, 1]
    assert group.has_spread


def test_before_any_run_of_a_group_has_ended_those_that_learn_stand_for_it() -> None:
    runs = [replace(run, state=State.RUNNING) for run in _seeds(0, 1)]
    (group,) = group_by_seed(runs)
    assert list(group.measured) == [0, 1]


def test_a_single_run_has_no_spread() -> None:
    (group,) = group_by_seed([_run()])
    assert not group.has_spread
    with pytest.raises(ValueError, match="at least two runs"):
        _ = group.spread


@pytest.mark.parametrize(
    ("present", "first", "missing"),
    [
        ([], 0, [0, 1, 2, 3, 4]),
        ([0], 0, [1, 2, 3, 4]),
        ([0, 2], 0, [1, 3, 4]),
        ([7], 7, [8, 9, 10, 11]),
        ([0, 1, 2, 3, 4], 0, []),
        (range(9), 0, []),
        ([2**63 - 1], 2**63 - 1, [0, 1, 2, 3]),
    ],
)
def test_the_seeds_that_are_missing_are_the_next_ones(
    present: list[int], first: int, missing: list[int]
) -> None:
    assert missing_seeds(present, first, 5) == missing
