"""Drawings that a person keeps with a label, to test models with."""

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from benchmarks.strokes import Stroke, draw
from dashboard import state
from mnist_core import Run
from mnist_core.preprocessing.drawing import ink_of
from mnist_core.storage.drawings_zip import store_drawings, stored_drawings
from tests.dashboard.page import choice, labels, open_page, press, rerun, send_twice, texts
from tests.dashboard.runs import ONE, OTHER, person, store
from tests.support.canvas import Canvas
from tests.support.zips import DRAWINGS, WHOLE

THREE: list[Stroke] = [
    [(95, 70), (140, 56), (180, 76), (172, 112), (135, 134), (176, 151), (188, 190), (154, 221), (92, 210)]
]
SEVEN: list[Stroke] = [[(84, 67), (196, 65), (168, 126), (140, 182), (123, 230)]]


@pytest.fixture
def page(server: Path, ended: Run) -> AppTest:
    """The page of one person, after a short training."""
    return open_page(person(ONE), run=store(ended), tab="Draw")


def _draw(page: AppTest, canvas: Canvas, strokes: Sequence[Stroke]) -> None:
    canvas.image_data = draw(list(strokes))
    rerun(page)


def _keep(page: AppTest, label: int | None) -> None:
    choice(page, "drawn_digit").set_value(label)
    rerun(page)


def _kept() -> list[int]:
    """The labels of what is on disk."""
    return [drawing.label for drawing in stored_drawings(ONE, lambda one: one)]


def test_a_drawing_is_kept_relabelled_and_taken_back(page: AppTest, canvas: Canvas) -> None:
    _draw(page, canvas, THREE)
    _keep(page, 3)
    assert _kept() == [3]
    assert "**1 of your 1** correctly" in texts(page)
    _keep(page, 5)
    assert _kept() == [5]
    assert "**0 of your 1** correctly" in texts(page)
    _keep(page, None)
    assert _kept() == []


def test_the_label_shown_is_that_of_the_drawing_shown(page: AppTest, canvas: Canvas) -> None:
    _draw(page, canvas, THREE)
    _keep(page, 3)
    _draw(page, canvas, SEVEN)
    assert choice(page, "drawn_digit").value is None
    _keep(page, 7)
    assert _kept() == [3, 7]
    _draw(page, canvas, THREE)
    assert choice(page, "drawn_digit").value == 3


def test_the_next_drawing_does_not_get_the_label_of_the_one_before(page: AppTest, canvas: Canvas) -> None:
    _draw(page, canvas, THREE)
    _keep(page, 3)
    canvas.image_data = draw(SEVEN)
    send_twice(page)  # the label of the 3 is still on the page when the second stroke is sent
    assert _kept() == [3]
    assert choice(page, "drawn_digit").value is None
    canvas.image_data = draw(THREE)
    send_twice(page)  # nor is a label taken back that the page has just set
    assert _kept() == [3]
    assert choice(page, "drawn_digit").value == 3


def test_a_label_is_for_the_drawing_with_its_last_stroke(page: AppTest, canvas: Canvas) -> None:
    _draw(page, canvas, THREE)
    canvas.image_data = draw([*THREE, *SEVEN])  # the server hears of the stroke and of the label at once
    _keep(page, 8)
    (kept,) = stored_drawings(ONE, lambda one: one)
    assert kept.label == 8
    assert torch.equal(kept.image, ink_of(draw([*THREE, *SEVEN])))


def test_what_is_kept_is_read_with_and_without_preprocessing(page: AppTest, canvas: Canvas) -> None:
    _draw(page, canvas, [[(0.25 * x + 105, 0.25 * y + 105) for x, y in THREE[0]]])
    _keep(page, 3)
    assert "**1 of your 1** correctly. Without preprocessing, it would read 0." in texts(page)


def test_a_drawing_that_is_clicked_can_be_removed(page: AppTest, canvas: Canvas) -> None:
    for strokes, label in ((THREE, 3), (SEVEN, 7)):
        _draw(page, canvas, strokes)
        _keep(page, label)
    assert "Remove" not in labels(page)
    page.session_state["kept"] = {"click": {"value": 0, "stamp": 1}}  # the newest comes first
    rerun(page)
    assert "A 7, read correctly." in texts(page)
    page.session_state["kept"] = {"click": {"value": 1, "stamp": 2}}  # comes with the press
    press(page, "Remove")
    assert _kept() == [7]


def test_a_second_click_deselects_a_drawing(page: AppTest, canvas: Canvas) -> None:
    _draw(page, canvas, THREE)
    _keep(page, 3)
    for stamp, expected in ((1, True), (2, False)):
        page.session_state["kept"] = {"click": {"value": 0, "stamp": stamp}}
        assert ("Remove" in labels(rerun(page))) == expected


def test_all_can_be_removed_at_once(page: AppTest, canvas: Canvas) -> None:
    _draw(page, canvas, THREE)
    _keep(page, 3)
    assert "This can't be undone. Download them first." in texts(page)
    press(page, "Remove all 1")
    assert _kept() == []
    assert choice(page, "drawn_digit").value is None


def test_two_people_do_not_see_each_others_drawings(page: AppTest, canvas: Canvas) -> None:
    _draw(page, canvas, THREE)
    _keep(page, 3)
    run_id = str(page.query_params["run"])
    for other in (person(OTHER), None):
        assert "The model reads" not in texts(open_page(other, run=run_id, tab="Draw"))
    assert "The model reads **1 of your 1**" in texts(open_page(person(ONE), run=run_id, tab="Draw"))


def test_if_nothing_can_be_written_the_page_says_so(page: AppTest, canvas: Canvas, server: Path) -> None:
    (server / "drawings").write_text("a file in the place of the folder")
    _draw(page, canvas, THREE)
    _keep(page, 3)
    assert "cannot write to its disk" in texts(page)
    assert "1 of your 1" in texts(page)


def test_while_kept_drawings_cannot_be_read_the_page_says_so_and_keeps_nothing(
    server: Path, canvas: Canvas, monkeypatch: pytest.MonkeyPatch, ended: Run
) -> None:
    store_drawings(ONE, DRAWINGS[:2])
    path = server / "drawings" / f"{ONE}.zip"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", _failing_for(path))
        page = open_page(person(ONE), run=store(ended), tab="Draw")
        _draw(page, canvas, THREE)
        _keep(page, 3)
        assert "Your kept drawings cannot be read right now." in texts(page)
        assert "This drawing was not kept. It is still on the board: try again in a moment." in texts(page)
        assert "cannot be read right now" in texts(page).split("**Your handwriting**")[1]
        assert not choice(page, "drawn_digit").disabled  # it is on the board
    assert "of your 2** correctly" in texts(rerun(page))
    _keep(page, 3)
    assert _kept() == [3, 0, 3]


def _failing_for(path: Path) -> Callable[[Path], bytes]:
    read = Path.read_bytes

    def read_bytes(one: Path) -> bytes:
        if one == path:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return read(one)

    return read_bytes


def test_a_drawing_too_many_is_not_kept_and_the_page_says_why(
    page: AppTest, canvas: Canvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_core.storage.drawings_zip.MAX_DRAWINGS", 1)
    for strokes, label in ((THREE, 3), (SEVEN, 7)):
        _draw(page, canvas, strokes)
        _keep(page, label)
    assert "This drawing cannot be kept: expected at most 1 drawings" in texts(page)
    assert _kept() == [3]


# Files


def _upload(page: AppTest, content: bytes) -> None:
    (uploader,) = [one for one in page.file_uploader if one.label.startswith("A zip of drawings")]
    uploader.set_value(("drawings.zip", content, "application/zip"))
    rerun(page)


def test_drawings_from_a_file_are_added_and_those_already_kept_are_counted(page: AppTest) -> None:
    person(ONE).drawings.keep(DRAWINGS[:1])
    _upload(rerun(page), WHOLE)
    assert f"Added from the file: {len(DRAWINGS) - 1}. Already here: 1." in texts(page)
    assert _kept() == [3, 0, 9, 3]
    assert page.session_state[state.uploads.key] == 1
    rerun(page)
    assert _kept() == [3, 0, 9, 3]


def test_a_file_that_is_not_a_zip_of_drawings_is_refused_with_the_reason(page: AppTest) -> None:
    _upload(page, b"not a zip")
    assert "This file cannot be used:" in page.error[0].value
    assert person(ONE).drawings.kept == ()


def test_before_any_model_the_drawings_are_shown_without_answers(server: Path) -> None:
    one = person(ONE)
    one.drawings.keep(DRAWINGS)
    page = open_page(one, tab="Draw")
    assert "The model reads" not in texts(page)
    assert "Press a drawing to remove it." in texts(page)
