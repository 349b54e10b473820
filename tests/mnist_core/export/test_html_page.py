"""The page to take home: its numbers, its facts and its size; a browser opens it in tests/browser."""

import base64
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from mnist_core import (
    Digits,
    Preprocessing,
    Run,
    SoftmaxRegressor,
    TrainingConfig,
    page_of,
    save_model,
    train,
)
from mnist_core.__main__ import main
from mnist_core.export.html_page import MAX_FRAMES, data_of_page, film_of, page_of_data
from mnist_core.model_file import Origin
from mnist_core.run_file import Segment, save_run
from tests.support.paths import ROOT

MAX_BYTES = 400_000
TRY = ROOT / "docs" / "try" / "index.html"


@pytest.fixture(scope="module")
def run(sample: Digits) -> Run:
    config = TrainingConfig(reports_per_epoch=8, early_reports=True)
    return Run(config, tuple(train(config, sample)), "sample")


def test_a_page_holds_the_model_exactly_and_is_small(run: Run) -> None:
    page = page_of(run)
    assert len(page.encode()) < MAX_BYTES
    numbers, layer = data_of_page(page)["reader"], run.history[-1].model.linear
    for name, expected in (("weight", layer.weight), ("bias", layer.bias)):
        found = np.frombuffer(base64.b64decode(numbers[name]), "<f4")
        np.testing.assert_array_equal(found, expected.detach().numpy().ravel())
    assert page_of_data(data_of_page(page)) == page


def test_a_page_fetches_and_stores_nothing(run: Run) -> None:
    page = page_of(run)
    assert "default-src 'none'" in page
    assert not re.search(r"https?://|localStorage|sessionStorage|indexedDB|cookie|fetch\(|import ", page)


def test_the_film_shows_the_weights_at_most_24_times_from_first_to_last(run: Run) -> None:
    film = film_of(run.history)
    steps = film["steps"]
    assert steps == sorted(set(steps))
    assert [steps[0], steps[-1]] == [0, run.history[-1].step]
    assert 10 <= len(steps) <= MAX_FRAMES
    frames = np.frombuffer(base64.b64decode(film["frames"]), np.int8).reshape(len(steps), 10, 784)
    reports = {report.step: report for report in run.history}
    for frame, step, scale, accuracy in zip(frames, steps, film["scale"], film["accuracies"], strict=True):
        weight = reports[step].model.linear.weight.detach()
        expected = weight.clamp(-scale, scale).numpy()
        np.testing.assert_allclose(frame * scale / 127, expected, atol=0.55 * scale / 127)
        assert (weight.abs() > scale * 1.001).double().mean() <= 0.0101
        assert accuracy == pytest.approx(reports[step].test.accuracy, abs=1e-4)


def test_a_page_tells_the_settings_of_each_part_and_the_accuracy(run: Run) -> None:
    config = replace(run.config, learning_rate=0.25, validation=0)
    continued = Run(config, run.history, "sample", (Segment(run.config, 4.0),))
    page = page_of(continued)
    assert (
        "until epoch 4: batch size 100, learning rate 0.01, 10 epochs, seed 0; then: batch size 100" in page
    )
    accuracy = run.history[-1].test.accuracy
    assert f"{100 * accuracy:.2f} %, 95 % interval" in page
    assert "a sample of MNIST" in page


def test_a_page_of_a_model_tells_what_its_file_tells() -> None:
    origin = Origin(TrainingConfig(learning_rate=0.25), "mnist", 600, 1.0, 0.9)
    page = page_of(SoftmaxRegressor(Preprocessing.RAW), origin=origin)
    assert "wrong labels" not in page
    assert "learning rate 0.25" in page
    assert "90.00 %, 95 % interval 89.40 to 90.57 %" in page
    few = replace(origin, config=TrainingConfig(training_digits=1_000, wrong_labels=0.2))
    page = page_of(SoftmaxRegressor(Preprocessing.RAW), origin=few)
    assert "1,000 of the training digits" in page
    assert "20 % of the digits learned" in page


def test_a_setting_that_the_page_does_not_know_refuses_the_export(run: Run) -> None:
    @dataclass(frozen=True)
    class Later(TrainingConfig):
        momentum: float = 0.0

    with pytest.raises(ValueError, match="momentum"):
        page_of(Run(Later(momentum=0.9), run.history, "sample"))


def test_a_model_alone_has_a_page_without_a_film() -> None:
    data = data_of_page(page_of(SoftmaxRegressor(Preprocessing.MOMENTS)))
    assert "film" not in data
    assert data["reader"]["preprocessing"] == "moments"


def test_export_writes_a_page_of_a_model_and_all_three_of_a_run(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, whole = tmp_path / "model.safetensors", tmp_path / "run.safetensors"
    save_model(model, run.history[-1].model)
    save_run(whole, run)
    names = {option: tmp_path / f"out{option}" for option in ("--html", "--script", "--notebook")}
    everything = [text for option, path in names.items() for text in (option, str(path))]
    assert main(["export", str(whole), *everything]) == 0
    assert names["--html"].read_text() == page_of(run)
    assert all(path.read_text() for path in names.values())
    assert main(["export", str(model), "--html", str(tmp_path / "model.html")]) == 0
    capsys.readouterr()
    for wrong, message in (
        ([str(model), "--script", str(tmp_path / "none.py")], "is written of a run"),
        ([str(model)], "nothing to write"),
        ([str(ROOT / "README.md"), "--html", str(tmp_path / "none.html")], "expected a run or a model"),
    ):
        assert main(["export", *wrong]) == 2
        assert message in capsys.readouterr().err
    assert not list(tmp_path.glob("none*"))


def test_the_page_to_try_is_what_the_program_writes_today_and_linked_from_the_readme() -> None:
    page = TRY.read_text(encoding="utf-8")
    data = data_of_page(page)
    assert page_of_data(data) == page, "run `scripts/try --code`"
    assert len(page.encode()) < MAX_BYTES
    assert data["reader"]["preprocessing"] == "directions"
    assert data["film"]["preprocessing"] == "raw"
    assert data["film"]["accuracies"][-1] > 0.9
    assert "docs/try/index.html" in (ROOT / "README.md").read_text(encoding="utf-8")[:600]
