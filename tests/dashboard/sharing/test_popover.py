"""Share: links that open as they were made, files that others read, models that come back."""

import csv
import io
import json
import pickle
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import safetensors.numpy
import torch
from streamlit.testing.v1 import AppTest

from dashboard.services.run_registry import LiveRun, RunRegistry
from dashboard.sharing.popover import curves_file, model_file
from mnist_core import Digits, Preprocessing, SoftmaxRegressor, TrainingConfig, evaluate
from mnist_core.model_file import MAX_BYTES, model_to_bytes

APP = str(Path(__file__).parents[1] / "streamlit_app.py")


@pytest.fixture
def run(sample: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LiveRun:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    config = TrainingConfig(epochs=2, reports_per_epoch=2, preprocessing=Preprocessing.RAW)
    run = RunRegistry().begin(config, sample, seconds_per_report=0)
    assert run.training.join(60)
    return run


@pytest.fixture
def model() -> SoftmaxRegressor:
    model = SoftmaxRegressor(Preprocessing.RAW)
    torch.nn.init.normal_(model.linear.weight, generator=torch.Generator().manual_seed(0))
    return model


def link(app: AppTest, label: str) -> str:
    """Open Share and find a link as the browser would get it."""
    app.session_state["share"] = True
    app.run()
    sent = [json.loads(one.proto.json) for one in app.get("bidi_component") if one.proto.json]
    (found,) = (data["link"] for data in sent if isinstance(data, dict) and data.get("label") == label)
    return str(found)


def query(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query, strict_parsing=True))


def upload(app: AppTest, content: bytes) -> None:
    app.session_state["share"] = True
    app.run()
    (uploader,) = [one for one in app.file_uploader if one.label == "A model from a file"]
    uploader.set_value(("model.safetensors", content, "application/octet-stream"))
    app.run()
    assert not app.exception


def test_a_settings_link_opens_with_these_settings(app: AppTest) -> None:
    app.run()
    app.select_slider(key="batch_size").set_value(1_000)
    app.select_slider(key="learning_rate").set_value(0.5)
    app.slider(key="epochs").set_value(3)
    app.number_input(key="seed").set_value(7)
    app.segmented_control(key="preprocessing").set_value(Preprocessing.DESKEW)
    app.run()
    asked = query(link(app, "Link to these settings"))
    assert asked == {
        "batch_size": "1000",
        "learning_rate": "0.5",
        "epochs": "3",
        "preprocessing": "deskew",
        "seed": "7",
    }

    opened = AppTest.from_file(APP, default_timeout=60)
    opened.query_params |= asked
    opened.run()
    assert opened.session_state["settings"] == app.session_state["settings"]
    assert not opened.info


def test_a_run_link_opens_with_the_run_and_its_settings(app: AppTest) -> None:
    app.query_params |= {"learning_rate": "0.5", "epochs": "1"}
    app.run()
    app.button(key="train_here").click().run()
    asked = query(link(app, "Link to this run"))

    opened = AppTest.from_file(APP, default_timeout=60)
    opened.query_params |= asked
    opened.run()
    assert opened.query_params["run"] == app.query_params["run"]
    assert opened.session_state["settings"] == app.session_state["settings"]


def test_an_address_out_of_range_is_put_right_with_a_notice_that_stays_until_a_run_begins(
    app: AppTest,
) -> None:
    app.query_params |= {"batch_size": "150", "epochs": "0"}
    app.run()
    app.run()
    assert app.select_slider(key="batch_size").value == 200
    assert app.slider(key="epochs").value == 1
    assert app.query_params == {"batch_size": "200", "epochs": "1"}
    assert "batch size 200 instead of 150, epochs 1 instead of 0" in app.info[0].value
    app.button(key="train_here").click().run()
    assert not app.info


@pytest.mark.parametrize("identity", ["0" * 32, "../../etc/passwd", "![x](y)", " "])
def test_a_link_to_no_run_says_so_and_leaves_the_page_usable(app: AppTest, identity: str) -> None:
    app.query_params["run"] = identity
    app.run()
    assert "The run in this link" in app.info[0].value
    assert identity not in app.info[0].value or identity == " "
    assert app.query_params == {}
    app.button(key="train_here").click().run()
    assert not app.exception


def test_the_curves_are_a_table_with_units_that_a_spreadsheet_reads(run: LiveRun) -> None:
    header, *rows = csv.reader(io.StringIO(curves_file(run.history)))
    assert header[:3] == ["step", "epoch", "time (s)"]
    assert header[3:5] == ["training loss (nats)", "training accuracy (0 to 1)"]
    assert header[5:] == ["test loss (nats)", "test accuracy (0 to 1)"]
    assert [row[:2] for row in rows] == [["20", "0.5"], ["40", "1.0"], ["60", "1.5"], ["80", "2.0"]]
    for row, report in zip(rows, run.history, strict=True):
        seconds, *metrics = (float(cell) for cell in row[2:])
        assert seconds == report.seconds
        assert metrics[:2] == [report.train.loss, report.train.accuracy]
        assert metrics[2:] == [report.test.loss, report.test.accuracy]


def test_the_model_file_has_the_newest_weights(run: LiveRun) -> None:
    tensors = safetensors.numpy.load(model_file(run))
    newest = run.history[-1].model.linear
    assert (tensors["linear.weight"] == newest.weight.detach().numpy()).all()
    assert (tensors["linear.bias"] == newest.bias.detach().numpy()).all()


def test_an_uploaded_model_is_shown_tested_and_can_go_on(
    app: AppTest, sample: Digits, model: SoftmaxRegressor
) -> None:
    app.run()
    upload(app, model_to_bytes(model))
    assert app.metric[0].value == f"{100 * evaluate(model, sample.test).accuracy:.1f} %"
    assert len(app.query_params["run"]) == 32
    assert app.segmented_control(key="preprocessing").value == Preprocessing.RAW
    assert "A model from a file" not in [one.label for one in app.file_uploader]  # Share has closed

    (go_on,) = (button for button in app.button if button.label == "Continue")
    go_on.click().run()
    assert not app.exception
    assert not app.info


@pytest.mark.parametrize(
    ("content", "check"),
    [
        (pickle.dumps({"weight": 1}), "not a whole safetensors file"),
        (bytes(MAX_BYTES + 1), "at most 1,000,000 bytes"),
        (b"", "not a whole safetensors file"),
    ],
    ids=["a pickle", "too large", "empty"],
)
def test_a_file_that_is_no_model_is_refused_with_the_check_it_failed(
    app: AppTest, content: bytes, check: str
) -> None:
    app.run()
    upload(app, content)
    assert check in app.error[0].value
    assert app.query_params == {}
    assert app.metric[0].value == "–"
