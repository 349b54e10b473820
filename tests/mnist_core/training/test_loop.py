"""Runs compared with one another: continued, repeated, with other reports; and the article's accuracy."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, pairwise
from statistics import mean

import numpy as np
import pytest
import torch

from mnist_core import (
    Digits,
    Preprocessing,
    Progress,
    SoftmaxRegressor,
    Split,
    TrainingConfig,
    evaluate,
    preprocess,
    train,
)
from mnist_core.training.digits import order_of_epoch

RAW = Preprocessing.RAW


def _without_seconds(reports: Sequence[Progress]) -> list[tuple[object, ...]]:
    """Return everything in the reports except the seconds, in a form that can be compared bit by bit."""
    layers = [report.model.linear for report in reports]
    return [
        (report.step, report.epoch, report.train, report.test, layer.weight.tolist(), layer.bias.tolist())
        for report, layer in zip(reports, layers, strict=True)
    ]


@pytest.mark.parametrize("batch_size", [1, 7, 100, 333, 999, 1000, 5000])
@pytest.mark.parametrize("reports_per_epoch", [1, 4, 7, 3000])
def test_a_report_comes_after_the_step_that_completes_a_part_of_the_epoch(
    few: Digits, batch_size: int, reports_per_epoch: int
) -> None:
    config = TrainingConfig(
        batch_size, epochs=2, preprocessing=RAW, reports_per_epoch=min(reports_per_epoch, 50 * batch_size)
    )
    count, parts = len(few.train), config.reports_per_epoch
    steps_an_epoch = math.ceil(count / batch_size)
    steps = sorted({math.ceil(count * part / parts / batch_size) for part in range(1, parts + 1)})
    digits = [min(step * batch_size, count) for step in steps]

    reports = list(train(config, few))
    assert [report.step for report in reports] == steps + [steps_an_epoch + step for step in steps]
    assert [round(report.epoch * count) for report in reports] == digits + [count + n for n in digits]


def test_an_epoch_of_one_step_gives_one_report(few: Digits) -> None:
    (report,) = train(TrainingConfig(5000, epochs=1, preprocessing=RAW), few)
    assert (report.step, report.epoch) == (1, 1.0)
    assert report.test.loss < math.log(10)


def test_the_model_does_not_depend_on_how_often_it_reports(few: Digits) -> None:
    (whole,) = train(TrainingConfig(epochs=1, preprocessing=RAW, reports_per_epoch=1), few)
    halves = list(train(TrainingConfig(epochs=1, preprocessing=RAW, reports_per_epoch=2), few))
    early = list(train(TrainingConfig(epochs=1, preprocessing=RAW, early_reports=True), few))
    assert [report.epoch for report in halves] == [0.5, 1.0]
    assert torch.equal(halves[-1].model.linear.weight, whole.model.linear.weight)
    assert torch.equal(early[-1].model.linear.weight, whole.model.linear.weight)


@pytest.mark.parametrize("how", Preprocessing)
def test_the_metrics_of_a_report_are_those_of_its_model(
    sample: Digits, how: Preprocessing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_core.training.report.TRAIN_SAMPLE", 300)
    first = Split(sample.train.images[:300], sample.train.labels[:300])
    for report in train(TrainingConfig(epochs=1, preprocessing=how, reports_per_epoch=2), sample):
        assert report.model.preprocessing is how
        assert report.test == evaluate(report.model, sample.test)
        assert report.train == evaluate(report.model, first)


def test_early_reports_begin_before_the_first_step_and_then_come_further_apart(sample: Digits) -> None:
    config = TrainingConfig(10, epochs=2, preprocessing=RAW, reports_per_epoch=2, early_reports=True)
    reports = list(train(config, sample))
    assert [report.step for report in reports] == [0, 1, 3, 10, 30, 100, 200, 300, 400, 600, 800]
    assert [report.epoch for report in reports] == pytest.approx([report.step / 400 for report in reports])
    assert reports[0].test.loss == pytest.approx(math.log(10))
    assert not reports[0].model.linear.weight.any()


def test_a_continued_run_has_no_early_reports_again(few: Digits) -> None:
    config = TrainingConfig(epochs=1, preprocessing=RAW, reports_per_epoch=1, early_reports=True)
    *_, last = train(config, few)
    assert [report.step for report in train(config, few, start=last)] == [20]


def test_the_first_step_with_all_digits_moves_the_weights_to_the_mean_images_minus_the_mean_of_all(
    sample: Digits,
) -> None:
    config = TrainingConfig(4000, 0.5, epochs=1, preprocessing=RAW, reports_per_epoch=1)
    (report,) = train(config, sample)
    images = sample.train.images.numpy().reshape(4000, 784) / 255
    labels = sample.train.labels.numpy()
    of_all = images.mean(axis=0)
    weights = report.model.linear.weight.detach().numpy()
    for digit in range(10):
        share, own = (labels == digit).mean(), images[labels == digit].mean(axis=0)
        np.testing.assert_allclose(weights[digit], 0.5 * (share * own - 0.1 * of_all), atol=1e-6)


@pytest.mark.parametrize("how", Preprocessing)
def test_it_learns_from_digits_preprocessed_as_the_settings_say(few: Digits, how: Preprocessing) -> None:
    preprocessed = Digits(Split(preprocess(few.train.images, how), few.train.labels), few.test, few.source)
    (ours,) = train(TrainingConfig(epochs=1, preprocessing=how, reports_per_epoch=1), few)
    (expected,) = train(TrainingConfig(epochs=1, preprocessing=RAW, reports_per_epoch=1), preprocessed)
    assert torch.equal(ours.model.linear.weight, expected.model.linear.weight)


def test_each_report_has_a_model_of_its_own_that_others_may_change(few: Digits) -> None:
    undisturbed = list(train(TrainingConfig(epochs=1, preprocessing=RAW), few))
    disturbed = []
    for report in train(TrainingConfig(epochs=1, preprocessing=RAW), few):
        assert not torch.is_inference_mode_enabled()
        disturbed.append(report.model.linear.weight.tolist())
        report.model(torch.rand(2, 784)).sum().backward()
        with torch.no_grad():
            report.model.linear.weight.fill_(7)
    assert disturbed == [report.model.linear.weight.tolist() for report in undisturbed]


def test_the_same_settings_give_the_same_run_bit_for_bit_and_another_seed_another(few: Digits) -> None:
    config = TrainingConfig(epochs=2, seed=3, preprocessing=RAW)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = list(train(config, few))
    assert torch.equal(torch.get_rng_state(), before)  # the global generator is not used
    torch.manual_seed(2)
    assert _without_seconds(list(train(config, few))) == _without_seconds(first)
    *_, other = train(replace(config, seed=4), few)
    assert not torch.equal(other.model.linear.weight, first[-1].model.linear.weight)


@pytest.mark.parametrize("batch_size", [7, 100, 600, 5000])
def test_a_run_stopped_at_any_report_and_continued_equals_one_never_stopped(
    few: Digits, batch_size: int
) -> None:
    config = TrainingConfig(batch_size, epochs=2, preprocessing=RAW, reports_per_epoch=3)
    whole = list(train(TrainingConfig(batch_size, epochs=4, preprocessing=RAW, reports_per_epoch=3), few))
    for place, start in enumerate(whole[: len(whole) // 2], start=1):
        rest = list(train(config, few, start=start))
        assert _without_seconds(rest) == _without_seconds(whole[place : place + len(rest)])
        assert rest[-1].epoch == math.ceil(start.epoch) + 2  # the epoch that was begun is finished first


def test_a_run_may_start_from_any_model_in_a_report(few: Digits) -> None:
    *_, last = train(TrainingConfig(epochs=1, preprocessing=RAW), few)
    again = Progress(0, 0.0, last.train, last.test, 0.0, SoftmaxRegressor(RAW))
    assert _without_seconds([*train(TrainingConfig(epochs=1, preprocessing=RAW), few, start=again)]) == (
        _without_seconds([*train(TrainingConfig(epochs=1, preprocessing=RAW), few)])
    )


def test_a_continued_run_continues_to_count_seconds(few: Digits) -> None:
    config = TrainingConfig(epochs=1, preprocessing=RAW)
    *_, last = train(config, few)
    seconds = [last.seconds] + [report.seconds for report in train(config, few, start=last)]
    assert all(earlier < later for earlier, later in pairwise(seconds))


def test_the_learning_rate_can_be_changed_when_a_run_is_continued(few: Digits) -> None:
    *_, start = train(TrainingConfig(epochs=1, preprocessing=RAW), few)
    slow, fast = (
        list(train(TrainingConfig(learning_rate=rate, epochs=1, preprocessing=RAW), few, start=start))
        for rate in (0.0001, 0.1)
    )
    assert fast[-1].train.loss < slow[-1].train.loss < start.train.loss


def test_a_continued_run_cannot_change_its_preprocessing(few: Digits) -> None:
    *_, start = train(TrainingConfig(epochs=1, preprocessing=RAW), few)
    with pytest.raises(ValueError, match="began with, raw, but the settings ask for deskew"):
        train(TrainingConfig(preprocessing=Preprocessing.DESKEW), few, start=start)


def test_nothing_is_learned_until_a_report_is_asked_for_and_pauses_take_no_time(
    few: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter(range(1000))  # a clock that advances by one second each time it is read
    monkeypatch.setattr("mnist_core.training.loop.time.perf_counter", lambda: float(next(readings)))
    reports = train(TrainingConfig(epochs=1, preprocessing=RAW), few)
    assert next(readings) == 0
    assert next(reports).seconds == 2  # one for learning, one for measuring
    assert list(islice(readings, 100))[-1] == 104  # a pause of 100 seconds
    assert next(reports).seconds == 4


def test_an_order_is_a_permutation_that_depends_on_seed_and_epoch_alone() -> None:
    first = order_of_epoch(seed=5, epoch=2, count=1000)
    assert first.sort().values.tolist() == list(range(1000))
    torch.rand(1)
    assert torch.equal(order_of_epoch(seed=5, epoch=2, count=1000), first)


def test_different_seeds_and_epochs_have_different_orders() -> None:
    orders = {
        tuple(order_of_epoch(seed, epoch, 100).tolist())
        for seed in (*range(20), 2**63 - 1)
        for epoch in range(20)
    }
    assert len(orders) == 21 * 20


def test_the_settings_of_the_article_give_an_accuracy_of_90_percent(mnist: Digits) -> None:
    *_, last = train(TrainingConfig(100, 0.01, 10, preprocessing=RAW, reports_per_epoch=1), mnist)
    assert last.test.accuracy == pytest.approx(0.904, abs=0.003)
    assert last.step == 6000


@pytest.mark.slow
def test_a_higher_learning_rate_gives_an_accuracy_of_92_percent(mnist: Digits) -> None:
    # The mean of five seeds, because at this rate the last steps are noisy.
    accuracies = []
    for seed in range(5):
        *_, last = train(TrainingConfig(100, 0.5, 10, seed, RAW, reports_per_epoch=1), mnist)
        accuracies.append(last.test.accuracy)
    assert 0.917 <= mean(accuracies) <= 0.926


def test_a_model_begins_a_new_run_with_its_weights_and_stays_as_it_is(few: Digits) -> None:
    config = TrainingConfig(learning_rate=0.1, epochs=1, reports_per_epoch=1)
    *_, first = train(config, few)
    before = first.model.linear.weight.detach().clone()
    reports = list(train(replace(config, early_reports=True), few, start=first.model))
    assert torch.equal(first.model.linear.weight, before)
    assert (reports[0].step, reports[0].epoch, reports[-1].epoch) == (0, 0, 1)
    assert torch.equal(reports[0].model.linear.weight, before)
    assert reports[0].test == first.test
    *_, last = train(config, few, start=first.model)
    (expected,) = train(replace(config, seed=0), few, start=replace(first, epoch=0.0, step=0))
    assert torch.equal(last.model.linear.weight, expected.model.linear.weight)
    with pytest.raises(ValueError, match="begin a new run"):
        train(TrainingConfig(preprocessing="deskew"), few, start=first.model)
