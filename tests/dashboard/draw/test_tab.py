"""The draw tab: what is said of a drawing, and what becomes of one that is kept."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.strokes import Stroke, draw
from dashboard import session
from mnist_core.storage.drawings_zip import stored_drawings
from tests.support.canvas import Canvas

THREE: list[Stroke] = [
    [(95, 70), (140, 56), (180, 76), (172, 112), (135, 134), (176, 151), (188, 190), (154, 221), (92, 210)]
]
SEVEN: list[Stroke] = [[(84, 67), (196, 65), (168, 126), (140, 182), (123, 230)]]
STAR: list[Stroke] = [
    [(140 + 90 * math.sin(0.8 * math.pi * k), 140 - 90 * math.cos(0.8 * math.pi * k)) for k in range(6)]
]
LIMIT = 60


@pytest.fixture
def page(app: AppTest) -> AppTest:
    """The page after a short training."""
    app.run()
    app.sidebar.slider(key="epochs").set_value(2)
    app.sidebar.select_slider(key="learning_rate").set_value(0.2)
    app.run()
    next(button for button in app.sidebar.button if button.label == "Train").click().run()
    assert session.registry().find(str(app.query_params["run"])).training.join(timeout=LIMIT)
    return app.run()


def _draw(page: AppTest, canvas: Canvas, strokes: Sequence[Stroke]) -> None:
    canvas.image_data = draw(list(strokes))
    page.run()
    assert not page.exception


def _large(page: AppTest) -> str:
    pieces: list[Any] = list(page.get("html"))
    (piece,) = [piece.body for piece in pieces if 'class="answer"' in piece.body]
    return str(piece).partition(">")[2].partition("<")[0]


def _keep(page: AppTest, label: int | None) -> None:
    page.segmented_control(key="meant").set_value(label).run()
    assert not page.exception


def _kept(home: Path) -> list[int]:
    """The labels of what is on disk, which is one person's."""
    (file,) = (home / "home" / "drawings").iterdir()
    return [drawing.label for drawing in stored_drawings(file.stem)]


def _texts(page: AppTest) -> str:
    return "\n".join(piece.value for piece in (*page.markdown, *page.caption, *page.info, *page.warning))


def test_before_there_is_a_model_the_tab_offers_to_train_one(app: AppTest, canvas: Canvas) -> None:
    canvas.image_data = draw(THREE)
    app.run()
    assert "Nothing has been learned yet" in _texts(app)
    next(button for button in app.button if button.label == "Train a model").click().run()
    assert "run" in app.query_params


def test_a_blank_board_asks_for_a_digit_and_has_nothing_to_keep(page: AppTest) -> None:
    assert _large(page) == ""
    assert page.segmented_control(key="meant").disabled


@pytest.mark.parametrize(
    ("strokes", "large"),
    [(THREE, "3"), (SEVEN, "7"), ([[(140.0, 140.0)]], "?"), (STAR, "?")],
    ids=["3", "7", "dot", "star"],
)
def test_a_digit_is_answered_and_what_is_none_is_not(
    page: AppTest, canvas: Canvas, strokes: list[Stroke], large: str
) -> None:
    _draw(page, canvas, strokes)
    assert _large(page) == large


def test_just_resizing_reads_the_drawing_as_it_stands(page: AppTest, canvas: Canvas) -> None:
    _draw(page, canvas, [[(0.5 * x + 130, 0.5 * y + 130) for x, y in THREE[0]]])
    assert _large(page) == "3"
    page.toggle(key="just_resize").set_value(True).run()
    assert _large(page) not in ("3", "?")


def test_a_drawing_is_kept_relabelled_and_taken_back(page: AppTest, canvas: Canvas, tmp_path: Path) -> None:
    _draw(page, canvas, THREE)
    _keep(page, 3)
    assert _kept(tmp_path) == [3]
    assert "1 of your 1" in _texts(page)
    _keep(page, 5)
    assert _kept(tmp_path) == [5]
    assert "0 of your 1" in _texts(page)
    _keep(page, None)
    assert _kept(tmp_path) == []


def test_the_label_shown_is_that_of_the_drawing_shown(page: AppTest, canvas: Canvas, tmp_path: Path) -> None:
    _draw(page, canvas, THREE)
    _keep(page, 3)
    _draw(page, canvas, SEVEN)
    assert page.segmented_control(key="meant").value is None
    _keep(page, 7)
    assert _kept(tmp_path) == [3, 7]
    _draw(page, canvas, THREE)
    assert page.segmented_control(key="meant").value == 3


def test_all_can_be_removed_at_once(page: AppTest, canvas: Canvas, tmp_path: Path) -> None:
    _draw(page, canvas, THREE)
    _keep(page, 3)
    next(button for button in page.button if button.label == "Remove all 1").click().run()
    assert _kept(tmp_path) == []
    assert page.segmented_control(key="meant").value is None


def test_two_sessions_without_a_cookie_are_two_people(page: AppTest, canvas: Canvas, tmp_path: Path) -> None:
    _draw(page, canvas, THREE)
    _keep(page, 3)
    other = AppTest.from_file(str(Path(__file__).parents[1] / "streamlit_app.py"), default_timeout=LIMIT)
    other.query_params["run"] = page.query_params["run"]
    other.run()
    assert "of your" not in _texts(other)


def test_where_nothing_can_be_written_it_says_so(page: AppTest, canvas: Canvas, tmp_path: Path) -> None:
    (tmp_path / "home" / "drawings").write_text("a file in the place of the folder")
    _draw(page, canvas, THREE)
    _keep(page, 3)
    assert "cannot write to its disk" in _texts(page)
    assert "1 of your 1" in _texts(page)


def test_a_drawing_is_compared_with_digits_of_the_same_source(page: AppTest) -> None:
    comparing = session.likeness()
    assert comparing is not None
    assert len(comparing.result(LIMIT).known) == 4_000
