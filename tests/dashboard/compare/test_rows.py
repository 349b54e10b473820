"""The rows of the tab Compare: the own list and what a link brings, and which rows run ids name."""

from dataclasses import replace

import pytest

from dashboard.compare.rows import Row, chosen_rows, find_rows, parts_of, row_with
from dashboard.lab.job_files import run_files, save_job
from dashboard.lab.people import Person
from dashboard.run_actions import find_summaries
from mnist_core import Run, Segment
from mnist_core.storage.file_store import new_id
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
