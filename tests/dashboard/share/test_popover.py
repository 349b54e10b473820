"""Share: links that open as they were made, files that others read, models that come back."""

import csv
import io
import json
import math
import pickle
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import safetensors.numpy
import torch
from streamlit.testing.v1 import AppTest

from dashboard import state
from dashboard.lab.job_list import JobList
from dashboard.lab.job_registry import JobRegistry
from dashboard.lab.run_job import EndedTraining, RunJob
from dashboard.lab.setting_choices import PRESETS
from dashboard.share.popover import curves_file, model_file
from mnist_core import (
    Digits,
    Preprocessing,
    Run,
    SoftmaxRegressor,
    TrainingConfig,
    evaluate,
    notebook_of,
    page_of,
    script_of,
    train,
)
from mnist_core.model_file import MAX_BYTES, model_to_bytes
from mnist_core.training.worker import State
from tests.dashboard.page import metrics, open_page, press, rerun, settings, shown, texts
from tests.dashboard.runs import ONE, OTHER, begin_slowly, join, person, store


@pytest.fixture
def run(sample: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunJob:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    config = TrainingConfig(epochs=2, reports_per_epoch=2, preprocessing=Preprocessing.RAW)
    return join(JobRegistry().begin_run(config, sample, JobList(ONE)))


@pytest.fixture
def model() -> SoftmaxRegressor:
    model = SoftmaxRegressor(Preprocessing.RAW)
    torch.nn.init.normal_(model.linear.weight, generator=torch.Generator().manual_seed(0))
    return model


def _open_share(page: AppTest) -> AppTest:
    page.session_state[state.sharing_open.key] = True
    return rerun(page)


def _link(page: AppTest, label: str) -> str:
    """Open Share and find a link as the browser would get it."""
    _open_share(page)
    sent = [json.loads(one.proto.json) for one in page.get("bidi_component") if one.proto.json]
    (found,) = (data["link"] for data in sent if isinstance(data, dict) and data.get("label") == label)
    return str(found)


def _query(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query, strict_parsing=True))


def _upload(page: AppTest, content: bytes) -> AppTest:
    _open_share(page)
    (uploader,) = [one for one in page.file_uploader if one.label == "Load a model file"]
    uploader.set_value(("model.safetensors", content, "application/octet-stream"))
    return rerun(page)


def test_a_settings_link_opens_with_these_settings(app: AppTest) -> None:
    rerun(app)
    app.select_slider(key="batch_size").set_value(1_000)
    app.select_slider(key="learning_rate").set_value(0.5)
    app.slider(key="epochs").set_value(3)
    app.number_input(key="seed").set_value(7)
    app.segmented_control(key="preprocessing").set_value(Preprocessing.DESKEW)
    rerun(app)
    asked = _query(_link(app, "Link to these settings"))
    assert (
        asked.items()
        >= {
            "batch_size": "1000",
            "learning_rate": "0.5",
            "epochs": "3",
            "preprocessing": "deskew",
            "seed": "7",
        }.items()
    )

    opened = open_page(**asked)
    assert settings(opened) == settings(app)
    assert not opened.info


def test_a_run_link_opens_with_the_run_and_its_settings(server: Path) -> None:
    page = open_page(learning_rate="0.5", epochs="1")
    press(page, "Train")
    asked = _query(_link(page, "Link to this run"))
    assert asked == {"run": page.query_params["run"]}

    opened = open_page(**asked)
    assert shown(opened) is shown(page)
    assert settings(opened) == settings(page)


def test_links_carry_the_slash_at_the_end_of_the_page(app: AppTest) -> None:
    app.context = {"url": "https://example.org/digits"}
    rerun(app)
    assert _link(app, "Link to these settings").startswith("https://example.org/digits/?")


def test_the_curves_are_a_table_with_units_that_a_spreadsheet_reads(run: RunJob) -> None:
    header, *rows = csv.reader(io.StringIO(curves_file(run.history)))
    assert header[:3] == ["step", "epoch", "seconds (s)"]
    assert header[3:5] == ["train_loss (nats)", "train_accuracy (0 to 1)"]
    assert header[5:] == ["test_loss (nats)", "test_accuracy (0 to 1)"]
    assert [row[:2] for row in rows] == [["20", "0.5"], ["40", "1.0"], ["60", "1.5"], ["80", "2.0"]]
    for row, report in zip(rows, run.history, strict=True):
        seconds, *numbers = (float(cell) for cell in row[2:])
        assert seconds == report.seconds
        assert numbers[:2] == [report.train.loss, report.train.accuracy]
        assert numbers[2:] == [report.test.loss, report.test.accuracy]


def test_the_curves_of_a_run_without_a_report_are_a_header(run: RunJob) -> None:
    assert curves_file(()).strip() == curves_file(run.history).splitlines()[0]


def test_the_curves_of_a_run_with_held_out_digits_have_those_of_validation(sample: Digits) -> None:
    config = TrainingConfig(epochs=1, reports_per_epoch=1, preprocessing=Preprocessing.RAW, validation=500)
    (report,) = train(config, sample)
    assert report.validation is not None
    header, row = csv.reader(io.StringIO(curves_file((report,))))
    assert header[-2:] == ["validation_loss (nats)", "validation_accuracy (0 to 1)"]
    assert [float(cell) for cell in row[-2:]] == [report.validation.loss, report.validation.accuracy]


def test_the_model_file_has_the_newest_weights(run: RunJob) -> None:
    tensors = safetensors.numpy.load(model_file(run))
    newest = run.history[-1].model.linear
    assert (tensors["linear.weight"] == newest.weight.detach().numpy()).all()
    assert (tensors["linear.bias"] == newest.bias.detach().numpy()).all()


def test_the_model_file_of_a_run_without_a_report_is_that_of_an_untrained_model(run: RunJob) -> None:
    tensors = safetensors.numpy.load(model_file(replace(run, training=EndedTraining(State.STOPPED, ()))))
    assert not tensors["linear.weight"].any()


# Loading a model file


def test_an_uploaded_model_is_shown_tested_and_can_be_trained_further(
    app: AppTest, sample: Digits, model: SoftmaxRegressor
) -> None:
    _upload(rerun(app), model_to_bytes(model))
    assert metrics(app)["Test accuracy"] == f"{100 * evaluate(model, sample.test).accuracy:.1f} %"
    assert len(app.query_params["run"]) == 32
    assert app.segmented_control(key="preprocessing").value == Preprocessing.RAW
    assert "Load a model file" not in [one.label for one in app.file_uploader]  # Share has closed
    assert "This is the model from the file." in app.info[0].value

    press(app, "Continue")
    assert not app.info
    assert join(shown(app)).history[-1].step > 0


def test_a_model_that_was_downloaded_knows_its_settings_when_it_comes_back(app: AppTest, run: RunJob) -> None:
    last = run.history[-1]
    _upload(rerun(app), model_file(run))
    back = shown(app)
    assert (back.config, back.history[0].step, back.history[0].epoch) == (run.config, last.step, last.epoch)
    assert back.history[0].test == last.test
    assert settings(app).learning_rate == run.config.learning_rate
    assert f"From a model file: {last.step:,} steps" in texts(app)
    assert "does not say how it was trained" not in texts(app)
    press(app, "Continue")
    assert join(shown(app)).history[-1].epoch == math.ceil(last.epoch) + settings(app).epochs


def test_an_uploaded_model_is_not_replaced_by_retrain(app: AppTest, model: SoftmaxRegressor) -> None:
    rerun(app)
    app.sidebar.toggle(key="retrain").set_value(True)
    app.sidebar.select_slider(key="learning_rate").set_value(0.5)
    _upload(rerun(app), model_to_bytes(model))
    assert "This is the model from the file." in app.info[0].value
    assert shown(app).history[0].step == 0
    assert "Changed since this run" not in texts(app)


def test_an_uploaded_model_stops_the_own_run_that_was_shown_and_no_other(
    server: Path, model: SoftmaxRegressor
) -> None:
    own, others = (begin_slowly(PRESETS["The article"], person(who)) for who in (ONE, OTHER))
    _upload(open_page(person(ONE), run=own.id), model_to_bytes(model))
    _upload(open_page(person(ONE), run=others.id), model_to_bytes(model))
    join(own)
    assert (own.state, others.state, others.stop_reason) == (State.STOPPED, State.RUNNING, None)


def test_a_model_that_cannot_be_saved_is_an_error_and_leaves_the_run_alone(
    server: Path, model: SoftmaxRegressor
) -> None:
    own = begin_slowly(PRESETS["The article"], person(ONE))
    (server / "runs").write_text("a file in the place of the folder")
    page = _upload(open_page(person(ONE), run=own.id), model_to_bytes(model))
    assert "it cannot be saved: the server cannot write to its disk" in page.error[0].value
    assert shown(page) is own
    assert own.state is State.RUNNING


@pytest.mark.parametrize(
    ("content", "check"),
    [
        (pickle.dumps({"weight": 1}), "written by torch"),
        (bytes(MAX_BYTES + 1), "at most 1,000,000 bytes"),
        (b"", "not a complete safetensors file"),
    ],
    ids=["a pickle", "too large", "empty"],
)
def test_a_file_that_is_not_a_model_is_refused_with_the_check_it_failed(
    app: AppTest, content: bytes, check: str
) -> None:
    _upload(rerun(app), content)
    assert check in app.error[0].value
    assert app.query_params == {}
    assert metrics(app)["Test accuracy"] == "–"


def _offered(page: AppTest) -> set[str]:
    return {one.proto.label for one in page.get("download_button")}


def test_a_run_that_has_ended_is_taken_home_as_a_page_a_script_and_a_notebook(
    server: Path, ended: Run
) -> None:
    page = _open_share(open_page(run=store(ended)))
    assert _offered(page) == {"Web page", "Script", "Notebook", "Model", "Curves"}
    assert "No script" not in texts(page)
    compile(script_of(ended), "digit_lab_run.py", "exec")
    assert page_of(ended).startswith("<!doctype html>")
    assert json.loads(notebook_of(ended))["nbformat"] == 4


def test_that_no_script_can_be_made_yet_or_at_all_is_said_with_the_reason(server: Path) -> None:
    page = open_page(run=begin_slowly(TrainingConfig()).id)
    assert _offered(_open_share(page)) == {"Model", "Curves"}
    assert "No web page, script or notebook: The run is still learning" in texts(page)

    loaded = SoftmaxRegressor(Preprocessing.RAW)
    torch.nn.init.normal_(loaded.linear.weight, generator=torch.Generator().manual_seed(0))
    _upload(page, model_to_bytes(loaded))
    assert _offered(_open_share(page)) == {"Web page", "Model", "Curves"}
    assert "No script or notebook: This run began from a model that was loaded" in texts(page)
