"""The Draw tab: how a drawing is answered, and how a newcomer who draws first is trained a model."""

import math
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.strokes import Stroke, draw
from dashboard.draw.tab import camera_is_allowed
from dashboard.lab import shared
from dashboard.lab.setting_choices import PRESETS
from mnist_core import Preprocessing, Run, TrainingConfig
from tests.dashboard.page import choice, finish, open_page, open_tab, rerun, sent, settings, shown, texts
from tests.dashboard.runs import LIMIT, ONE, begin_slowly, join, person, store
from tests.support.canvas import Canvas

THREE: list[Stroke] = [
    [(95, 70), (140, 56), (180, 76), (172, 112), (135, 134), (176, 151), (188, 190), (154, 221), (92, 210)]
]
SEVEN: list[Stroke] = [[(84, 67), (196, 65), (168, 126), (140, 182), (123, 230)]]
STAR: list[Stroke] = [
    [(140 + 90 * math.sin(0.8 * math.pi * k), 140 - 90 * math.cos(0.8 * math.pi * k)) for k in range(6)]
]


@pytest.fixture
def page(server: Path, ended: Run) -> AppTest:
    """The page after a short training."""
    return open_page(run=store(ended), tab="Draw")


def _draw(page: AppTest, canvas: Canvas, strokes: Sequence[Stroke]) -> AppTest:
    canvas.image_data = draw(list(strokes))
    return rerun(page)


def _large(page: AppTest) -> str:
    (large,) = re.findall(r'"large": "(.*?)"', sent(page))
    return str(large)


def test_a_blank_board_asks_for_a_digit_and_has_nothing_to_keep(page: AppTest) -> None:
    assert _large(page) == ""
    assert choice(page, "drawn_digit").disabled


@pytest.mark.parametrize(
    ("strokes", "large"),
    [(THREE, "3"), (SEVEN, "7"), ([[(140.0, 140.0)]], "?"), (STAR, "?")],
    ids=["3", "7", "dot", "star"],
)
def test_a_digit_is_answered_and_what_is_not_a_digit_is_not(
    page: AppTest, canvas: Canvas, strokes: list[Stroke], large: str
) -> None:
    assert _large(_draw(page, canvas, strokes)) == large


def test_a_drawing_is_read_with_the_newest_weights(server: Path, canvas: Canvas) -> None:
    run = begin_slowly(TrainingConfig(learning_rate=0.2, epochs=2, early_reports=True))
    page = _draw(open_page(run=run.id, tab="Draw"), canvas, THREE)
    assert _large(page) == "?"
    assert "This model knows nothing yet" in sent(page)
    run.set_pace(0)
    join(run)
    assert _large(rerun(page)) == "3"


def test_skipping_preprocessing_reads_the_drawing_as_it_is(page: AppTest, canvas: Canvas) -> None:
    _draw(page, canvas, [[(0.25 * x + 105, 0.25 * y + 105) for x, y in THREE[0]]])
    assert _large(page) == "3"
    page.toggle(key="only_shrink").set_value(True)
    assert _large(rerun(page)) not in ("3", "?")


def test_a_drawing_is_compared_with_the_training_digits_of_the_same_source(page: AppTest) -> None:
    detector = shared.novelty_detector()
    assert detector is not None
    assert len(detector.result(LIMIT).reference) == 4_000


# Draw before Train


def test_before_a_first_stroke_the_tab_says_that_a_model_will_be_trained(app: AppTest) -> None:
    open_tab(app, "Draw")
    assert "A model is trained for you as soon as you do" in texts(app)
    assert "run" not in app.query_params


def test_a_first_stroke_before_any_training_begins_a_run_of_the_best_reader(
    app: AppTest, canvas: Canvas
) -> None:
    open_tab(app, "Draw")
    _draw(app, canvas, THREE)
    run = shown(app)
    best = PRESETS["Best reader"]
    assert (run.config.preprocessing, run.config.learning_rate) == (best.preprocessing, best.learning_rate)
    assert settings(app).preprocessing is Preprocessing.RAW  # what Train begins is still the article's
    finish(app)
    assert _large(app) == "3"
    assert shown(_draw(app, canvas, SEVEN)) is run
    assert _large(app) == "7"


def test_the_run_that_a_first_stroke_begins_is_the_visitors_own(server: Path, canvas: Canvas) -> None:
    one = person(ONE)
    page = _draw(open_page(one, tab="Draw"), canvas, THREE)
    assert shown(page).id in one.jobs


def test_a_first_stroke_while_the_digits_are_loading_waits_for_them(app: AppTest, canvas: Canvas) -> None:
    open_tab(app, "Draw")
    loader = shared.digits_loader()
    digits, loader.digits = loader.digits, None
    _draw(app, canvas, THREE)
    assert "The digits are being loaded." in texts(app)
    assert "run" not in app.query_params
    loader.digits = digits
    open_tab(app, "Draw")
    assert "run" in app.query_params


def test_that_the_digits_could_not_be_loaded_is_said(app: AppTest, canvas: Canvas) -> None:
    open_tab(app, "Draw")
    loader = shared.digits_loader()
    loader.wait(LIMIT)
    digits, loader.digits, loader.error = loader.digits, None, "no disk"
    _draw(app, canvas, THREE)
    assert "The digits could not be loaded" in texts(app)
    assert "being loaded" not in texts(app)
    loader.digits, loader.error = digits, None


def _keep(page: AppTest, label: int) -> AppTest:
    choice(page, "drawn_digit").set_value(label)
    return rerun(page)


def test_that_a_drawing_is_kept_is_said_below_the_question(page: AppTest, canvas: Canvas) -> None:
    _keep(_draw(page, canvas, SEVEN), 8)
    assert "Kept as an 8." in texts(page)
    _keep(_draw(page, canvas, THREE), 3)
    assert "Kept as a 3, one of your 2 drawings." in texts(page)
    assert "Kept as" not in texts(_draw(page, canvas, STAR))


def test_several_digits_on_top_of_each_other_are_not_kept(page: AppTest, canvas: Canvas) -> None:
    _keep(_draw(page, canvas, SEVEN), 7)
    _keep(_draw(page, canvas, [*SEVEN, *THREE]), 3)
    assert "a 7 that you kept before is still on the board" in texts(page)
    _keep(page, 7)  # with the same label, it may be a stroke that was forgotten
    assert "Kept as a 7" in texts(page)
    rows: list[Stroke] = [[(20, y), (260, y)] for y in range(20, 270, 25)]
    _keep(_draw(page, canvas, [*rows, [(140.0, 10.0), (140.0, 270.0)]]), 5)
    assert "more ink than in any digit" in texts(page)


@pytest.mark.parametrize(
    ("page_address", "allowed"),
    [
        ("http://192.168.1.7:8501/", False),
        ("http://class.example/lab", False),
        ("https://class.example/lab", True),
        ("http://localhost:8501/", True),
        ("http://127.0.0.1:8501/", True),
        ("http://[::1]:8501/", True),
        (None, True),
    ],
)
def test_over_plain_http_no_browser_gives_the_camera_to_a_page(
    page_address: str | None, allowed: bool
) -> None:
    assert camera_is_allowed(page_address) is allowed


def test_somebody_who_draws_on_the_page_of_another_begins_nothing(server: Path, canvas: Canvas) -> None:
    run = begin_slowly(TrainingConfig(), person(ONE))
    page = _draw(open_page(run=run.id, tab="Draw"), canvas, THREE)
    assert shown(page) is run
