"""Model and run files of the version before the renaming open and give the same predictions."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

from mnist_core import (
    Digits,
    Preprocessing,
    Segment,
    TrainingConfig,
    evaluate,
    predict_proba,
    preprocess,
    train,
)
from mnist_core.model_file import load_model, save_model
from mnist_core.preprocessing.preprocess import stored_preprocessing
from mnist_core.run_file import load_run, save_run
from mnist_core.training.curves import curve_row
from tests.support.paths import ROOT

FOLDER = ROOT / "tests" / "data" / "before_renaming"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text())
NAMES = {"raw": Preprocessing.RAW, "deskew": Preprocessing.DESKEW, "moments": Preprocessing.FOUR_DIRECTIONS}

old_names = pytest.mark.parametrize(("name", "how"), NAMES.items(), ids=NAMES)


@old_names
def test_a_model_gives_the_same_predictions_as_before(sample: Digits, name: str, how: Preprocessing) -> None:
    model, images = load_model(FOLDER / f"model-{name}.safetensors"), sample.test.images[:10]
    assert model.preprocessing is how
    logits = model.logits(preprocess(images, how))
    # A pixel may differ by one level of 255 between two machines, a logit therefore by a weight / 255.
    np.testing.assert_allclose(logits, EXPECTED[name]["logits"], atol=0.01)
    assert predict_proba(model, images).argmax(dim=1).tolist() == EXPECTED[name]["predicted"]
    assert evaluate(model, sample.test).accuracy == pytest.approx(EXPECTED[name]["test_accuracy"], abs=0.002)


@old_names
def test_a_run_has_the_same_settings_reports_and_model_as_before(name: str, how: Preprocessing) -> None:
    run = load_run(FOLDER / f"run-{name}.safetensors")
    model = load_model(FOLDER / f"model-{name}.safetensors")
    assert run.config == TrainingConfig(50, 0.5, 1, 7, how, reports_per_epoch=2)
    assert (run.source, run.finished) == ("sample", True)
    rows = [
        [number for place, number in enumerate(curve_row(report)) if place != 2] for report in run.history
    ]
    assert rows == EXPECTED[name]["reports"]
    assert all(report.model.preprocessing is how for report in run.history)
    assert run.history[-1].model.linear.weight.equal(model.linear.weight)
    assert run.history[-1].model.linear.bias.equal(model.linear.bias)


def test_the_segments_of_a_continued_run_are_read_too() -> None:
    run = load_run(FOLDER / "run-moments.safetensors")
    config = TrainingConfig(50, 0.25, 1, 7, Preprocessing.FOUR_DIRECTIONS, reports_per_epoch=1)
    assert run.earlier == (Segment(config, 1.0),)
    assert run.final_epoch == 2.0


@old_names
def test_a_run_can_be_continued(sample: Digits, name: str, how: Preprocessing) -> None:
    run = load_run(FOLDER / f"run-{name}.safetensors")
    report = next(train(run.config, sample, start=run.history[-1]))
    assert report.epoch == run.final_epoch + 0.5
    assert report.model.preprocessing is how


@old_names
def test_what_is_saved_again_uses_the_new_names(tmp_path: Path, name: str, how: Preprocessing) -> None:
    save_model(tmp_path / "model", load_model(FOLDER / f"model-{name}.safetensors"))
    save_run(tmp_path / "run", load_run(FOLDER / f"run-{name}.safetensors"))
    with safe_open(tmp_path / "model", framework="np") as file:
        assert file.metadata() == {"preprocessing": how.value}
    with safe_open(tmp_path / "run", framework="np") as file:
        metadata = file.metadata()
    assert metadata["format"] == "Digit Lab run 2"
    settings = [json.loads(metadata["config"])]
    settings += [segment["config"] for segment in json.loads(metadata["earlier"])]
    for config in settings:
        assert config["preprocessing"] == how.value
        assert "normalization" not in config
    assert (
        load_model(tmp_path / "model").preprocessing is load_run(tmp_path / "run").config.preprocessing is how
    )


@pytest.mark.parametrize("how", Preprocessing)
def test_a_new_name_is_read_under_the_new_key(how: Preprocessing) -> None:
    assert stored_preprocessing({"preprocessing": how.value, "batch_size": 100}) is how


@old_names
def test_an_old_name_is_read_under_the_old_key(name: str, how: Preprocessing) -> None:
    assert stored_preprocessing({"normalization": name, "batch_size": 100}) is how


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "preprocessing: expected one of raw, deskew, moments, directions, four-directions, found None"),
        ({"preprocessing": "blur"}, "preprocessing: .* found 'blur'"),
        ({"preprocessing": "RAW"}, "found 'RAW'"),
        ({"preprocessing": 3}, "found 3"),
        ({"preprocessing": ["raw"]}, r"found \['raw'\]"),
        ({"preprocessing": "x" * 1000}, "found 'x{39}$"),
        ({"normalization": "directions"}, "normalization: expected one of raw, deskew, moments, found"),
        ({"normalization": None}, "normalization: .* found None"),
    ],
)
def test_other_names_and_other_types_are_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stored_preprocessing(fields)
