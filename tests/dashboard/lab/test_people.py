"""People: each has drawings and runs of their own, the same in all their tabs."""

import errno
import math
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from dashboard.lab.job_files import save_job
from dashboard.lab.people import People, Person
from mnist_core import Run
from mnist_core.storage.drawings_zip import store_drawings
from mnist_core.storage.file_store import FileUnreadable, new_id
from mnist_core.storage.visited_days import unvisited_before
from tests.support.zips import DRAWINGS

ONE, OTHER = "1" * 32, "2" * 32


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    return tmp_path


def _labels(person: Person) -> list[int]:
    return [kept.drawing.label for kept in person.drawings.kept]


def _runs(person: Person) -> list[str]:
    return [run.job_id for run in person.jobs]


def test_a_newcomer_has_nothing_to_come_back_for() -> None:
    assert not People().find(new_id()).has_anything


def test_a_drawing_or_a_run_is_something_to_come_back_for() -> None:
    with_a_drawing, with_a_run = People().find(ONE), People().find(OTHER)
    with_a_drawing.drawings.keep(DRAWINGS[:1])
    with_a_run.jobs.add(new_id())
    assert with_a_drawing.has_anything
    assert with_a_run.has_anything


def test_nobody_sees_what_another_has() -> None:
    people = People()
    one, other = people.find(ONE), people.find(OTHER)
    one.drawings.keep(DRAWINGS)
    one.jobs.add(new_id())
    assert not other.has_anything
    other.drawings.keep(DRAWINGS[:1])
    one.drawings.drop_all()
    assert _labels(People().find(OTHER)) == [3]


def test_two_tabs_of_a_person_keep_in_the_same_place() -> None:
    people = People()
    first, second = people.find(ONE), people.find(ONE)
    first.drawings.keep(DRAWINGS[:1])
    second.drawings.keep(DRAWINGS[1:2])
    second.jobs.add("a" * 32)
    assert _labels(first) == [3, 0]
    assert _runs(first) == ["a" * 32]
    assert _labels(People().find(ONE)) == [3, 0]


@pytest.mark.parametrize("person_id", ["", "../someone", "1" * 31, "G" * 32])
def test_only_an_id_finds_a_person(person_id: str) -> None:
    with pytest.raises(ValueError, match="expected an id"):
        People().find(person_id)


def test_a_person_whose_drawings_are_damaged_still_has_their_runs(home: Path) -> None:
    People().find(ONE).jobs.add("a" * 32)
    store_drawings(ONE, DRAWINGS)
    path = home / "drawings" / f"{ONE}.zip"
    path.write_bytes(path.read_bytes()[:-30])
    person = People().find(ONE)
    assert _runs(person) == ["a" * 32]
    assert _labels(person) == []


@pytest.mark.parametrize("written", range(5))  # files, before the disk fails for a while; four are needed
def test_a_person_takes_over_all_that_another_has_and_nothing_is_lost_half_way(
    written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = People()
    one, other = people.find(ONE), people.find(OTHER)
    one.drawings.keep(DRAWINGS[:1])
    one.jobs.add("a" * 32)
    other.drawings.keep(DRAWINGS[1:2])
    other.jobs.add("b" * 32)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", _failing_after(written))
        with suppress(OSError):
            one.take_over(other)
    both = [People().find(ONE), People().find(OTHER)]  # after a restart
    assert {label for person in both for label in _labels(person)} == {3, 0}
    assert {run for person in both for run in _runs(person)} == {"a" * 32, "b" * 32}
    one.take_over(other)
    assert _labels(one) == _labels(People().find(ONE)) == [3, 0]
    assert _runs(one) == _runs(People().find(ONE)) == ["b" * 32, "a" * 32]
    assert not other.has_anything
    assert written < 4 or not People().find(OTHER).has_anything


def _failing_after(written: int) -> Callable[[Path, Path], Path]:
    replace, calls = Path.replace, iter(range(written))

    def failing(path: Path, target: Path) -> Path:
        if next(calls, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return replace(path, target)

    return failing


@pytest.mark.parametrize("unreadable", [ONE, OTHER])
def test_while_the_drawings_of_one_cannot_be_read_two_people_stay_two(unreadable: str) -> None:
    for person_id in (ONE, OTHER):
        People().find(person_id).drawings.keep(DRAWINGS[:2])
    people = People()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_bytes", lambda _: os.read(-1, 1))
        people_unreadable = people.find(unreadable)
        one, other = people.find(ONE), people.find(OTHER)
        assert people_unreadable.has_anything
        with pytest.raises(FileUnreadable):
            one.take_over(other)
    assert _labels(People().find(ONE)) == _labels(People().find(OTHER)) == [3, 0]
    one.take_over(other)
    assert _labels(People().find(OTHER)) == []


def test_a_person_who_has_closed_the_page_takes_no_memory() -> None:
    people = People()
    person = people.find(ONE)
    person.drawings.keep(DRAWINGS)
    del person
    assert len(people) == 0


def test_a_visit_is_noted_on_all_that_belongs_to_the_person(home: Path, ended: Run) -> None:
    person = People().find(ONE)
    save_job("a" * 32, ended)
    save_job("b" * 32, ended)
    person.jobs.add("a" * 32)
    person.jobs.add("b" * 32, own=False)
    for path in home.glob("*/*"):
        os.utime(path, (0, 0))
    person.note_visit()
    unvisited = [path.stem for path in home.glob("*/*") if not path.stat().st_mtime]
    assert unvisited == ["b" * 32]
    assert unvisited_before(home) == -math.inf  # the first day
