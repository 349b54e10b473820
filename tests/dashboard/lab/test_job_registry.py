"""The runs of a server: begun, found again, continued, copied, and on disk as soon as they end."""

import errno
import gc
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dashboard.lab import job_registry as run_registry
from dashboard.lab import job_registry as run_saving
from dashboard.lab.job_list import RunList
from dashboard.lab.job_queue import TrainingQueue
from dashboard.lab.job_registry import RunRegistry
from dashboard.lab.run_job import EndedTraining, ShownRun
from mnist_core import Digits, Preprocessing, SoftmaxRegressor, Split, State, TrainingConfig, evaluate, train
from mnist_core.run_file import run_store, stored_run
from mnist_core.storage.file_store import new_id
from tests.dashboard.runs import UNENDING, join, wait_for_report
from tests.support.sources import wait_for

CONFIG = TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW, reports_per_epoch=3)
FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    return tmp_path


def _finished(registry: RunRegistry, digits: Digits, config: TrainingConfig = CONFIG) -> ShownRun:
    return join(registry.begin(config, digits, seconds_per_report=0))


def _begun(registry: RunRegistry, digits: Digits) -> ShownRun:
    """A run that has made its first report, and makes no other."""
    return wait_for_report(registry.begin(CONFIG, digits, seconds_per_report=UNENDING))


def test_a_finished_run_is_found_by_a_server_that_was_started_again(sample: Digits) -> None:
    run = _finished(RunRegistry(), sample)
    again = RunRegistry().find(run.id)
    assert again.state is State.FINISHED
    assert [report.step for report in again.history] == [report.step for report in run.history]
    assert torch.equal(again.history[-1].model.linear.weight, run.history[-1].model.linear.weight)


def test_a_run_is_on_disk_before_it_is_shown_as_finished(sample: Digits) -> None:
    run = RunRegistry().begin(CONFIG, sample, seconds_per_report=0)
    wait_for(lambda: run.state.ended)
    assert stored_run(run.id).config == CONFIG


def test_a_stopped_run_comes_back_as_stopped(sample: Digits) -> None:
    run = _begun(RunRegistry(), sample)
    run.stop()
    join(run)
    assert run.state is State.STOPPED
    assert RunRegistry().find(run.id).state is State.STOPPED


def test_continuing_with_the_same_settings_equals_one_longer_run(sample: Digits) -> None:
    registry = RunRegistry()
    run = _finished(registry, sample)
    longer = registry.continue_run(run, CONFIG, sample, seconds_per_report=0)
    join(longer)
    at_one_go = list(train(replace(CONFIG, epochs=2), sample))
    assert longer.id == run.id
    assert [report.step for report in longer.history] == [report.step for report in at_one_go]
    assert torch.equal(longer.history[-1].model.linear.weight, at_one_go[-1].model.linear.weight)


def test_a_continued_run_knows_until_when_it_had_which_settings(sample: Digits) -> None:
    registry = RunRegistry()
    faster = replace(CONFIG, learning_rate=0.1)
    run = registry.continue_run(_finished(registry, sample), faster, sample, seconds_per_report=0)
    join(run)
    again = RunRegistry().find(run.id)
    assert (again.config, again.final_epoch) == (faster, 2)
    assert [(segment.config, segment.until) for segment in again.earlier] == [(CONFIG, 1.0)]


def test_a_run_is_continued_only_with_the_kind_of_input_it_began_with(sample: Digits) -> None:
    registry = RunRegistry()
    directions = replace(CONFIG, preprocessing=Preprocessing.DIRECTIONS)
    with pytest.raises(ValueError, match="begin a new run"):
        registry.continue_run(_finished(registry, sample), directions, sample, seconds_per_report=0)


def test_a_run_is_continued_only_with_the_digits_it_began_with(sample: Digits) -> None:
    registry = RunRegistry()
    run, others = _finished(registry, sample), replace(sample, source="mnist")
    with pytest.raises(ValueError, match="learned the sample digits"):
        registry.continue_run(run, CONFIG, others, seconds_per_report=0)


def test_a_model_from_a_file_becomes_a_run_that_can_be_continued(sample: Digits) -> None:
    registry = RunRegistry()
    model = _finished(registry, sample).history[-1].model
    run = registry.adopt(model, sample)
    assert (run.history[0].step, run.history[0].test) == (0, evaluate(model, sample.test))
    assert RunRegistry().find(run.id).history[0].test == run.history[0].test
    longer = registry.continue_run(run, CONFIG, sample, seconds_per_report=0)
    join(longer)
    assert longer.history[-1].test.loss < run.history[0].test.loss


def test_a_model_from_a_file_is_measured_as_a_run_is_on_the_same_training_digits(sample: Digits) -> None:
    twice = Split(torch.cat((sample.train.images,) * 2), sample.train.labels.flip(0).repeat(2))
    digits = replace(sample, train=twice)
    model = next(train(TrainingConfig(preprocessing=Preprocessing.RAW), sample)).model
    report = RunRegistry().adopt(model, digits).history[0]
    assert report.train == evaluate(model, Split(twice.images[:5_000], twice.labels[:5_000]))
    assert report.test == evaluate(model, digits.test)


def test_an_untrained_model_from_a_file_gives_each_digit_the_same_probability(sample: Digits) -> None:
    run = RunRegistry().adopt(SoftmaxRegressor(Preprocessing.RAW), sample)
    assert run.history[0].test.loss == pytest.approx(2.302585, abs=1e-5)


def test_a_copy_has_its_own_id_and_the_run_it_was_made_of_goes_on(sample: Digits) -> None:
    registry = RunRegistry()
    run = _begun(registry, sample)
    copy = registry.copy(run)
    assert copy.id != run.id
    assert copy.history == run.history
    assert (copy.config, copy.source, copy.state) == (run.config, run.source, State.STOPPED)
    assert run.state is State.RUNNING

    longer = registry.continue_run(copy, CONFIG, sample, seconds_per_report=0)
    join(longer)
    assert longer.final_epoch == pytest.approx(1 + run.history[0].epoch)
    assert len(run.history) == 1
    assert RunRegistry().find(copy.id).final_epoch == longer.final_epoch


def test_a_run_without_a_report_cannot_be_copied(sample: Digits) -> None:
    run = _begun(RunRegistry(), sample)
    with pytest.raises(ValueError, match="expected 1 to"):
        RunRegistry().copy(replace(run, training=EndedTraining(State.STOPPED, ())))


@pytest.mark.parametrize("error", [FULL, OSError("only words")], ids=["full", "words"])
def test_a_run_that_cannot_be_saved_says_why_and_can_be_saved_later(
    sample: Digits, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def fail(*_: object) -> None:
        raise error

    registry = RunRegistry()
    with monkeypatch.context() as full_disk:
        full_disk.setattr(run_saving, "store_run", fail)
        run = _finished(registry, sample)
        assert run.state is State.FINISHED
        assert run.unsaved == [error.strerror or "only words"]
        registry.save_again(run)
        assert run.unsaved
    registry.save_again(run)
    assert run.unsaved == []
    assert len(stored_run(run.id).history) == len(run.history)


def test_a_run_whose_folder_cannot_be_made_says_why(sample: Digits, home: Path) -> None:
    (home / "runs").write_text("a file in the place of the folder")
    run = _finished(RunRegistry(), sample)
    assert run.unsaved == ["File exists"]


def test_a_model_or_a_copy_that_cannot_be_saved_is_an_error(sample: Digits, home: Path) -> None:
    registry = RunRegistry()
    run = _finished(registry, sample)
    (home / "runs").rename(home / "elsewhere")
    (home / "runs").write_text("a file in the place of the folder")
    with pytest.raises(OSError, match="File exists"):
        registry.adopt(SoftmaxRegressor(Preprocessing.RAW), sample)
    with pytest.raises(OSError, match="File exists"):
        registry.copy(run)


def test_only_the_newest_ended_runs_stay_in_memory_and_those_that_are_not_on_disk(
    sample: Digits, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_registry, "REMEMBERED", 1)
    registry = RunRegistry()
    (home / "runs").write_text("a file in the place of the folder")
    unsaved = _finished(registry, sample).id
    (home / "runs").unlink()
    running = _begun(registry, sample).id
    first, second = (_finished(registry, sample) for _ in range(2))
    kept = {run_id: registry.find(run_id).training for run_id in (unsaved, running, second.id)}
    forgotten, first_id = weakref.ref(first), first.id
    del first
    _finished(registry, sample)
    gc.collect()
    assert forgotten() is None
    for run_id in (unsaved, running):
        assert registry.find(run_id).training is kept[run_id]
    assert registry.find(first_id).state is State.FINISHED  # from the disk


def test_ended_runs_can_be_forgotten_but_not_those_that_are_nowhere_else(sample: Digits, home: Path) -> None:
    registry = RunRegistry()
    (home / "runs").write_text("a file in the place of the folder")
    unsaved = _finished(registry, sample)
    (home / "runs").unlink()
    running, saved = _begun(registry, sample), _finished(registry, sample)
    registry.forget_ended()
    assert [registry.in_memory(run.id) for run in (unsaved, running, saved)] == [unsaved, running, None]
    assert [report.step for report in registry.find(saved.id).history] == [
        report.step for report in saved.history
    ]


@pytest.mark.parametrize("run_id", ["../../etc/passwd", "", "0" * 31, "0" * 33, "G" * 32, "0" * 31 + "\n"])
def test_an_id_of_another_form_is_refused(run_id: str) -> None:
    with pytest.raises(ValueError, match="expected an id of 32 hexadecimal digits"):
        RunRegistry().find(run_id)


def test_an_unknown_id_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        RunRegistry().find(new_id())


def test_a_damaged_file_is_a_value_error(sample: Digits, home: Path) -> None:
    run_id = _finished(RunRegistry(), sample).id
    path = home / "runs" / f"{run_id}.safetensors"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match="damaged"):
        RunRegistry().find(run_id)


def test_the_runs_of_one_person_learn_one_at_a_time(sample: Digits) -> None:
    queue = TrainingQueue(2)
    registry = RunRegistry(queue)
    blocking = queue.turn("somebody", per_epoch=0, until=1, reports=1)
    assert blocking.take(0)
    waiting = registry.begin(CONFIG, sample, seconds_per_report=0, owner="somebody")
    other = join(registry.begin(CONFIG, sample, seconds_per_report=0, owner="somebody else"))
    wait_for(lambda: waiting.waiting is not None)
    assert (other.state, other.waiting, waiting.history) == (State.FINISHED, None, ())
    blocking.give_back()
    assert join(waiting).state is State.FINISHED
    longer = registry.continue_run(waiting, CONFIG, sample, seconds_per_report=0, owner="somebody")
    assert join(longer).state is State.FINISHED
    assert longer.waiting is None


def test_a_run_that_is_continued_again_and_again_keeps_few_of_its_first_reports(
    sample: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.lab.report_thinning.thin_out.__defaults__", (4,))
    registry = RunRegistry()
    run = _finished(registry, sample, replace(CONFIG, early_reports=False))
    for _ in range(3):
        run = join(registry.continue_run(run, CONFIG, sample, seconds_per_report=0))
        assert len(run.history) <= 4 + 2 + 3 + len(run.earlier)
        assert run.state is State.FINISHED
    assert RunRegistry().find(run.id).history[-1].step == run.history[-1].step


def test_a_visitor_who_makes_many_runs_pushes_out_only_their_own(
    sample: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(run_store(), max_files=4)
    monkeypatch.setattr("mnist_core.run_file.run_store", lambda: small)
    registry = RunRegistry()
    lists = {name: RunList(name * 32) for name in "12"}

    def begin(who: str) -> str:
        run = registry.begin(CONFIG, sample, seconds_per_report=0)
        lists[who].add(run.id)
        return join(run).id

    quiet = begin("1")
    busy = [begin("2") for _ in range(6)]
    assert set(small.ids()) == {quiet, *busy[-3:]}


def test_a_loaded_run_waits_for_nobody(sample: Digits) -> None:
    assert RunRegistry().find(_finished(RunRegistry(), sample).id).waiting is None


def test_dropping_the_registry_stops_its_runs(sample: Digits) -> None:
    registry = RunRegistry()
    run = _begun(registry, sample)
    training, run_id = weakref.ref(run.training), run.id
    del run, registry
    gc.collect()
    assert training() is None
    assert RunRegistry().find(run_id).state is State.STOPPED


def test_a_stored_run_is_shown_with_all_that_it_was(sample: Digits) -> None:
    run = _finished(RunRegistry(), sample)
    stored = stored_run(run.id)
    again = RunRegistry().find(run.id).as_run()
    assert (again.config, again.source, again.earlier) == (stored.config, stored.source, stored.earlier)
    assert [report.test for report in again.history] == [report.test for report in stored.history]
