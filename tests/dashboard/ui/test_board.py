"""The board's dealings with the canvas package; drawing on it is tested in a browser."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from dashboard.draw.state import Reading, Source
from dashboard.ui import board, large_pictures
from dashboard.ui.board import render_board
from dashboard.ui.large_pictures import AT_A_TIME, LARGE
from tests.support.canvas import Canvas
from tests.support.sources import MOMENT


def page() -> None:
    import streamlit as st

    from dashboard.ui.board import render_board

    ink = render_board(key="pen", size=280)
    st.text(
        "nothing"
        if ink is None
        else f"{tuple(ink.shape)} {ink.dtype} {int(ink.max())} {int((ink > 0).sum())}"
    )


def test_before_the_first_stroke_there_is_no_drawing(canvas: Canvas) -> None:
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert app.text[0].value == "nothing"


def test_the_ink_is_what_the_canvas_shows(canvas: Canvas) -> None:
    canvas.image_data = np.full((280, 280, 4), 255, np.uint8)
    canvas.image_data[10:20, 10:20, :3] = 3
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert app.text[0].value == "(280, 280) torch.uint8 255 100"


@pytest.mark.parametrize("width", [0, 281])
def test_a_pen_wider_than_the_board_is_refused(width: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 280"):
        render_board(key="pen", stroke_width=width)


def test_few_drawings_are_unpacked_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    met = Barrier(AT_A_TIME + 1)

    def unpack(content: bytes, kind: object) -> None:
        with pytest.raises(BrokenBarrierError):  # one more never comes
            met.wait(MOMENT)
        raise ValueError

    monkeypatch.setattr(board, "read_image", unpack)
    with ThreadPoolExecutor(2 * AT_A_TIME) as people:
        assert list(people.map(board.ink_of_canvas, 2 * AT_A_TIME * [b""])) == [None] * 4


def test_memory_is_given_back_after_large_drawings_and_not_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[None] = []
    monkeypatch.setattr(large_pictures, "trim_memory", lambda: given.append(None))
    monkeypatch.setattr(large_pictures, "_last", [0.0])
    for moment, side, times in ((1.0, 280, 0), (1.0, 1_120, 1), (1.1, 1_120, 1), (1.3, 1_120, 2)):
        monkeypatch.setattr(large_pictures, "time", SimpleNamespace(monotonic=lambda now=moment: now))
        Reading().of(torch.ones(side, side, dtype=torch.uint8), Source.BOARD)
        assert len(given) == times
    assert 280**2 < LARGE < 1_120**2
