"""Training digits held out for validation: they are read, but nothing learns from them, nor from the test."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from mnist_core import (
    Digits,
    Preprocessing,
    Progress,
    Run,
    SoftmaxRegressor,
    Split,
    TrainingConfig,
    evaluate,
    train,
)
from mnist_core.run_file import Segment, load_run, save_run
from mnist_core.training.digits import digits_to_learn, order_of_epoch
from mnist_core.training.report import CURVES, curve_row, curve_units
from mnist_core.training.sgd import SGD

RAW = Preprocessing.RAW
HELD_OUT = 300
CONFIG = TrainingConfig(30, 0.5, epochs=2, preprocessing=RAW, reports_per_epoch=3, validation=HELD_OUT)


def _part(split: Split, part: slice) -> Split:
    return Split(split.images[part], split.labels[part])


def _garbage(split: Split, what: str, part: slice) -> Split:
    """Replace the images, or the labels, of a part by random ones."""
    generator = torch.Generator().manual_seed(1)
    images, labels = split.images.clone(), split.labels.clone()
    if what == "images":
        images[part] = torch.randint(256, images[part].shape, generator=generator, dtype=torch.uint8)
    else:
        labels[part] = (labels[part] + torch.randint(1, 10, labels[part].shape, generator=generator)) % 10
    return Split(images, labels)


def _weights(reports: list[Progress]) -> list[object]:
    return [(report.model.linear.weight.tolist(), report.model.linear.bias.tolist()) for report in reports]


def _learned(reports: list[Progress]) -> list[object]:
    """What training made of the digits: weights and training metrics, to be compared bit by bit."""
    return [_weights(reports), [(report.step, report.epoch, report.train) for report in reports]]


@pytest.mark.parametrize("how", Preprocessing)
@pytest.mark.parametrize("what", ["images", "labels"])
@pytest.mark.parametrize("spoiled", ["validation", "test"])
def test_nothing_is_learned_from_the_digits_held_out_or_the_test_digits(
    few: Digits, how: Preprocessing, what: str, spoiled: str
) -> None:
    config = replace(CONFIG, preprocessing=how)
    if spoiled == "validation":
        other_digits = replace(few, train=_garbage(few.train, what, slice(-HELD_OUT, None)))
    else:
        other_digits = replace(few, test=_garbage(few.test, what, slice(None)))
    honest, other = list(train(config, few)), list(train(config, other_digits))
    assert _learned(other) == _learned(honest)
    unchanged = "test" if spoiled == "validation" else "validation"
    for one, same in zip(other, honest, strict=True):
        assert getattr(one, unchanged) == getattr(same, unchanged)
        assert getattr(one, spoiled).loss > getattr(same, spoiled).loss  # they were read, though


@pytest.mark.parametrize("place", [0, 1000 - HELD_OUT - 1])
def test_every_other_digit_is_learned_from(few: Digits, place: int) -> None:
    spoiled = replace(few, train=_garbage(few.train, "labels", slice(place, place + 1)))
    honest, other = list(train(CONFIG, few)), list(train(CONFIG, spoiled))
    assert _weights(other[2:3]) != _weights(honest[2:3])  # after one epoch


@pytest.mark.parametrize("how", Preprocessing)
def test_a_run_equals_one_on_digits_from_which_the_last_were_cut_away(
    few: Digits, how: Preprocessing
) -> None:
    config = replace(CONFIG, preprocessing=how)
    cut = replace(few, train=_part(few.train, slice(1000 - HELD_OUT)))
    held_out = _part(few.train, slice(1000 - HELD_OUT, 1000))
    reports, expected = list(train(config, few)), list(train(replace(config, validation=0), cut))
    assert _learned(reports) == _learned(expected)
    for report, without in zip(reports, expected, strict=True):
        assert (report.test, without.validation) == (without.test, None)
        assert report.validation == evaluate(report.model, held_out)


def test_without_digits_held_out_an_epoch_goes_through_all_in_the_order_of_the_seed(few: Digits) -> None:
    config = TrainingConfig(30, 0.5, epochs=1, seed=3, preprocessing=RAW, reports_per_epoch=1)
    sgd = SGD(SoftmaxRegressor(RAW), config)
    sgd.learn(few.train, order_of_epoch(3, 0, 1000))
    (report,) = train(config, few)
    assert report.train == evaluate(sgd.model(), few.train)
    assert report.validation is None
    assert torch.equal(report.model.linear.weight, sgd.model().linear.weight)


@pytest.mark.parametrize("stop", [1, 2, 3, 4])
def test_a_run_that_was_stopped_continues_with_the_same_digits_held_out(few: Digits, stop: int) -> None:
    whole = list(train(replace(CONFIG, epochs=4), few))
    rest = list(train(CONFIG, few, start=whole[stop - 1]))
    expected = whole[stop : stop + len(rest)]
    assert _learned(rest) == _learned(expected)
    assert [report.validation for report in rest] == [report.validation for report in expected]


@pytest.mark.parametrize(
    ("before", "now", "complaint"),
    [(0, 300, "none of them held out, .* hold out 300"), (300, 0, "some of them held out, .* hold out 0")],
)
def test_a_run_cannot_begin_or_cease_to_hold_out_digits_on_the_way(
    few: Digits, before: int, now: int, complaint: str
) -> None:
    *_, start = train(replace(CONFIG, epochs=1, validation=before), few)
    with pytest.raises(ValueError, match=complaint):
        train(replace(CONFIG, validation=now), few, start=start)


@pytest.mark.parametrize("count", [1000, 1001, 2**31 - 1])
def test_a_run_that_would_have_nothing_to_learn_from_is_refused_at_once(few: Digits, count: int) -> None:
    with pytest.raises(ValueError, match=f"at most 999 of the 1,000 .* can be held out, not {count:,}"):
        train(replace(CONFIG, validation=count), few)


def test_a_single_digit_is_enough_to_learn_from_and_to_validate_with(few: Digits) -> None:
    for count, steps in ((999, 1), (1, 999)):
        config = TrainingConfig(1, epochs=1, preprocessing=RAW, reports_per_epoch=1, validation=count)
        (report,) = train(config, few)
        assert report.step == steps
        assert report.validation is not None


def test_the_two_parts_share_the_memory_of_the_training_digits(few: Digits) -> None:
    learned = digits_to_learn(few.train, CONFIG)
    first, last = learned.split, learned.held_out
    assert last is not None
    assert (len(first), len(last)) == (700, 300)
    assert first.images.data_ptr() == few.train.images.data_ptr()
    assert last.images.data_ptr() == few.train.images[700:].data_ptr()
    assert torch.equal(torch.cat((first.labels, last.labels)), few.train.labels)


def test_a_run_file_keeps_the_validation(few: Digits, tmp_path: Path) -> None:
    run = Run(CONFIG, tuple(train(CONFIG, few)), "sample")
    save_run(tmp_path / "run", run)
    loaded = load_run(tmp_path / "run")
    assert loaded.config == CONFIG
    assert [report.validation for report in loaded.history] == [report.validation for report in run.history]
    assert _learned(list(loaded.history)) == _learned(list(run.history))
    rest = list(train(CONFIG, few, start=loaded.history[-1]))
    longer = Run(CONFIG, (*loaded.history, *rest), "sample", (Segment(CONFIG, 2.0),))
    assert longer.finished


def test_a_row_of_the_curves_has_the_validation_only_if_there_is_one(few: Digits) -> None:
    (held_out,) = train(replace(CONFIG, epochs=1, reports_per_epoch=1), few)
    (none,) = train(replace(CONFIG, epochs=1, reports_per_epoch=1, validation=0), few)
    assert list(curve_units(none)) == list(CURVES)
    assert list(curve_units(held_out)) == [*CURVES, "validation_loss", "validation_accuracy"]
    assert held_out.validation is not None
    assert dict(zip(curve_units(held_out), curve_row(held_out), strict=True)) == {
        "step": held_out.step,
        "epoch": held_out.epoch,
        "seconds": held_out.seconds,
        "train_loss": held_out.train.loss,
        "train_accuracy": held_out.train.accuracy,
        "test_loss": held_out.test.loss,
        "test_accuracy": held_out.test.accuracy,
        "validation_loss": held_out.validation.loss,
        "validation_accuracy": held_out.validation.accuracy,
    }
    assert len(curve_row(none)) == len(CURVES)


@pytest.fixture(scope="module")
def metadata_and_tensors(
    few: Digits, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """The contents of the file of a run that held out digits."""
    path = tmp_path_factory.mktemp("runs") / "run"
    save_run(path, Run(CONFIG, tuple(train(CONFIG, few)), "sample"))
    with safe_open(path, framework="pt") as file:
        return file.metadata(), load_file(path)


@pytest.mark.parametrize(
    ("part", "changes", "complaint"),
    [
        ("config", {"validation": None}, "config: missing or unknown: validation"),
        ("config", {"validation": -1}, "validation must be a whole number"),
        ("config", {"validation": 0}, "hold out 0 digits, but it has validation metrics"),
        ("curves", {"validation_loss": None}, "'validation_loss' is missing"),
        (
            "curves", {"validation_loss": None, "validation_accuracy": None},
            "hold out 300 digits, but it has no validation metrics",
        ),
        ("curves", {"validation_loss": [1.0]}, "damaged or not a run"),
        ("curves", {"validation_accuracy": ["1"] * 6}, "a whole number of steps and eight numbers"),
        ("curves", {"validation_accuracy": [1.5] * 6}, "validation_accuracy: expected .* from 0 to 1"),
        ("curves", {"validation_loss": [float("nan")] * 6}, "validation_loss: expected a finite number"),
    ],
)  # fmt: skip
def test_a_run_file_whose_validation_does_not_fit_is_refused(
    metadata_and_tensors: tuple[dict[str, str], dict[str, torch.Tensor]],
    tmp_path: Path,
    part: str,
    changes: dict[str, object],
    complaint: str,
) -> None:
    metadata, tensors = metadata_and_tensors
    changed = json.loads(metadata[part]) | changes
    kept = {name: value for name, value in changed.items() if value is not None or name not in changes}
    save_file(tensors, tmp_path / "run", metadata | {part: json.dumps(kept)})
    with pytest.raises(ValueError, match=complaint):
        load_run(tmp_path / "run")


def test_a_run_holds_out_the_same_digits_from_its_beginning_on(few: Digits) -> None:
    history = tuple(train(CONFIG, few))
    with pytest.raises(ValueError, match="all segments to hold out the same number of digits"):
        Run(CONFIG, history, "sample", (Segment(replace(CONFIG, validation=200), 1.0),))
