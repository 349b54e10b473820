"""A person's list of jobs: in order, whose they are, what they are called, and safe on disk."""

import errno
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from dashboard.lab.job import JobRefused
from dashboard.lab.job_list import MAX_NAME, JobList, ListedJob, tidy
from mnist_core.storage.file_store import new_id

ONE, OTHER = "1" * 32, "2" * 32
A, B, C, D = "a" * 32, "b" * 32, "c" * 32, "d" * 32


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, in a world where each look at the clock takes a second."""
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    seconds = count(1_000.0)
    monkeypatch.setattr("dashboard.lab.job_list.time", SimpleNamespace(time=lambda: next(seconds)))
    return tmp_path


@pytest.fixture
def jobs() -> JobList:
    """A list with a run and a map of one's own, and between them a run that was added from a link."""
    jobs = JobList(ONE)
    jobs.add(A)
    jobs.add(B, own=False)
    jobs.add(C, is_map=True)
    return jobs


def _file(home: Path) -> Path:
    return home / "lists" / f"{ONE}.json"


def _ids(jobs: JobList) -> list[str]:
    return [job.job_id for job in jobs]


def _again(jobs: JobList) -> list[ListedJob]:
    """What the list has after the server was started again, which is what it has now."""
    again = list(JobList(ONE))
    assert again == list(jobs)
    return again


@contextmanager
def _failing(method: str) -> Iterator[None]:
    """Have no file handle left to read or write with."""

    def fail(*_: object, **__: object) -> bytes:
        raise OSError(errno.EMFILE, "Too many open files")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, method, fail)
        yield


def test_a_new_list_is_empty_and_makes_no_file(home: Path) -> None:
    jobs = JobList(ONE)
    assert (_ids(jobs), len(jobs), A in jobs, jobs.readable) == ([], 0, False, True)
    assert list(home.iterdir()) == []


def test_the_newest_job_is_the_first_and_it_is_known_whose_it_is(jobs: JobList) -> None:
    assert [(job.job_id, job.began, job.own, job.is_map) for job in _again(jobs)] == [
        (C, 1_002, True, True),
        (B, 1_001, False, False),
        (A, 1_000, True, False),
    ]
    assert [jobs.owns(job_id) for job_id in (A, B, C, D)] == [True, False, True, False]
    assert [job.job_id for job in jobs.runs] == [B, A]
    assert [job.job_id for job in jobs.maps] == [C]
    assert list(JobList(OTHER)) == []


def test_a_job_that_is_added_again_stays_as_it_was(jobs: JobList) -> None:
    before = _again(jobs)
    jobs.add(A, own=False, name="other")
    assert _again(jobs) == before


def test_jobs_keep_their_names_and_an_empty_one_takes_the_name_away(jobs: JobList) -> None:
    jobs.rename([A, C], "both")
    assert [job.name for job in _again(jobs)] == ["both", "", "both"]
    jobs.rename([A], "")
    assert [job.name for job in _again(jobs)] == ["both", "", ""]


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


def test_there_is_one_baseline_at_most(jobs: JobList) -> None:
    baselines = [jobs.baseline]
    for job_id in (B, A, D, B, ""):
        jobs.pin(job_id)
        assert sum(job.baseline for job in _again(jobs)) <= 1
        baselines.append(jobs.baseline)
    assert baselines == ["", B, A, "", B, ""]


def test_removed_jobs_come_back_in_their_places_with_names_and_baseline(jobs: JobList) -> None:
    jobs.rename([B], "middle")
    jobs.pin(B)
    before = _again(jobs)
    removed = [job for job in jobs if job.job_id != C]
    jobs.remove([A, B, D])
    assert [job.job_id for job in _again(jobs)] == [C]
    jobs.restore(removed)
    assert _again(jobs) == before


def test_a_baseline_that_comes_back_gives_way_to_one_pinned_meanwhile(jobs: JobList) -> None:
    jobs.pin(A)
    removed = [job for job in jobs if job.job_id == A]
    jobs.remove([A])
    jobs.pin(B)
    jobs.restore(removed)
    assert JobList(ONE).baseline == B


def test_a_list_takes_over_another_in_the_order_in_which_the_jobs_began(jobs: JobList) -> None:
    other = JobList(OTHER)
    other.add(B, name="mine")
    other.add(D)
    jobs.take_over(other)
    assert [(job.job_id, job.own, job.name) for job in _again(jobs)] == [
        (D, True, ""),
        (C, True, ""),
        (B, True, "mine"),
        (A, True, ""),
    ]
    assert list(JobList(OTHER)) == list(other) == []


def test_nothing_is_given_away_before_it_is_saved(jobs: JobList) -> None:
    other = JobList(OTHER)
    other.add(D)
    with _failing("open"):
        jobs.take_over(other)
    assert _ids(JobList(OTHER)) == [D]


def test_jobs_that_two_tabs_begin_at_once_are_all_listed() -> None:
    jobs = JobList(ONE)
    added = [[new_id() for _ in range(10)] for _ in range(4)]
    start = threading.Barrier(len(added))

    def add(job_ids: list[str]) -> None:
        start.wait()
        for job_id in job_ids:
            jobs.add(job_id)

    threads = [threading.Thread(target=add, args=(job_ids,)) for job_ids in added]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {job.job_id for job in _again(jobs)} == {one for job_ids in added for one in job_ids}


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"[{", b"\xff\xfe", b"3", b'{"job_id": 1}', b'["x"]', b"[" * 100_000, b" " * 1_000_001),
        *(
            json.dumps([{"job_id": A, "began": 1.5} | change]).encode()
            for change in (
                {"began": "yesterday"},
                {"began": None},
                {"own": 1},
                {"name": None},
                {"baseline": "no"},
                {"job_id": 7},
                {"is_map": None},
                {"of another": 1},
            )
        ),
    ],
)
def test_a_damaged_file_is_put_aside_and_never_overwritten(home: Path, content: bytes) -> None:
    _file(home).parent.mkdir()
    _file(home).write_bytes(content)
    jobs = JobList(ONE)
    assert _ids(jobs) == []
    jobs.add(B)
    assert _ids(JobList(ONE)) == [B]
    assert _file(home).with_suffix(".damaged").read_bytes() == content


@pytest.mark.parametrize("method", ["read_bytes", "rename"])
def test_a_file_that_cannot_be_read_or_put_aside_is_not_changed_and_is_tried_again(
    jobs: JobList, home: Path, method: str
) -> None:
    content = _file(home).read_bytes()
    if method == "rename":
        _file(home).write_bytes(b"damaged")
    with _failing(method):
        again = JobList(ONE)
        assert (_ids(again), again.owns(A), again.readable) == ([], False, False)
        with pytest.raises(JobRefused, match="cannot be read just now"):
            again.add(D)
        with pytest.raises(JobRefused):
            again.save()
        with pytest.raises(JobRefused):
            JobList(OTHER).take_over(again)
    _file(home).write_bytes(content)
    assert list(again) == list(jobs)
    assert again.readable


def test_a_change_that_cannot_be_written_is_kept_and_written_with_the_next(jobs: JobList) -> None:
    with _failing("open"):
        jobs.add(D)
    assert jobs.unsaved
    assert jobs.owns(D)
    assert _ids(JobList(ONE)) == [C, B, A]
    jobs.save()
    assert not jobs.unsaved
    assert _ids(JobList(ONE)) == [D, C, B, A]


@pytest.mark.parametrize("person_id", ["", "../../etc/passwd", "1" * 31, "1" * 33, "G" * 32, "1" * 31 + "\n"])
def test_a_list_belongs_to_an_id(person_id: str, home: Path) -> None:
    with pytest.raises(ValueError, match="expected an id of 32 hexadecimal digits"):
        JobList(person_id)
    assert list(home.iterdir()) == []
