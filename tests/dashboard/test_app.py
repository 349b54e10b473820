"""The page's wiring: the controls begin, hold and end a run, and the tabs show it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from dashboard import session
from dashboard.services.digits_loader import DigitsLoader
from dashboard.services.run_registry import LiveRun
from mnist_core import Digits, State
from tests.support.canvas import Canvas

THREE = [
    (90, 70),
    (140, 50),
    (190, 70),
    (180, 110),
    (140, 130),
    (190, 150),
    (200, 200),
    (140, 230),
    (90, 210),
]


def _button(app: AppTest, label: str) -> Button:
    return next(button for button in app.sidebar.button if button.label == label)


def _run(app: AppTest) -> LiveRun:
    """The run that the page shows, found by the id in the address."""
    return session.registry().find(str(app.query_params["run"]))


def _trained(app: AppTest) -> LiveRun:
    app.run()
    _button(app, "Train").click().run()
    run = _run(app)
    assert run.training.join(timeout=60)
    app.run()
    return run


def _metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_the_page_begins_with_the_articles_settings_and_nothing_learned(app: AppTest) -> None:
    app.run()
    sliders = {slider.label: slider.value for slider in (*app.sidebar.select_slider, *app.sidebar.slider)}
    assert sliders == {"Batch size": 100, "Learning rate": 0.01, "Epochs": 10}
    assert set(_metrics(app).values()) == {"–"}
    assert not app.exception


def test_train_learns_with_the_settings_of_the_moment_and_shows_the_numbers(app: AppTest) -> None:
    app.run()
    app.sidebar.slider(key="epochs").set_value(2)
    app.sidebar.select_slider(key="batch_size").set_value(50)
    run = _trained(app)
    last = run.history[-1]
    assert (run.config.epochs, run.config.batch_size, last.step) == (2, 50, 160)
    assert _metrics(app)["Test accuracy"] == f"{100 * last.test.accuracy:.1f} %"
    assert _metrics(app)["Epoch"] == "2 of 2"
    assert not app.exception


def test_a_slider_moved_during_a_run_changes_only_the_next_one(app: AppTest) -> None:
    app.run()
    app.sidebar.toggle(key="slow_motion").set_value(True).run()
    _button(app, "Train").click().run()
    run = _run(app)
    app.sidebar.slider(key="epochs").set_value(3).run()
    assert _run(app).id == run.id
    assert _run(app).config.epochs == 10
    _button(app, "Train").click().run()
    assert _run(app).config.epochs == 3
    assert run.training.join(timeout=60)
    assert run.state is State.STOPPED


def test_pause_step_and_stop_act_on_the_run_that_is_shown(app: AppTest) -> None:
    app.run()
    app.sidebar.toggle(key="slow_motion").set_value(True).run()
    _button(app, "Train").click().run()
    _button(app, "Pause").click().run()
    assert _run(app).state is State.PAUSED
    assert _button(app, "Resume")
    _button(app, "Stop").click().run()
    assert _run(app).state is State.STOPPED
    assert _button(app, "Stop").disabled


def test_retrain_as_i_move_begins_anew_at_each_change(app: AppTest) -> None:
    run = _trained(app)
    app.sidebar.toggle(key="retrain").set_value(True).run()
    assert _run(app).id == run.id
    app.sidebar.select_slider(key="learning_rate").set_value(0.1).run()
    assert _run(app).id != run.id
    assert _run(app).config.learning_rate == 0.1


def test_continue_goes_on_from_where_the_run_stands(app: AppTest) -> None:
    run = _trained(app)
    _button(app, "Continue").click().run()
    assert _run(app).training.join(timeout=60)
    app.run()
    assert _metrics(app)["Epoch"] == "20 of 20"
    assert _run(app).id == run.id


def test_a_run_with_another_kind_of_input_cannot_be_continued(app: AppTest) -> None:
    _trained(app)
    app.sidebar.segmented_control(key="preprocessing").set_value("raw").run()
    assert _button(app, "Continue").disabled


def test_a_drawing_is_read_with_the_newest_weights(app: AppTest, canvas: Canvas) -> None:
    _trained(app)
    paper = Image.new("RGBA", (280, 280), "white")
    ImageDraw.Draw(paper).line(THREE, "black", 20, "curve")
    canvas.image_data = np.asarray(paper)
    app.run()
    assert not app.exception
    pieces: list[Any] = list(app.get("html"))
    assert any('class="answer"' in piece.body and ">3<" in piece.body for piece in pieces)


def test_the_sample_is_said_to_be_one_and_the_download_can_be_tried_again(app: AppTest) -> None:
    app.run()
    assert any("A sample of MNIST: 4,000 to learn from" in caption.value for caption in app.sidebar.caption)
    assert _button(app, "Try the download again")


def test_digits_that_cannot_be_loaded_are_an_error_with_a_way_on(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, sample: Digits
) -> None:
    def fail(**_: object) -> Digits:
        raise ValueError("train-images-idx3-ubyte: expected 47,040,016 bytes, found 12")

    monkeypatch.setattr("dashboard.services.digits_loader.load_digits", fail)
    app.run()
    assert "expected 47,040,016 bytes" in app.error[0].value
    assert _button(app, "Train").disabled
    monkeypatch.setattr("dashboard.services.digits_loader.load_digits", lambda **_: replace(sample))
    _button(app, "Try again").click().run()
    assert not _button(app, "Train").disabled


def test_loading_says_how_far_it_is_and_then_what_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> Digits:
        raise OSError("no such folder")

    monkeypatch.setattr("dashboard.services.digits_loader.load_digits", fail)
    loading = DigitsLoader()
    loading.wait(60)
    assert (loading.digits, str(loading.error)) == (None, "no such folder")
