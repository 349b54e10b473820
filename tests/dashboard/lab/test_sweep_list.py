"""Whose maps are whose."""

from pathlib import Path

import pytest

from dashboard.lab.people import People
from dashboard.lab.sweep_list import MAX_SWEEPS, SweepList, owners
from mnist_core.storage.file_store import new_id

ONE, OTHER = "1" * 32, "2" * 32


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    return tmp_path


def test_the_newest_maps_are_kept_the_newest_first() -> None:
    ids = [new_id() for _ in range(MAX_SWEEPS + 2)]
    for sweep_id in ids:
        SweepList(ONE).add(sweep_id)
    SweepList(ONE).add(ids[-1])
    assert list(SweepList(ONE)) == ids[:1:-1]
    assert ids[0] not in SweepList(ONE)
    assert list(SweepList(OTHER)) == []
    assert owners() == dict.fromkeys(ids[2:], ONE)


def test_a_map_is_something_to_come_back_for_and_goes_with_the_person_who_takes_over() -> None:
    people = People()
    one, other = people.find(ONE), people.find(OTHER)
    other.sweeps.add("a" * 32)
    one.sweeps.add("b" * 32)
    assert other.has_anything
    one.take_over(other)
    assert list(one.sweeps) == ["b" * 32, "a" * 32]
    assert list(SweepList(ONE)) == ["b" * 32, "a" * 32]
    assert list(SweepList(OTHER)) == []


@pytest.mark.parametrize("content", [b"{", b"{}", b"[1]", b"\xff", b"[" * 9_000, b" " * 20_000])
def test_a_damaged_list_is_put_aside(content: bytes, home: Path) -> None:
    SweepList(ONE).add("a" * 32)
    path = home / "sweep-lists" / f"{ONE}.json"
    path.write_bytes(content)
    assert list(SweepList(ONE)) == []
    assert path.with_suffix(".damaged").read_bytes() == content


def test_what_is_no_id_of_a_person_is_refused() -> None:
    with pytest.raises(ValueError, match="expected an id"):
        SweepList("../one")
