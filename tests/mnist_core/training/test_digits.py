"""Which digits a run learns, and with which labels: few of them, wrong ones, and the runs that do."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch.nn.functional import cross_entropy

from mnist_core import (
    Digits,
    Grid,
    Preprocessing,
    Progress,
    Run,
    Split,
    TrainingConfig,
    evaluate,
    preprocess,
    sweep,
    train,
)
from mnist_core.model_file import Origin, model_to_bytes, read_model
from mnist_core.processes.shared_digits import share_digits
from mnist_core.processes.training_processes import report_on
from mnist_core.processes.worker_process import WorkerProcess
from mnist_core.run_file import load_run, save_run
from mnist_core.training.digits import digits_to_learn, order_of_epoch
from mnist_core.training.loop import goal_of

FEW = TrainingConfig(7, 0.1, 3, seed=5, training_digits=100, wrong_labels=0.2)
EACH = [(100, 0.0), (None, 0.2), (10, 1.0), (700, 0.33)]


@pytest.mark.parametrize(("count", "share"), EACH)
@pytest.mark.parametrize("validation", [0, 300])
def test_so_many_digits_are_learned_so_many_of_them_as_another_digit_and_none_that_is_held_out(
    few: Digits, count: int | None, share: float, validation: int
) -> None:
    config = replace(FEW, training_digits=count, wrong_labels=share, validation=validation)
    learned = digits_to_learn(few.train, config)
    left = 1000 - validation
    assert len(learned) == len(learned.places) == (count or left)
    assert torch.equal(learned.places.unique(), learned.places)  # ascending, none twice
    assert 0 <= int(learned.places[0]) <= int(learned.places[-1]) < left
    wrong = (learned.split.labels != few.train.labels[:left]).nonzero()[:, 0]
    assert len(wrong) == round(share * len(learned))
    assert set(wrong.tolist()) <= set(learned.places.tolist())
    assert learned.split.images.data_ptr() == few.train.images.data_ptr()
    assert (learned.held_out is None) == (validation == 0)
    if learned.held_out:
        assert torch.equal(learned.held_out.labels, few.train.labels[left:])
    assert sorted(learned.order(5, 2).tolist()) == learned.places.tolist()


def test_fewer_digits_are_among_more_and_fewer_wrong_labels_too(few: Digits) -> None:
    before, wrong_before = set[int](), dict[int, int]()
    for count in (10, 100, 900):
        places = set(digits_to_learn(few.train, replace(FEW, training_digits=count)).places.tolist())
        assert before < places
        before = places
    for share in (0.1, 0.5, 1.0):
        labels = digits_to_learn(few.train, replace(FEW, wrong_labels=share)).split.labels
        wrong = (labels != few.train.labels).nonzero()[:, 0].tolist()
        now = {place: int(labels[place]) for place in wrong}
        assert wrong_before.items() < now.items()
        wrong_before = now


def test_the_choice_is_random_and_depends_on_the_seed_alone(sample: Digits) -> None:
    def places(**changes: object) -> list[int]:
        return digits_to_learn(sample.train, replace(FEW, **changes)).places.tolist()  # type: ignore[arg-type]

    assert places() == places(batch_size=1000, learning_rate=5.0, epochs=1, wrong_labels=0.0)
    assert places() != places(seed=6)
    assert places() != sorted(order_of_epoch(5, 0, 4000)[:100].tolist())
    chosen = np.bincount(np.concatenate([places(seed=seed) for seed in range(400)]), minlength=4000)
    # Each digit is chosen 10 times in 400 on average: chi square with 3,999 degrees of freedom.
    assert abs(((chosen - 10) ** 2 / (10 * 3900 / 4000)).sum() - 3999) < 5 * (2 * 3999) ** 0.5
    wrong = replace(FEW, training_digits=None, wrong_labels=1.0)
    shifts = (digits_to_learn(sample.train, wrong).split.labels - sample.train.labels) % 10
    assert np.bincount(shifts, minlength=10)[1:].min() > 4000 / 9 - 5 * (4000 / 9) ** 0.5


def in_plain_pytorch(config: TrainingConfig, digits: Digits) -> torch.nn.Linear:
    """Learn what such a run learns, by autograd and PyTorch's own SGD."""
    learned = digits_to_learn(digits.train, config)
    images = preprocess(digits.train.images, config.preprocessing)[learned.places].flatten(1) / 255
    labels = learned.split.labels[learned.places]
    model = torch.nn.Linear(784, 10)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    optimizer = torch.optim.SGD(model.parameters(), lr=config.learning_rate)
    for epoch in range(config.epochs):
        for batch in order_of_epoch(config.seed, epoch, len(labels)).split(config.batch_size):
            optimizer.zero_grad()
            cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
    return model


@pytest.mark.parametrize(("count", "share"), EACH)
@pytest.mark.parametrize("how", [Preprocessing.RAW, Preprocessing.DIRECTIONS])
def test_a_run_equals_plain_pytorch_on_the_same_digits(
    few: Digits, count: int | None, share: float, how: Preprocessing
) -> None:
    config = replace(FEW, training_digits=count, wrong_labels=share, preprocessing=how)
    *_, last = train(config, few)
    expected = in_plain_pytorch(config, few)
    torch.testing.assert_close(last.model.linear.weight, expected.weight, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(last.model.linear.bias, expected.bias, atol=1e-5, rtol=1e-4)


@pytest.mark.slow
def test_few_digits_are_learned_by_heart_whatever_their_labels_as_scikit_learn_does(sample: Digits) -> None:
    config = TrainingConfig(100, 2.0, 1000, reports_per_epoch=1, training_digits=100, wrong_labels=0.2)
    learned = digits_to_learn(sample.train, config).first(5000)
    images, test_images = learned.images.flatten(1) / 255, sample.test.images.flatten(1) / 255
    *_, last = train(config, sample)
    oracle = LogisticRegression(C=1e4, max_iter=10_000).fit(images, learned.labels)
    assert last.train.accuracy == oracle.score(images, learned.labels) == 1
    assert last.test.accuracy == pytest.approx(oracle.score(test_images, sample.test.labels), abs=0.05)


def test_the_training_accuracy_is_of_the_digits_learned_by_the_labels_they_are_learned_with(
    few: Digits,
) -> None:
    for config in (FEW, replace(FEW, training_digits=None), replace(FEW, validation=300)):
        learned = digits_to_learn(few.train, config)
        own = Split(few.train.images[learned.places], learned.split.labels[learned.places])
        for report in train(config, few):
            assert report.train == evaluate(report.model, own)


def _bits(config: TrainingConfig, digits: Digits) -> list[object]:
    return [
        (report.step, report.epoch, report.train, report.test, report.model.linear.weight.tolist())
        for report in train(config, digits)
    ]


def test_as_many_digits_as_there_are_and_no_wrong_labels_change_nothing_bit_for_bit(few: Digits) -> None:
    for validation in (0, 300):
        usual = TrainingConfig(30, 0.1, 2, validation=validation)
        as_many = replace(usual, training_digits=1000 - validation, wrong_labels=0)
        assert _bits(as_many, few) == _bits(usual, few)


def test_a_batch_larger_than_the_digits_is_one_step_an_epoch(few: Digits) -> None:
    reports = list(train(TrainingConfig(100, epochs=3, training_digits=50), few))
    assert [(report.step, report.epoch) for report in reports] == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_a_run_on_few_digits_can_be_stopped_at_any_report_and_continued(few: Digits) -> None:
    whole = list(train(replace(FEW, epochs=4), few))
    for place in (1, 5):
        rest = list(train(replace(FEW, epochs=2), few, start=whole[place - 1]))
        for report, expected in zip(rest, whole[place:], strict=False):
            assert (report.step, report.train, report.test) == (expected.step, expected.train, expected.test)


@pytest.mark.parametrize(("count", "validation", "why"), [(1001, 0, "1,000"), (701, 300, "700 .* the 300")])
def test_more_digits_than_there_are_cannot_be_learned(
    few: Digits, count: int, validation: int, why: str
) -> None:
    with pytest.raises(ValueError, match=f"there are {why}.*, not {count:,}"):
        train(replace(FEW, training_digits=count, validation=validation), few)
    grid = Grid((0.1,), (100,), training_digits=(10, count), validation=validation or 1)
    with pytest.raises(ValueError, match=f"not {count:,}"):
        sweep(grid, few)


@pytest.mark.slow
def test_a_process_and_a_sweep_learn_the_same_digits_as_a_thread(few: Digits) -> None:
    config = replace(FEW, reports_per_epoch=1, validation=100)
    expected = list(train(config, few))
    process, goal = WorkerProcess(), goal_of(config, few, None)
    with share_digits({"train": few.train, "test": few.test}) as files:
        report: Progress | None = None
        for same in expected:
            report = process.call(report_on, files, "sample", config, report, goal)
            assert (report.train, report.test, report.validation) == (same.train, same.test, same.validation)
    process.kill()
    grid = Grid((0.1,), (7,), (Preprocessing.RAW,), 3, 5, 100, (100,), (0.0, 0.2))
    found = {result.cell.wrong_labels: result for result in sweep(grid, few)}
    assert found[0.2].curve == tuple((n, report.validation) for n, report in enumerate(expected, start=1))
    assert found[0.0].curve != found[0.2].curve


def test_the_files_of_a_model_and_of_a_run_keep_both_settings(few: Digits, tmp_path: Path) -> None:
    run = Run(FEW, tuple(train(FEW, few)), "sample")
    save_run(tmp_path / "run", run)
    assert load_run(tmp_path / "run").config == FEW
    last = run.history[-1]
    origin = Origin(FEW, "sample", last.step, last.epoch, last.test.accuracy)
    assert read_model(model_to_bytes(last.model, origin))[1] == origin
