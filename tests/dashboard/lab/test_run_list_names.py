"""What a list says of its runs: whose they are, their names, and the baseline."""

import json
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from dashboard.lab.job_list import MAX_NAME, ListedRun, RunList, tidy

ONE, OTHER = "1" * 32, "2" * 32
A, B, C = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, in a world where each look at the clock takes a second."""
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    seconds = count(1_000.0)
    monkeypatch.setattr("dashboard.lab.job_list.time", SimpleNamespace(time=lambda: next(seconds)))
    return tmp_path


@pytest.fixture
def runs() -> RunList:
    """A list with two runs of one's own, and one between them that was added from a link."""
    runs = RunList(ONE)
    runs.add(A)
    runs.add(B, own=False)
    runs.add(C)
    return runs


def _again(runs: RunList) -> list[ListedRun]:
    """What the list has after the server was started again, which is what it has now."""
    again = list(RunList(ONE))
    assert again == list(runs)
    return again


def test_a_run_that_was_added_is_listed_but_not_owned(runs: RunList) -> None:
    assert [run.run_id for run in _again(runs)] == [C, B, A]
    assert all(run_id in runs for run_id in (A, B, C))
    assert [runs.owns(run_id) for run_id in (A, B, C, "d" * 32)] == [True, False, True, False]
    assert [RunList(ONE).owns(run_id) for run_id in (A, B, C)] == [True, False, True]


def test_a_run_of_ones_own_that_is_added_again_stays_ones_own_and_where_it_was(runs: RunList) -> None:
    before = _again(runs)
    runs.add(A, own=False)
    assert _again(runs) == before


def test_runs_keep_their_names_and_an_empty_one_takes_the_name_away(runs: RunList) -> None:
    runs.rename([A, C], "both")
    assert [run.name for run in _again(runs)] == ["both", "", "both"]
    runs.rename([A], "")
    assert [run.name for run in _again(runs)] == ["both", "", ""]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  best   of\nall ", "best of all"),
        ("tab\tand\x00null", "tab and null"),
        ("\u202eright to left", "right to left"),
        ("x" * 200, "x" * MAX_NAME),
        (" \n ", ""),
        ("é中😀", "é中😀"),
    ],
)
def test_a_name_is_one_printable_line(written: str, kept: str) -> None:
    assert tidy(written) == kept


def test_there_is_one_baseline_at_most(runs: RunList) -> None:
    assert runs.baseline == ""
    runs.pin(B)
    assert (runs.baseline, RunList(ONE).baseline) == (B, B)
    runs.pin(C)
    assert [run.baseline for run in _again(runs)] == [True, False, False]
    runs.pin("")
    assert RunList(ONE).baseline == ""


def test_pinning_a_run_that_is_not_listed_unpins_the_others(runs: RunList) -> None:
    runs.pin(A)
    runs.pin("d" * 32)
    assert runs.baseline == ""


def test_a_change_that_changes_nothing_writes_nothing(runs: RunList, home: Path) -> None:
    (home / "run-lists" / f"{ONE}.json").unlink()
    runs.rename([A], "")
    runs.pin("")
    assert list(RunList(ONE)) == []


def test_removed_runs_come_back_in_their_places_with_names_and_baseline(runs: RunList) -> None:
    runs.rename([B], "middle")
    runs.pin(B)
    before = _again(runs)
    removed = [runs.remove(run_id) for run_id in (B, A)]
    assert [run.run_id for run in _again(runs)] == [C]
    assert runs.remove("d" * 32) is None
    runs.restore([run for run in removed if run])
    assert _again(runs) == before


def test_a_baseline_that_comes_back_gives_way_to_one_pinned_meanwhile(runs: RunList) -> None:
    runs.pin(A)
    removed = runs.remove(A)
    assert removed is not None
    runs.pin(C)
    runs.restore([removed])
    assert RunList(ONE).baseline == C


def test_two_lists_with_the_same_run_become_one_that_owns_it(runs: RunList) -> None:
    other = RunList(OTHER)
    other.add(B, name="mine")
    runs.take_over(other)
    assert [(run.run_id, run.own, run.name) for run in _again(runs)] == [
        (C, True, ""),
        (B, True, "mine"),
        (A, True, ""),
    ]
    assert list(RunList(OTHER)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"own": "yes"},
        {"own": 1},
        {"name": None},
        {"name": 3},
        {"baseline": "no"},
        {"run_id": 7},
        {"unknown": 1},
    ],
)
def test_a_file_with_another_type_or_field_is_put_aside(home: Path, change: dict[str, object]) -> None:
    path = home / "run-lists" / f"{ONE}.json"
    path.parent.mkdir()
    path.write_text(json.dumps([{"run_id": A, "began": 1.5} | change]))
    assert list(RunList(ONE)) == []
    assert path.with_suffix(".damaged").exists()
