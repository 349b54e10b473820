"""How many newcomers an address may send, and how a server that they filled is cleaned."""

import sys
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from dashboard import clean
from dashboard.lab import newcomers
from dashboard.lab.job import JobRefused
from dashboard.lab.job_files import run_files
from dashboard.lab.job_list import JobList
from dashboard.lab.job_queue import JobQueue
from dashboard.lab.job_registry import ALL_BUSY, NO_ROOM, JobRegistry
from dashboard.lab.newcomers import AT_ONCE, SECONDS_EACH, TOO_MANY, Newcomers
from dashboard.lab.people import Person, has_kept
from mnist_core import Digits, TrainingConfig
from mnist_core.storage.file_store import new_id
from mnist_core.storage.files import write_atomically
from tests.dashboard.runs import LIMIT
from tests.support.zips import DRAWINGS


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_class_is_admitted_at_once_and_a_script_is_not_nor_does_it_keep_others_out() -> None:
    now = [0.0]
    people = Newcomers(lambda: now[0])
    admitted = 0
    for second in range(600):
        now[0] = float(second)
        admitted += sum(people.admit(new_id(), "192.0.2.1") for _ in range(4))
    assert admitted <= AT_ONCE + 600 / SECONDS_EACH
    assert all(people.admit(new_id(), "192.0.2.2") for _ in range(60))
    now[0] += AT_ONCE * SECONDS_EACH
    assert all(people.admit(new_id(), "192.0.2.1") for _ in range(60))


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize(("addresses", "least_refused"), [(1, 2_300), (250, 0)])
def test_2_500_newcomers_in_ten_minutes_take_nothing_from_thirty_people_who_were_here(
    few: Digits, home: Path, addresses: int, least_refused: int
) -> None:
    """The ten minutes are those of a clock that is passed in; all else is as on a server."""
    now = [-3_600.0]
    registry = JobRegistry(JobQueue(slots=1))
    registry.newcomers = Newcomers(lambda: now[0])
    people = [Person(new_id()) for _ in range(30)]
    for number, person in enumerate(people):
        person.jobs.address = f"198.51.100.{number}"
        registry.begin_run(TrainingConfig(epochs=1), few, person.jobs).join()
        person.drawings.keep(DRAWINGS[:2])
    before = {path: path.read_bytes() for path in home.rglob("*") if path.suffix != ".txt" and path.is_file()}
    assert len(before) >= 90  # a run, a list and drawings each

    begun, refused = [], []
    for number in range(2_500):
        now[0] = 600 * number / 2_500
        jobs = JobList(new_id())
        jobs.address = f"192.0.2.{number % addresses}"
        try:
            begun.append(registry.begin_run(TrainingConfig(batch_size=1, epochs=50), few, jobs))
        except JobRefused as refusal:
            refused.append(str(refusal))
    for person in people:  # while all that the newcomers began learns or waits
        assert registry.begin_run(TrainingConfig(epochs=1), few, person.jobs).join(LIMIT)
    for run in reversed(begun):  # those that wait first, so that none of them begins to learn
        run.stop()
    assert len(refused) >= least_refused
    assert set(refused) <= {TOO_MANY, ALL_BUSY, NO_ROOM}  # each is a sentence
    assert {path: path.read_bytes() for path in before if path.suffix != ".json"} == {
        path: content for path, content in before.items() if path.suffix != ".json"
    }
    assert all(len(JobList(person.id)) == 2 for person in people)


def _at(monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.fromisoformat(when)

    monkeypatch.setattr(newcomers, "datetime", Clock)


def _begin(person: Person) -> Path:
    """Begin as somebody new does: with a run, and a drawing."""
    assert Newcomers().admit(person.id, "192.0.2.1")
    run_id = new_id()
    path = run_files().path(run_id)
    run_files().put(run_id, partial(write_atomically, content=b"a run"))
    person.jobs.add(run_id)
    person.drawings.keep(DRAWINGS[:1])
    return path


def test_a_filled_server_is_cleaned_and_nobody_else_loses_anything(
    monkeypatch: pytest.MonkeyPatch, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, stranger, other, after = (Person(new_id()) for _ in range(4))
    runs = []
    for person, when in (
        (before, "2026-11-28T10:00"),
        (stranger, "2026-11-29T10:00"),
        (other, "2026-11-29T10:19"),
        (after, "2026-11-29T10:20"),
    ):
        _at(monkeypatch, when)
        runs.append(_begin(person))
    stranger.jobs.add(runs[0].stem, own=False)  # a link to somebody's run, which stays
    before.jobs.add(new_id())  # they begin once
    span = ["2026-11-29T10:00", "2026-11-29T10:20"]
    clean.main(span)
    assert "Found 2 people with 2 runs and maps, 2 of them with drawings." in capsys.readouterr().out
    assert all(run.exists() for run in runs)
    monkeypatch.setattr(clean, "claim_home", lambda: None)
    clean.main([*span, "--remove"])
    assert [run.exists() for run in runs] == [True, False, False, True]
    assert [has_kept(person.id) for person in (before, stranger, other, after)] == [True, False, False, True]
    clean.main(["2020-01-01", "2020-01-02"])
    assert "Found 0 people" in capsys.readouterr().out


def test_nothing_is_removed_while_the_server_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clean, "claim_home", lambda: sys.exit("a server is running"))
    with pytest.raises(SystemExit):
        clean.main(["2026-11-29T10:00", "2026-11-29T10:20", "--remove"])
