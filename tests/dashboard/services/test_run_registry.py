"""The runs of a server: begun, found again, continued, and on disk as soon as they end."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dashboard.services.run_registry import LiveRun, RunRegistry
from mnist_core import Digits, Preprocessing, SoftmaxRegressor, State, TrainingConfig, evaluate, train
from mnist_core.run_file import stored_run
from mnist_core.storage.file_store import new_id

CONFIG = TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW, reports_per_epoch=3)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    return tmp_path


def _finished(registry: RunRegistry, digits: Digits, config: TrainingConfig = CONFIG) -> LiveRun:
    run = registry.begin(config, digits, seconds_per_report=0)
    assert run.training.join(timeout=60)
    return run


def test_a_finished_run_is_found_by_a_server_that_was_started_again(sample: Digits) -> None:
    run = _finished(RunRegistry(), sample)
    again = RunRegistry().find(run.id)
    assert again.state is State.FINISHED
    assert [report.step for report in again.history] == [report.step for report in run.history]
    assert torch.equal(again.history[-1].model.linear.weight, run.history[-1].model.linear.weight)


def test_a_run_is_on_disk_before_it_is_shown_as_finished(sample: Digits, home: Path) -> None:
    run = RunRegistry().begin(CONFIG, sample, seconds_per_report=0)
    while not run.state.ended:
        run.training.join(0.001)
    assert stored_run(run.id).config == CONFIG


def test_a_stopped_run_comes_back_as_stopped(sample: Digits) -> None:
    run = RunRegistry().begin(replace(CONFIG, epochs=50), sample, seconds_per_report=60)
    while not run.history:  # the first report comes at once, the second in a minute
        run.training.join(0.001)
    run.training.stop()
    assert run.training.join(timeout=60)
    assert run.state is State.STOPPED
    assert RunRegistry().find(run.id).state is State.STOPPED


def test_the_time_left_follows_the_pace_of_the_reports(sample: Digits) -> None:
    run = RunRegistry().begin(CONFIG, sample, seconds_per_report=60)
    while not run.history:
        run.training.join(0.001)
    steps_left = 1 - run.history[0].step / 40
    assert run.seconds_left == pytest.approx(3 * 60 * steps_left)  # three reports an epoch, a minute each
    run.training.seconds_per_report = 0
    assert run.training.join(timeout=60)
    assert run.seconds_left == 0


def test_an_end_that_is_near_is_waited_for_and_a_far_one_is_not(sample: Digits) -> None:
    run = RunRegistry().begin(CONFIG, sample, seconds_per_report=600)
    while not run.history:
        run.training.join(0.001)
    assert not run.wait_for_end(60)
    run.training.seconds_per_report = 0
    assert run.wait_for_end(60)
    assert run.state is State.FINISHED


def test_continuing_with_the_same_settings_equals_one_longer_run(sample: Digits) -> None:
    registry = RunRegistry()
    run = _finished(registry, sample)
    longer = registry.go_on(run, CONFIG, sample, seconds_per_report=0)
    assert longer.training.join(timeout=60)
    at_one_go = list(train(replace(CONFIG, epochs=2), sample))
    assert longer.id == run.id
    assert [report.step for report in longer.history] == [report.step for report in at_one_go]
    assert torch.equal(longer.history[-1].model.linear.weight, at_one_go[-1].model.linear.weight)


def test_a_continued_run_knows_until_when_it_had_which_settings(sample: Digits) -> None:
    registry = RunRegistry()
    faster = replace(CONFIG, learning_rate=0.1)
    run = registry.go_on(_finished(registry, sample), faster, sample, seconds_per_report=0)
    assert run.training.join(timeout=60)
    again = RunRegistry().find(run.id)
    assert (again.config, again.final_epoch) == (faster, 2)
    assert [(leg.config, leg.until) for leg in again.earlier] == [(CONFIG, 1.0)]


def test_a_run_goes_on_only_with_the_kind_of_input_it_began_with(sample: Digits) -> None:
    registry = RunRegistry()
    moments = replace(CONFIG, preprocessing=Preprocessing.DIRECTIONS)
    with pytest.raises(ValueError, match="begin a new run"):
        registry.go_on(_finished(registry, sample), moments, sample, seconds_per_report=0)


def test_a_run_goes_on_only_with_the_digits_it_began_with(sample: Digits) -> None:
    registry = RunRegistry()
    with pytest.raises(ValueError, match="learned from the sample digits"):
        registry.go_on(
            _finished(registry, sample), CONFIG, replace(sample, source="mnist"), seconds_per_report=0
        )


def test_a_model_from_elsewhere_becomes_a_run_that_can_go_on(sample: Digits) -> None:
    registry = RunRegistry()
    model = _finished(registry, sample).history[-1].model
    run = registry.adopt(model, sample)
    assert run.history[0].test == evaluate(model, sample.test)
    longer = registry.go_on(run, CONFIG, sample, seconds_per_report=0)
    assert longer.training.join(timeout=60)
    assert longer.history[-1].test.loss < run.history[0].test.loss


def test_an_untrained_model_from_elsewhere_answers_each_digit_alike(sample: Digits) -> None:
    run = RunRegistry().adopt(SoftmaxRegressor(Preprocessing.RAW), sample)
    assert run.history[0].test.loss == pytest.approx(2.302585, abs=1e-5)


@pytest.mark.parametrize("identity", ["../../etc/passwd", "", "0" * 31, "0" * 33, "G" * 32, "0" * 31 + "\n"])
def test_what_is_no_id_is_refused(identity: str) -> None:
    with pytest.raises(ValueError, match="expected an id of 32 hexadecimal digits"):
        RunRegistry().find(identity)


def test_an_unknown_id_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        RunRegistry().find(new_id())
