"""The jobs of a server: begun, found again, continued, copied, deleted, and on disk as soon as they end."""

import errno
import gc
import threading
import weakref
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dashboard.lab import job_registry
from dashboard.lab.job import JobRefused, JobUnreadable
from dashboard.lab.job_files import files_with, load_job, run_files, save_job
from dashboard.lab.job_list import JobList
from dashboard.lab.job_queue import AWAY, JobQueue
from dashboard.lab.job_registry import JobRegistry
from dashboard.lab.map_file import MapResults
from dashboard.lab.newcomers import Newcomers
from dashboard.lab.run_job import RunJob, estimated_bytes, run_of_model
from mnist_core import Digits, Preprocessing, Run, SoftmaxRegressor, Split, TrainingConfig, evaluate, train
from mnist_core.storage.file_store import new_id
from mnist_core.training.worker import State
from tests.dashboard.runs import UNENDING, join, stored, wait_for_report
from tests.dashboard.sweeps import GRID
from tests.support.sources import wait_for

CONFIG = TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW, reports_per_epoch=3)
FULL = OSError(errno.ENOSPC, "No space left on device")
ONE, OTHER = "1" * 32, "2" * 32


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def jobs(home: Path) -> JobList:
    """The list of ONE."""
    return JobList(ONE)


@pytest.fixture(scope="module")
def run(sample: Digits) -> Run:
    config = replace(CONFIG, validation=300)
    return Run(config, tuple(train(config, sample)), "sample")


def _finished(registry: JobRegistry, digits: Digits, config: TrainingConfig = CONFIG) -> RunJob:
    return join(registry.begin_run(config, digits, JobList(ONE)))


def _begun(registry: JobRegistry, digits: Digits, jobs: JobList | None = None) -> RunJob:
    """A run that has made its first report, and makes no other."""
    jobs = JobList(new_id()) if jobs is None else jobs
    return wait_for_report(registry.begin_run(CONFIG, digits, jobs, seconds_per_report=UNENDING))


def _found(registry: JobRegistry, run_id: str) -> RunJob:
    found = registry.run(run_id)
    assert found is not None
    return found


# Begun and found


def test_a_finished_run_is_its_owners_and_is_found_by_a_server_that_was_started_again(
    sample: Digits, jobs: JobList
) -> None:
    run = join(JobRegistry().begin_run(CONFIG, sample, jobs))
    assert JobList(ONE).owns(run.id)
    again = _found(JobRegistry(), run.id)
    assert (again.state, again.config, again.waiting) == (State.FINISHED, CONFIG, None)
    assert [report.test for report in again.history] == [report.test for report in run.history]
    assert torch.equal(again.history[-1].model.linear.weight, run.history[-1].model.linear.weight)


def test_a_run_is_on_disk_before_it_is_shown_as_finished(sample: Digits, jobs: JobList) -> None:
    run = JobRegistry().begin_run(CONFIG, sample, jobs)
    wait_for(lambda: run.state.ended)
    assert stored(run.id).config == CONFIG


def test_a_stopped_run_comes_back_as_stopped(sample: Digits) -> None:
    run = _begun(JobRegistry(), sample)
    run.stop()
    assert join(run).state is State.STOPPED
    assert _found(JobRegistry(), run.id).state is State.STOPPED


@pytest.mark.parametrize("job_id", ["../../etc/passwd", "", "0" * 31, "G" * 32, "0" * 31 + "\n", "a" * 32])
def test_what_is_not_there_is_none(job_id: str) -> None:
    registry = JobRegistry()
    assert [registry.get(job_id), registry.summary(job_id), registry.map(job_id)] == [None] * 3


def test_a_map_is_no_run_and_a_run_is_no_map(run: Run) -> None:
    registry, run_id, map_id = JobRegistry(), new_id(), new_id()
    save_job(run_id, run)
    save_job(map_id, MapResults(GRID, "sample"))
    assert [registry.map(run_id), registry.run(map_id), registry.summary(map_id)] == [None] * 3
    assert registry.get(map_id) is registry.map(map_id) is not None


def test_what_cannot_be_used_says_whether_it_is_damaged(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise FileNotFoundError  # safetensors says so for want of a file handle too

    run_id, registry = new_id(), JobRegistry()
    save_job(run_id, run)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fail)
        with pytest.raises(JobUnreadable) as failed:
            registry.get(run_id)
        patch.setattr("safetensors.safe_open", fail)
        with pytest.raises(JobUnreadable) as failed_too:
            registry.summary(run_id)
    assert _found(registry, run_id).history  # it is tried again
    path = run_files().path(run_id)
    path.write_bytes(path.read_bytes()[:-30])
    for find in (JobRegistry().get, JobRegistry().summary):
        with pytest.raises(JobUnreadable) as damaged:
            find(run_id)
        assert damaged.value.damaged
    assert not failed.value.damaged
    assert not failed_too.value.damaged


def test_a_visitor_who_opens_a_run_while_its_owner_continues_it_leaves_it_alone(
    sample: Digits, jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The visitor has read the file of the ended run, and remembers it only after the owner has pressed."""
    registry = JobRegistry()
    run = join(registry.begin_run(CONFIG, sample, jobs))
    registry.forget_ended()
    read, go_on = threading.Event(), threading.Event()

    def slow(job_id: str) -> object:
        content = load_job(job_id)
        read.set()
        assert go_on.wait(60)
        return content

    monkeypatch.setattr(job_registry, "load_job", slow)
    opened: list[RunJob | None] = []
    visitor = threading.Thread(target=lambda: opened.append(registry.run(run.id)))
    visitor.start()
    assert read.wait(60)
    longer = registry.continue_run(run, CONFIG, sample, jobs, seconds_per_report=UNENDING)
    go_on.set()
    visitor.join()
    assert opened == [longer]
    assert registry.get(run.id) is longer
    assert not longer.state.ended


def test_a_version_that_was_read_before_a_newer_one_was_written_is_not_remembered(
    sample: Digits, jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = JobRegistry()
    run = join(registry.begin_run(CONFIG, sample, jobs))
    registry.forget_ended()

    def overtaken(job_id: str) -> object:
        content = load_job(job_id)
        monkeypatch.setattr(job_registry, "load_job", load_job)
        join(registry.continue_run(run, CONFIG, sample, jobs))
        registry.forget_ended()
        return content

    monkeypatch.setattr(job_registry, "load_job", overtaken)
    assert _found(registry, run.id).history[-1].epoch == 2


# Continued, copied, adopted


def test_continuing_with_the_same_settings_equals_one_longer_run(sample: Digits, jobs: JobList) -> None:
    registry = JobRegistry()
    run = join(registry.begin_run(CONFIG, sample, jobs))
    longer = join(registry.continue_run(run, CONFIG, sample, jobs))
    at_one_go = list(train(replace(CONFIG, epochs=2), sample))
    assert longer.id == run.id
    assert [report.step for report in longer.history] == [report.step for report in at_one_go]
    assert torch.equal(longer.history[-1].model.linear.weight, at_one_go[-1].model.linear.weight)


def test_a_continued_run_knows_until_when_it_had_which_settings(sample: Digits, jobs: JobList) -> None:
    registry = JobRegistry()
    faster = replace(CONFIG, learning_rate=0.1)
    run = join(registry.begin_run(CONFIG, sample, jobs))
    join(registry.continue_run(run, faster, sample, jobs))
    again = _found(JobRegistry(), run.id)
    assert (again.config, again.final_epoch) == (faster, 2)
    assert [(segment.config, segment.until) for segment in again.earlier] == [(CONFIG, 1.0)]


def test_a_run_that_is_continued_again_and_again_keeps_few_of_its_first_reports(
    sample: Digits, jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.lab.run_job.thin_out.__defaults__", (4,))
    registry = JobRegistry()
    run = join(registry.begin_run(CONFIG, sample, jobs))
    for _ in range(3):
        run = join(registry.continue_run(run, CONFIG, sample, jobs))
        assert len(run.history) <= 4 + 2 + 3 + len(run.earlier)
        assert run.state is State.FINISHED
    assert stored(run.id).history[-1].step == run.history[-1].step


@pytest.mark.parametrize(
    ("change", "source", "person", "words"),
    [
        ({"preprocessing": Preprocessing.DIRECTIONS}, "sample", ONE, "begin a new run"),
        ({"validation": 500}, "sample", ONE, "begin a new run for that"),
        ({}, "mnist", ONE, "learned the sample digits"),
        ({}, "sample", OTHER, "Only the browser that began this"),
    ],
)
def test_a_run_is_continued_only_by_its_owner_with_its_input_and_digits(
    sample: Digits, jobs: JobList, change: dict[str, object], source: str, person: str, words: str
) -> None:
    registry = JobRegistry()
    run = join(registry.begin_run(CONFIG, sample, jobs))
    config, digits = replace(CONFIG, **change), replace(sample, source=source)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=words):
        registry.continue_run(run, config, digits, JobList(person))
    assert registry.run(run.id) is run


def test_a_run_that_is_continued_in_two_tabs_goes_on_once(sample: Digits, jobs: JobList) -> None:
    registry = JobRegistry()
    run = join(registry.begin_run(CONFIG, sample, jobs))
    longer = registry.continue_run(run, CONFIG, sample, jobs, seconds_per_report=UNENDING)
    with pytest.raises(JobRefused, match="already"):
        registry.continue_run(run, CONFIG, sample, jobs)
    assert registry.get(run.id) is longer


def test_a_model_from_a_file_becomes_a_run_that_can_be_continued(sample: Digits, jobs: JobList) -> None:
    registry = JobRegistry()
    model = _finished(registry, sample).history[-1].model
    run = registry.add_run(run_of_model(model, sample), jobs)
    assert (run.history[0].step, run.history[0].test) == (0, evaluate(model, sample.test))
    assert stored(run.id).history[0].test == run.history[0].test
    longer = join(registry.continue_run(run, CONFIG, sample, jobs))
    assert longer.history[-1].test.loss < run.history[0].test.loss


def test_a_model_from_a_file_is_measured_as_a_run_is_on_the_same_training_digits(sample: Digits) -> None:
    twice = Split(torch.cat((sample.train.images,) * 2), sample.train.labels.flip(0).repeat(2))
    digits = replace(sample, train=twice)
    model = next(train(TrainingConfig(preprocessing=Preprocessing.RAW), sample)).model
    report = run_of_model(model, digits).history[0]
    assert report.train == evaluate(model, Split(twice.images[:5_000], twice.labels[:5_000]))
    assert report.test == evaluate(model, digits.test)


def test_an_untrained_model_from_a_file_gives_each_digit_the_same_probability(sample: Digits) -> None:
    run = run_of_model(SoftmaxRegressor(Preprocessing.RAW), sample)
    assert run.history[0].test.loss == pytest.approx(2.302585, abs=1e-5)


def test_a_copy_has_its_own_id_and_the_run_it_was_made_of_goes_on(sample: Digits, jobs: JobList) -> None:
    registry = JobRegistry()
    run = _begun(registry, sample)
    copy = registry.add_run(run.content(), jobs, name="copy")
    assert copy.id != run.id
    assert copy.history == run.history
    assert (copy.config, copy.source, copy.state) == (run.config, run.source, State.STOPPED)
    longer = join(registry.continue_run(copy, CONFIG, sample, jobs))
    assert longer.final_epoch == 2  # the epoch that was begun is finished first
    assert (len(run.history), run.state) == (1, State.RUNNING)
    assert [(job.job_id, job.name) for job in jobs] == [(copy.id, "copy")]


# Saved


@pytest.mark.parametrize("error", [FULL, OSError("only words")], ids=["full", "words"])
def test_a_run_that_cannot_be_saved_says_why_and_can_be_saved_later(
    sample: Digits, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def fail(*_: object) -> None:
        raise error

    registry = JobRegistry()
    with monkeypatch.context() as full_disk:
        full_disk.setattr(job_registry, "save_job", fail)
        run = _finished(registry, sample)
        assert (run.state, run.unsaved) == (State.FINISHED, [error.strerror or "only words"])
        registry.save_again(run)
        assert run.unsaved
    registry.save_again(run)
    assert run.unsaved == []
    assert len(stored(run.id).history) == len(run.history)


def test_a_run_whose_folder_cannot_be_made_says_why_and_a_copy_is_an_error(
    run: Run, sample: Digits, jobs: JobList, home: Path
) -> None:
    (home / "runs").write_text("a file in the place of the folder")
    registry = JobRegistry()
    assert _finished(registry, sample).unsaved == ["File exists"]
    with pytest.raises(OSError, match="File exists"):
        registry.add_run(run, jobs)
    assert len(jobs) == 0


def test_only_the_newest_ended_runs_stay_in_memory_and_those_that_are_not_on_disk(
    sample: Digits, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_registry, "REMEMBERED", 1)
    registry = JobRegistry()
    (home / "runs").write_text("a file in the place of the folder")
    unsaved = _finished(registry, sample)
    (home / "runs").unlink()
    running = _begun(registry, sample)
    first, second = (_finished(registry, sample) for _ in range(2))
    forgotten, first_id = weakref.ref(first), first.id
    del first
    _finished(registry, sample)
    gc.collect()
    assert forgotten() is None
    assert [registry.get(job.id) for job in (unsaved, running)] == [unsaved, running]
    assert _found(registry, first_id).state is State.FINISHED  # from the disk
    registry.forget_ended()
    found = [registry.in_memory(job.id) for job in (unsaved, running, second)]
    assert found == [unsaved, running, None]


def test_dropping_the_registry_stops_its_runs(sample: Digits) -> None:
    registry = JobRegistry()
    run = _begun(registry, sample)
    training, run_id = weakref.ref(run.training), run.id
    del run, registry
    gc.collect()
    assert training() is None
    assert _found(JobRegistry(), run_id).state is State.STOPPED


def test_the_runs_of_one_person_learn_one_at_a_time(sample: Digits, jobs: JobList) -> None:
    queue = JobQueue(2)
    registry = JobRegistry(queue)
    blocking = queue.turn(ONE, per_epoch=0, until=1, reports=1)
    assert blocking.take(0, lambda: None)
    waiting = registry.begin_run(CONFIG, sample, jobs)
    other = join(registry.begin_run(CONFIG, sample, JobList(OTHER)))
    wait_for(lambda: waiting.waiting is not None)
    assert (other.state, other.waiting, waiting.history) == (State.FINISHED, None, ())
    blocking.give_back()
    assert join(waiting).state is State.FINISHED
    assert join(registry.continue_run(waiting, CONFIG, sample, jobs)).waiting is None


# Deleted


def test_a_person_has_at_most_twelve_runs_that_learn_or_wait(sample: Digits, jobs: JobList) -> None:
    registry = JobRegistry(JobQueue(1))
    first = [registry.begin_run(CONFIG, sample, jobs, seconds_per_report=UNENDING) for _ in range(8)]
    registry.check_count(jobs, 4)  # the runs of one click, all or none
    with pytest.raises(JobRefused, match="At most 12"):
        registry.check_count(jobs, 5)
    for _ in range(4):
        registry.begin_run(CONFIG, sample, jobs, same_group=True)
    with pytest.raises(JobRefused, match="At most 12"):
        registry.begin_run(CONFIG, sample, jobs)
    _begun(registry, sample, JobList(OTHER))
    first[-1].stop()
    join(first[-1])
    registry.begin_run(CONFIG, sample, jobs)


def test_who_waits_unseen_makes_room_in_a_full_queue_and_is_told_so(
    sample: Digits, jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_registry, "MOST_OF_ALL", 1)
    now = [0.0]
    queue = JobQueue(1, lambda: now[0])
    queue.turn(None, per_epoch=1.0, until=1.0, reports=1).take(0.0, lambda: None)  # somebody learns for good
    registry = JobRegistry(queue)
    waiting = registry.begin_run(CONFIG, sample, JobList(new_id()))
    with pytest.raises(JobRefused, match="So many runs"):
        registry.begin_run(CONFIG, sample, jobs)
    now[0] = AWAY + 1
    run = registry.begin_run(CONFIG, sample, jobs)
    assert (waiting.state, waiting.why_stopped) == (State.STOPPED, job_registry.ABANDONED)
    assert not run.state.ended


def test_too_many_newcomers_of_one_address_are_told_so(
    sample: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = JobRegistry()
    monkeypatch.setattr("dashboard.lab.newcomers.AT_ONCE", 1)
    known, newcomer, elsewhere = (JobList(new_id()) for _ in range(3))
    elsewhere.address = "192.0.2.2"
    _finished_for(registry, sample, known)
    with pytest.raises(JobRefused, match="Very many people"):
        registry.begin_run(CONFIG, sample, newcomer)
    for jobs in (known, elsewhere):
        _finished_for(registry, sample, jobs)


def _finished_for(registry: JobRegistry, digits: Digits, jobs: JobList) -> None:
    join(registry.begin_run(CONFIG, digits, jobs))


def test_a_deleted_run_is_gone_and_comes_back_as_it_was(sample: Digits, jobs: JobList) -> None:
    registry = JobRegistry()
    run = join(registry.begin_run(CONFIG, sample, jobs))
    listed, content = list(jobs), run_files().path(run.id).read_bytes()
    deleted = registry.delete([run.id, new_id()], jobs)
    assert [registry.get(run.id), JobRegistry().get(run.id), run_files().ids()] == [None, None, []]
    assert not jobs
    for _ in range(2):  # what is back is left as it is
        registry.restore(deleted, jobs)
        assert list(jobs) == list(JobList(ONE)) == listed
        assert run_files().path(run.id).read_bytes() == content


def test_a_map_is_deleted_and_brought_back_in_the_same_way(jobs: JobList) -> None:
    map_id = new_id()
    save_job(map_id, MapResults(GRID, "sample"))
    jobs.add(map_id, is_map=True)
    registry = JobRegistry()
    deleted = registry.delete([map_id], jobs)
    assert registry.map(map_id) is None
    registry.restore(deleted, jobs)
    assert registry.map(map_id) is not None
    assert [job.job_id for job in jobs.maps] == [map_id]


def test_a_run_that_is_still_learning_stops_when_it_is_deleted_and_leaves_no_file(
    sample: Digits, jobs: JobList
) -> None:
    registry = JobRegistry()
    run = _begun(registry, sample, jobs)
    deleted = registry.delete([run.id], jobs)
    assert run.state.ended
    assert run_files().ids() == []
    registry.restore(deleted, jobs)
    assert len(_found(registry, run.id).history) == len(run.history)


def test_the_run_of_another_only_leaves_the_list(run: Run, jobs: JobList) -> None:
    registry = JobRegistry()
    theirs = registry.add_run(run, JobList(OTHER))
    registry.add_link(theirs.id, jobs)
    deleted = registry.delete([theirs.id], jobs)
    assert (len(jobs), run_files().ids()) == (0, [theirs.id])
    registry.restore(deleted, jobs)
    assert (len(jobs), jobs.owns(theirs.id)) == (1, False)


def test_a_damaged_run_can_be_deleted_and_what_cannot_be_deleted_stays(
    run: Run, jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = JobRegistry()
    one, other = (registry.add_run(run, jobs).id for _ in range(2))
    run_files().path(one).write_bytes(b"damaged")
    unlink = Path.unlink

    def fail(path: Path, missing_ok: bool = False) -> None:
        if other in path.name:
            raise PermissionError(errno.EACCES, "Permission denied")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", fail)
    assert [job.file for job in registry.delete([one, other], jobs)] == [b"damaged"]
    assert [job.job_id for job in jobs] == run_files().ids() == [other]


# Room


def test_the_own_oldest_makes_room_for_the_newest_and_only_if_it_was_said(
    run: Run, sample: Digits, jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_registry, "SHARE_JOBS", 3)
    registry = JobRegistry()
    theirs = registry.add_run(run, JobList(OTHER)).id
    oldest, middle, newest = (registry.add_run(run, jobs).id for _ in range(3))
    assert [job.job_id for job in registry.to_replace(jobs, estimated_bytes(CONFIG))] == [oldest]
    for said in ((), (middle,)):
        with pytest.raises(JobRefused, match="Your share of this server is full"):
            registry.begin_run(CONFIG, sample, jobs, replacing=said)
        with pytest.raises(JobRefused):
            registry.add_run(run, jobs, replacing=said)
    assert len(run_files().ids()) == 4
    begun = join(registry.begin_run(CONFIG, sample, jobs, replacing=[oldest]))
    assert set(run_files().ids()) == {theirs, middle, newest, begun.id}
    assert [job.job_id for job in JobList(ONE)] == [begun.id, newest, middle]


def test_bytes_count_even_before_they_are_written(
    sample: Digits, jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_registry, "SHARE_BYTES", int(2.5 * estimated_bytes(CONFIG)))
    registry = JobRegistry()
    running = [_begun(registry, sample, jobs).id, registry.begin_run(CONFIG, sample, jobs).id]
    with pytest.raises(JobRefused):  # none of them may go while it is learning
        registry.begin_run(CONFIG, sample, jobs, replacing=running)
    assert len(jobs) == 2


def test_what_a_run_takes_is_well_estimated(run: Run) -> None:
    save_job(run_id := new_id(), run)
    size = files_with(run_id).size(run_id)
    assert size is not None
    assert estimated_bytes(run.config) == pytest.approx(size, rel=0.05)


def test_what_is_new_is_refused_when_others_have_taken_all_room(
    run: Run, sample: Digits, jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(run_files(), max_files=2)
    monkeypatch.setattr(job_registry, "run_files", lambda: small)
    registry = JobRegistry()
    theirs = registry.add_run(run, JobList(OTHER)).id
    running = _begun(registry, sample, JobList(OTHER))
    with pytest.raises(JobRefused, match="There is no room"):
        registry.begin_run(CONFIG, sample, jobs)
    assert (len(jobs), small.ids(), running.state) == (0, [theirs], State.RUNNING)


def test_newcomers_of_one_address_leave_room_to_others_and_all_newcomers_to_those_who_were_here(
    sample: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [-3_600.0]
    small = replace(run_files(), max_bytes=16 * estimated_bytes(CONFIG))
    monkeypatch.setattr(job_registry, "run_files", lambda: small)
    registry = JobRegistry(JobQueue(20))
    registry.newcomers = Newcomers(lambda: now[0])
    known = JobList(new_id())
    first = _begun(registry, sample, known)
    now[0] = 0.0

    def come_and_begin(address: str) -> list[RunJob]:
        begun = []
        with suppress(JobRefused):
            while True:
                jobs = JobList(new_id())
                jobs.address = address
                begun.append(_begun(registry, sample, jobs))
        return begun

    strangers, others = come_and_begin("192.0.2.1"), come_and_begin("192.0.2.2")
    assert (len(strangers), len(others)) == (6, 5)  # of the 12 for newcomers, the first address has half
    assert come_and_begin("192.0.2.3") == []
    mine = [_begun(registry, sample, known) for _ in range(4)]
    with pytest.raises(JobRefused, match="There is no room"):
        registry.begin_run(CONFIG, sample, known)
    for run in (first, *strangers, *others, *mine):
        run.stop()
    for run in (first, *strangers, *others, *mine):
        join(run)


def test_a_list_whose_jobs_are_gone_has_room_and_a_full_one_says_so(
    run: Run, jobs: JobList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_registry, "MAX_LISTED", 2)
    registry = JobRegistry()
    theirs = [registry.add_run(run, JobList(OTHER)).id for _ in range(2)]
    for job_id in (new_id(), new_id()):
        registry.add_link(job_id, jobs)
    for job_id in theirs:
        registry.add_link(job_id, jobs)
    with pytest.raises(JobRefused, match="Your list has 2"):
        registry.add_run(run, jobs)
    assert {job.job_id for job in jobs} == set(theirs)


# Summaries


def test_a_run_is_summarized_by_its_newest_report(run: Run, sample: Digits) -> None:
    save_job(run_id := new_id(), run)
    summary = JobRegistry().summary(run_id)
    assert summary is not None
    assert (summary.id, summary.config, summary.source, summary.earlier) == (run_id, run.config, "sample", ())
    assert (summary.state, summary.final_epoch) == (State.FINISHED, 1)
    newest, test, validation = summary.newest, summary.test, summary.validation
    assert newest is not None
    assert test is not None
    assert validation is not None
    assert newest.test == run.history[-1].test
    assert (test.count, validation.count) == (len(sample.test), 300)
    assert test.accuracy == pytest.approx(newest.test.accuracy, abs=1e-6)
    assert newest.validation is not None
    assert validation.accuracy == pytest.approx(newest.validation.accuracy, abs=1e-6)


def test_a_run_that_is_learning_is_summarized_as_it_is_now(sample: Digits) -> None:
    registry = JobRegistry()
    running = _begun(registry, sample)
    summary = registry.summary(running.id)
    assert summary is not None
    assert summary.state is State.RUNNING
    assert summary.newest is running.history[-1]


def test_a_file_is_summarized_once_and_again_when_it_was_written_anew(run: Run) -> None:
    save_job(run_id := new_id(), replace(run, history=run.history[:1]))
    registry = JobRegistry()
    first = registry.summary(run_id)
    assert first is not None
    assert first.state is State.STOPPED
    assert registry.summary(run_id) is first
    save_job(run_id, run)
    again = registry.summary(run_id)
    assert again is not None
    assert again.state is State.FINISHED
    run_files().path(run_id).unlink()
    assert registry.summary(run_id) is None
