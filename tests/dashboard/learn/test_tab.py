"""The lesson, as a tab of the page."""

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.lab import shared
from dashboard.lab.digits_loader import example_digit
from mnist_core import Digits, Preprocessing, Run, TrainingConfig, train
from tests.dashboard.page import go, labels, metrics, open_page, open_tab, press, rerun, texts
from tests.dashboard.runs import store
from tests.support.canvas import Canvas

TAB = "Learn"
LESSON = "A digit is 784 numbers"


@pytest.fixture
def lesson(app: AppTest) -> AppTest:
    app.session_state["tab"] = TAB
    app.query_params["learn"] = "lesson"
    return rerun(app)


def _seven() -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """A canvas with a plain 7."""
    rgba = np.full((280, 280, 4), 255, np.uint8)
    rgba[60:80, 80:200, :3] = 0
    for step in range(160):
        rgba[60 + step : 80 + step, 180 - step // 2 : 200 - step // 2, :3] = 0
    return rgba


def test_before_any_run_the_numbers_are_those_of_an_untrained_model(lesson: AppTest) -> None:
    assert "those of the test digit and of an untrained model" in texts(lesson)


def test_a_run_and_its_accuracy_are_those_of_the_headline(lesson: AppTest, ended: Run) -> None:
    page = open_tab(open_page(run=store(ended), learn="lesson"), TAB)
    assert "your run at epoch 2" in texts(page)
    accuracy = metrics(page)["Test accuracy"].removesuffix(" %")
    assert rf"= {accuracy}\,\%" in texts(page)


def test_the_settings_are_those_of_the_controls(lesson: AppTest) -> None:
    lesson.select_slider(key="batch_size").set_value(500)
    lesson.slider(key="epochs").set_value(3)
    rerun(lesson)
    assert "$B = 500$" in texts(lesson)
    assert r"= 24 \text{ steps}" in texts(lesson)


def test_a_drawing_takes_the_place_of_the_test_digit(lesson: AppTest, canvas: Canvas) -> None:
    canvas.image_data = _seven()
    rerun(rerun(lesson))
    assert "those of your drawing" in texts(lesson)
    assert "those of the test digit" not in texts(lesson)
    canvas.image_data = np.full((280, 280, 4), 255, np.uint8)
    rerun(rerun(lesson))
    assert "those of the test digit" in texts(lesson)


def test_while_the_digits_are_loading_it_says_so(lesson: AppTest) -> None:
    shared.digits_loader().digits = None
    assert "as soon as the digits are loaded" in texts(rerun(lesson))


def test_back_and_forward_lead_from_the_lesson_to_the_list_and_back(app: AppTest) -> None:
    app.session_state["tab"] = TAB
    press(rerun(app), "How it works")
    assert "lesson" in app.query_params["learn"]
    assert LESSON in texts(app)
    assert "How it works" in labels(go(app, learn="", tab=TAB))
    assert "learn" not in app.query_params
    assert LESSON in texts(go(app, learn="lesson"))


def test_back_to_the_lesson_of_another_run_shows_both(app: AppTest, ended: Run) -> None:
    run_id = store(ended)
    app.session_state["tab"] = TAB
    press(rerun(app), "How it works")
    press(press(app, "All challenges"), "Train")
    go(app, run=run_id, learn="lesson", tab=TAB)
    assert LESSON in texts(app)
    assert "your run at epoch 2" in texts(app)


def test_requests_from_before_the_browser_had_the_new_address_do_not_lead_back(app: AppTest) -> None:
    app.session_state["tab"] = TAB
    press(rerun(app), "How it works")
    for _ in range(3):
        del app.query_params["learn"]
        rerun(app)
        assert "lesson" in app.query_params["learn"]
        assert LESSON in texts(app)


def test_it_teaches_on_raw_pixels_whatever_input_the_run_has(server: object, sample: Digits) -> None:
    config = TrainingConfig(learning_rate=0.5, epochs=1, preprocessing=Preprocessing.DIRECTIONS)
    run_id = store(Run(config, tuple(train(config, sample)), "sample"))
    page = open_tab(open_page(run=run_id, learn="lesson"), TAB)
    said = texts(page)
    assert "your own run has another input" in said
    ink = [float(one) for one in re.findall(r"has the most ink: `(.*)`", said)[0].split()]
    image = sample.test.images[example_digit(sample)] / 255
    assert ink == pytest.approx(image[int(image.sum(1).argmax())].tolist(), abs=0.005)
    assert "This run is at epoch 10" in said
    assert said.index("9 · The test") < said.index("Four inputs")
