"""A program that uses every public name: mypy --strict holds its types, and this test that it runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import assert_type

import numpy as np
import pytest
import torch
from torch import Tensor

import mnist_core
from mnist_core import (
    Calibration,
    Cell,
    Choice,
    Comparison,
    Digits,
    Explanation,
    Grid,
    Kind,
    McNemar,
    Metrics,
    Predictions,
    Preprocessing,
    Progress,
    Run,
    SoftmaxRegressor,
    Split,
    SweepResult,
    TrainingConfig,
    Verdict,
    attributions,
    calibration_curve,
    compare,
    confusion_matrix,
    connect_scheduler,
    evaluate,
    explain,
    import_model,
    indistinguishable,
    load_digits,
    load_images,
    load_model,
    mcnemar,
    mistakes,
    notebook_of,
    page_of,
    predict_proba,
    predict_test,
    preprocess,
    read_digit,
    save_model,
    script_of,
    sweep,
    train,
    train_best,
    wilson_interval,
)
from tests.support.idx import write_idx
from tests.support.paths import ROOT


def test_a_program_may_use_every_public_name(few: Digits, tmp_path: Path) -> None:
    write_idx(tmp_path, few)
    own = load_digits(str(tmp_path), name="our-school")
    images, labels = few.test.images.numpy(), few.test.labels.numpy()
    split = Split(images, labels.astype(np.uint8))
    assert len(load_images(tmp_path / "t10k-images-idx3-ubyte")) == len(split)

    config = TrainingConfig(np.int64(50), np.float32(0.25), epochs=1, preprocessing="deskew")
    reports = train(config, own, start=SoftmaxRegressor("deskew"))
    assert_type(reports, Iterator[Progress])
    *_, last = reports
    model = last.model
    metrics = evaluate(model, split)
    assert_type(metrics, Metrics)
    assert {type(number) for number in (metrics.loss, metrics.accuracy)} == {float}
    assert_type(preprocess(images, Preprocessing.DESKEW), Tensor)
    assert_type(predict_proba(model, images), Tensor)

    predictions = predict_test(model, own)
    same = Predictions(predictions.probabilities.numpy(), labels)
    assert_type(compare(predictions, same), Comparison)
    assert_type(calibration_curve(predictions), Calibration)
    assert_type(confusion_matrix(labels, predictions.predicted.numpy()), Tensor)
    right = (predictions.predicted == predictions.labels).numpy()
    assert_type(mcnemar(right, right), McNemar)
    assert {type(end) for end in wilson_interval(right.sum(), len(right))} == {float}
    assert len(mistakes(predictions)) == (~right).sum()

    verdict = read_digit(images[0], model)
    assert_type(verdict, Verdict)
    assert verdict.kind in Kind
    assert attributions(model, images[0]).shape == (10, 28, 28)
    assert_type(explain(model, images[0]), Explanation)

    save_model(str(tmp_path / "a.safetensors"), model)
    assert torch.equal(load_model(str(tmp_path / "a.safetensors")).linear.weight, model.linear.weight)
    assert_type(import_model(torch.nn.Linear(784, 10)), SoftmaxRegressor)

    assert connect_scheduler() is None
    grid = Grid(np.logspace(-1, 0, 2), [50], ["raw"], epochs=1, validation=100)
    results = list(sweep(grid, few, done=[Cell(Preprocessing.RAW, 50, 1.0)]))
    assert_type(results, list[SweepResult])
    choice = indistinguishable(results)
    assert_type(choice, Choice | None)
    assert choice is not None
    assert train_best(grid, choice.best.cell, few).test.accuracy > 0.1

    run = Run(TrainingConfig(epochs=1), tuple(train(TrainingConfig(epochs=1), few)), "mnist")
    assert "<!doctype html" in page_of(run).lower()
    for export in (script_of, notebook_of):
        with pytest.raises(ValueError, match="This run"):  # its digits were not all of MNIST
            export(run)


def test_every_public_name_is_used_above_and_described_in_the_reference() -> None:
    program = Path(__file__).read_text(encoding="utf-8")
    reference = (ROOT / "docs" / "reference.html").read_text(encoding="utf-8")
    for name in mnist_core.__all__:
        assert name == "__version__" or f"    {name},\n" in program
        assert f'id="{name}"' in reference, "scripts/reference writes it"
