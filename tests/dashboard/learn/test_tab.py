"""How it works, as a tab of the app."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import Digits
from tests.support.canvas import Canvas


@pytest.fixture
def lesson(app: AppTest) -> AppTest:
    app.session_state["tab"] = "How it works"
    return app.run()


def text(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(markdown.value for markdown in app.markdown)


def seven() -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """A canvas with a plain 7."""
    rgba = np.full((280, 280, 4), 255, np.uint8)
    rgba[60:80, 80:200, :3] = 0
    for step in range(160):
        rgba[60 + step : 80 + step, 180 - step // 2 : 200 - step // 2, :3] = 0
    return rgba


def test_before_any_run_it_tells_of_a_model_that_knows_nothing(lesson: AppTest) -> None:
    assert "a model that has learned nothing yet" in text(lesson)
    assert "the test digit" in text(lesson)


def test_a_run_and_its_accuracy_are_those_of_the_headline(lesson: AppTest) -> None:
    lesson.button(key="train_here").click().run()
    while "Finished" not in lesson.get("progress")[0].proto.text:
        lesson.run()
    assert "your run at epoch 10" in text(lesson)
    accuracy = lesson.metric[0].value.removesuffix(" %")
    assert rf"= {accuracy}\,\%" in text(lesson)


def test_the_settings_are_those_of_the_controls(lesson: AppTest) -> None:
    lesson.select_slider(key="batch_size").set_value(500).run()
    lesson.slider(key="epochs").set_value(3).run()
    assert "$B = 500$" in text(lesson)
    assert r"= 24 \text{ steps}" in text(lesson)


def test_a_drawing_takes_the_place_of_the_test_digit(lesson: AppTest, canvas: Canvas) -> None:
    canvas.image_data = seven()
    lesson.run()
    lesson.run()
    assert "your drawing" in text(lesson)
    assert "the test digit" not in text(lesson)
    canvas.image_data = np.full((280, 280, 4), 255, np.uint8)
    lesson.run()
    lesson.run()
    assert "the test digit" in text(lesson)


def test_while_the_digits_are_loading_it_says_so(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, sample: Digits
) -> None:
    monkeypatch.setattr("dashboard.session.digits", lambda: None)
    app.session_state["tab"] = "How it works"
    app.run()
    assert "as soon as the digits are loaded" in text(app)
