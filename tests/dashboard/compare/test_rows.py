"""The rows of the tab Compare: the own list and what a link brings, and which rows run ids name."""

import statistics
from dataclasses import replace

import pytest

from dashboard.compare.rows import (
    Row,
    RunGroup,
    chosen_rows,
    find_rows,
    group_by_seed,
    missing_seeds,
    parts_of,
    row_with,
)
from dashboard.lab.job_files import run_files, save_job
from dashboard.lab.people import Person
from dashboard.lab.run_job import RunSummary
from dashboard.run_actions import find_summaries
from mnist_core import Metrics, Preprocessing, Progress, Run, SoftmaxRegressor, TrainingConfig
from mnist_core.run_file import Segment
from mnist_core.storage.file_store import new_id
from mnist_core.training.worker import State
from tests.dashboard.runs import OTHER, person, store


def _rows(one: Person, *linked: tuple[str, ...]) -> list[Row]:
    return find_rows(one, find_summaries, linked)


def test_the_newest_run_comes_first_and_seeds_are_one_row(one: Person, ids: dict[str, str]) -> None:
    held_out, slow, seeds = _rows(one)
    assert held_out.run_ids == (ids["held out"],)
    assert slow.run_ids == (ids["slow"],)
    assert seeds.run_ids == (ids["seed 0"], ids["seed 1"], ids["seed 2"])
    assert [part.run_ids for part in parts_of(seeds)] == [(one_id,) for one_id in seeds.run_ids]
    assert parts_of(slow) == []


def test_nothing_of_another_person_is_listed(one: Person, ids: dict[str, str]) -> None:
    assert _rows(person(OTHER)) == []


def test_runs_have_a_good_name_until_they_are_given_one(one: Person, ids: dict[str, str]) -> None:
    assert [row.name for row in _rows(one)] == [
        "batch 50 · rate 0.2 · raw",
        "batch 100 · rate 0.001 · raw",
        "batch 100 · rate 0.2 · raw",
    ]
    one.jobs.rename([ids["seed 1"]], "three of a kind")
    assert _rows(one)[2].name == "three of a kind"


def test_a_link_brings_runs_after_those_of_the_list(one: Person, quick: dict[str, Run]) -> None:
    own = store(quick["slow"], one)
    others = [store(quick[f"seed {seed}"], person(OTHER)) for seed in (2, 0)]
    listed, linked = _rows(one, tuple(others), (own,))
    assert (listed.run_ids, listed.listed, listed.own) == ((own,), True, True)
    assert (linked.run_ids, linked.listed, linked.own) == ((others[1], others[0]), False, False)


def test_a_link_cannot_put_runs_into_one_group_that_are_different(one: Person, quick: dict[str, Run]) -> None:
    run_ids = tuple(store(quick[name]) for name in ("seed 0", "slow"))
    assert [len(row.run_ids) for row in _rows(one, run_ids)] == [1, 1]


def test_a_run_that_was_added_is_not_own(one: Person, quick: dict[str, Run]) -> None:
    added = store(quick["slow"], person(OTHER))
    one.jobs.add(added, own=False)
    (row,) = _rows(one)
    assert (row.listed, row.own) == (True, False)


def test_runs_that_are_gone_or_damaged_are_left_out(one: Person, ids: dict[str, str]) -> None:
    run_files().path(ids["slow"]).unlink()
    run_files().path(ids["held out"]).write_bytes(b"damaged")
    (seeds,) = _rows(one, (new_id(),))
    assert seeds.run_ids[0] == ids["seed 0"]


def test_run_ids_name_a_row_as_it_is_now(one: Person, ids: dict[str, str], quick: dict[str, Run]) -> None:
    rows = _rows(one)
    before = (ids["seed 0"], ids["seed 1"])
    (chosen,) = chosen_rows([before], rows)
    assert chosen is rows[2]


def test_one_run_of_several_seeds_can_be_chosen_alone(one: Person, ids: dict[str, str]) -> None:
    rows = _rows(one)
    chosen = chosen_rows([(ids["seed 1"],), rows[2].run_ids, (ids["seed 1"],)], rows)
    assert [row.run_ids for row in chosen] == [(ids["seed 1"],), rows[2].run_ids]
    assert chosen[0].part_of is rows[2]
    assert chosen[0].group.config.seed == 1


def test_chosen_runs_stand_in_the_order_in_which_they_were_chosen(one: Person, ids: dict[str, str]) -> None:
    rows = _rows(one)
    wanted = [(ids["slow"],), (new_id(),), (ids["held out"],)]
    assert [row.run_ids for row in chosen_rows(wanted, rows)] == [wanted[0], wanted[2]]


def test_a_run_is_found_in_the_row_of_its_group(one: Person, ids: dict[str, str]) -> None:
    rows = _rows(one)
    assert row_with(ids["seed 2"], rows) is rows[2]
    assert row_with(new_id(), rows) is None


@pytest.mark.parametrize(("name", "expected"), [("slow", "batch 100 · rate 0.001 · raw · continued")])
def test_a_continued_run_is_called_so(one: Person, quick: dict[str, Run], name: str, expected: str) -> None:
    run_id = new_id()
    save_job(run_id, replace(quick[name], earlier=(Segment(quick[name].config, 0.5),)))
    one.jobs.add(run_id)
    assert _rows(one)[0].name == expected


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
