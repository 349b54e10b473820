"""A person's list of runs: the newest first, on disk, and safe from damage."""

import json
import threading
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from dashboard.lab.job_list import MAX_RUNS, RunList, owners
from mnist_core.storage.file_store import new_id

ONE, OTHER = "1" * 32, "2" * 32
A, B, C = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, in a world where each look at the clock takes a second."""
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    seconds = count(1_000.0)
    monkeypatch.setattr("dashboard.lab.job_list.time", SimpleNamespace(time=lambda: next(seconds)))
    return tmp_path


def _file(home: Path, person_id: str = ONE) -> Path:
    return home / "run-lists" / f"{person_id}.json"


def _ids(runs: RunList) -> list[str]:
    return [run.run_id for run in runs]


def test_a_new_list_is_empty_and_makes_no_file(home: Path) -> None:
    runs = RunList(ONE)
    assert (_ids(runs), len(runs), A in runs) == ([], 0, False)
    assert list(home.iterdir()) == []


def test_the_newest_run_is_the_first_after_a_restart_too() -> None:
    runs = RunList(ONE)
    for run_id in (A, B, C):
        runs.add(run_id)
    assert _ids(runs) == _ids(RunList(ONE)) == [C, B, A]
    assert [run.began for run in RunList(ONE)] == [1_002, 1_001, 1_000]
    assert A in runs
    assert "d" * 32 not in runs


def test_a_run_that_is_removed_is_gone_and_removing_it_twice_does_no_harm() -> None:
    runs = RunList(ONE)
    runs.add(A)
    runs.add(B)
    runs.remove(A)
    runs.remove(A)
    assert _ids(runs) == _ids(RunList(ONE)) == [B]


def test_the_lists_of_two_people_are_apart() -> None:
    RunList(ONE).add(A)
    RunList(OTHER).add(B)
    assert _ids(RunList(ONE)) == [A]
    assert _ids(RunList(OTHER)) == [B]


def _write(home: Path, person_id: str, began: range) -> list[str]:
    """Write the file of a list with runs that began at these times; return their ids, the oldest first."""
    listed = [{"run_id": new_id(), "began": float(second)} for second in began]
    _file(home).parent.mkdir(exist_ok=True)
    _file(home, person_id).write_text(json.dumps(listed))
    return [str(run["run_id"]) for run in listed]


def test_only_the_newest_hundred_are_kept(home: Path) -> None:
    assert MAX_RUNS == 100
    full = _write(home, ONE, range(100))
    runs = RunList(ONE)
    assert _ids(runs) == full[::-1]
    runs.add(A)
    assert _ids(runs) == _ids(RunList(ONE)) == [A, *full[:0:-1]]
    assert full[0] not in runs


def test_two_lists_become_one_in_the_order_in_which_the_runs_began() -> None:
    one, other = RunList(ONE), RunList(OTHER)
    for runs, run_id in ((one, A), (other, B), (one, C), (other, "d" * 32)):
        runs.add(run_id)
    one.take_over(other)
    assert _ids(one) == _ids(RunList(ONE)) == ["d" * 32, C, B, A]
    assert _ids(other) == _ids(RunList(OTHER)) == []


def test_two_long_lists_become_one_with_the_newest_of_both(home: Path) -> None:
    older, newer = _write(home, OTHER, range(60)), _write(home, ONE, range(60, 120))
    one = RunList(ONE)
    one.take_over(RunList(OTHER))
    assert _ids(one) == _ids(RunList(ONE)) == [*newer[::-1], *older[:19:-1]]


def test_runs_that_two_tabs_begin_at_once_are_all_listed() -> None:
    runs = RunList(ONE)
    added = [[new_id() for _ in range(10)] for _ in range(4)]
    start = threading.Barrier(len(added))

    def add(run_ids: list[str]) -> None:
        start.wait()
        for run_id in run_ids:
            runs.add(run_id)

    threads = [threading.Thread(target=add, args=(run_ids,)) for run_ids in added]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(_ids(runs)) == set(_ids(RunList(ONE))) == {one for run_ids in added for one in run_ids}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[{",
        b"\xff\xfe",
        b"3",
        b'{"run_id": 1}',
        b'["' + A.encode() + b'"]',
        b'[{"run_id": "' + A.encode() + b'"}]',
        b'[{"run_id": "' + A.encode() + b'", "began": "yesterday"}]',
        b'[{"run_id": "' + A.encode() + b'", "began": null}]',
        b"[" * 100_000,
    ],
    ids=["empty", "cut", "bytes", "number", "object", "strings", "no time", "words", "null", "deep"],
)
def test_a_damaged_file_is_put_aside_and_never_overwritten(home: Path, content: bytes) -> None:
    _file(home).parent.mkdir()
    _file(home).write_bytes(content)
    runs = RunList(ONE)
    assert _ids(runs) == []
    runs.add(B)
    assert _ids(RunList(ONE)) == [B]
    assert _file(home).with_suffix(".damaged").read_bytes() == content


def test_a_file_with_too_many_runs_gives_the_newest(home: Path) -> None:
    listed = _write(home, ONE, range(150))
    assert _ids(RunList(ONE)) == listed[:49:-1]


def test_without_a_disk_the_list_lasts_as_long_as_the_page(home: Path) -> None:
    (home / "run-lists").write_text("a file in the place of the folder")
    runs = RunList(ONE)
    runs.add(A)
    assert _ids(runs) == [A]
    (home / "run-lists").unlink()
    runs.add(B)
    assert _ids(RunList(ONE)) == [B, A]


@pytest.mark.parametrize("person_id", ["", "../../etc/passwd", "1" * 31, "1" * 33, "G" * 32, "1" * 31 + "\n"])
def test_a_list_belongs_to_an_id(person_id: str, home: Path) -> None:
    with pytest.raises(ValueError, match="expected an id of 32 hexadecimal digits"):
        RunList(person_id)
    assert list(home.iterdir()) == []


def test_the_owners_of_runs_are_those_who_began_them() -> None:
    one, other = RunList(ONE), RunList(OTHER)
    one.add(A)
    one.add(B, own=False)
    other.add(B)
    other.add(C, own=False)
    assert owners() == {A: ONE, B: OTHER}
