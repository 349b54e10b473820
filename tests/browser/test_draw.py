"""Drawing in a real Chromium: what is read, what is called by its name, and what is kept, for whom."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import Page, expect

from benchmarks import strokes as pen
from dashboard.draw.words import describe_verdict
from mnist_core import Digits, Run, fit_novelty_detector, ink_of, judge, prepare_drawing
from mnist_core.storage.drawings_zip import drawings_from_zip
from tests.support.browser import DIGITS, Stroke, Visit, draw, open_tab

BLANK = "Draw a digit from 0 to 9."
NOTHING_KEPT = "Draw a digit and say what it is."
COOKIE = "digit_lab_person"

DOT: list[Stroke] = [[(0.4, 0.6)]]
SCRIBBLE: list[Stroke] = [[(0.1 + 0.06 * k, 0.15 if k % 2 else 0.85) for k in range(14)]]
STAR: list[Stroke] = [
    [(0.5 + 0.3 * math.sin(0.8 * math.pi * k), 0.5 - 0.3 * math.cos(0.8 * math.pi * k)) for k in range(6)]
]


@pytest.fixture(scope="module")
def shared_page(visit_once: Visit, trained_address: str) -> Page:
    return _open_draw(visit_once(trained_address))


@pytest.fixture
def board(shared_page: Page) -> Page:
    """The Draw tab with nothing on the board."""
    if not shared_page.get_by_text(BLANK).is_visible():
        _clear(shared_page)
    return shared_page


def _open_draw(page: Page) -> Page:
    open_tab(page, "Draw")
    expect(page.get_by_text(BLANK)).to_be_visible()
    return page


def _clear(page: Page) -> None:
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text(BLANK)).to_be_visible()


def _keep(page: Page, strokes: Sequence[Stroke], label: int, count: int) -> None:
    """Draw a digit and say what it is; it is then one of so many that were kept."""
    draw(page, strokes)
    expect(page.locator(".answer")).not_to_be_empty()
    page.locator(".st-key-drawn_digit").get_by_text(str(label), exact=True).click()
    _expect_kept(page, count)


def _expect_kept(page: Page, count: int) -> None:
    expect(page.locator(".st-key-kept li")).to_have_count(count)


def _remove(page: Page, description: str) -> None:
    page.get_by_role("button", name=description).click()
    page.get_by_role("button", name="Remove", exact=True).click()


def _person(page: Page) -> str:
    page.wait_for_function(f"/{COOKIE}=[0-9a-f]{{32}}/.test(document.cookie)")
    (cookie,) = [cookie for cookie in page.context.cookies() if cookie.get("name") == COOKIE]
    assert (cookie.get("sameSite"), cookie.get("path")) == ("Strict", "/lab/")
    return str(cookie.get("value"))


def test_a_digit_is_answered_in_large_and_what_is_none_is_called_by_its_name(board: Page) -> None:
    for strokes, large, sentence in (
        (DIGITS[3], "3", re.compile(r"^3 \((over )?[\d.]+\s% sure\)\.")),
        (DOT, "?", "A dot"),
        (SCRIBBLE, "?", "A scribble"),
        (STAR, "?", "Unlike any digit"),
    ):
        draw(board, strokes)
        expect(board.locator(".st-key-verdict p")).to_contain_text(sentence)
        expect(board.locator(".answer")).to_have_text(large)
        _clear(board)


def test_the_answer_is_announced_in_one_place_that_stays(board: Page) -> None:
    sentence = board.locator("[aria-live=polite]", has_text=BLANK).element_handle()
    draw(board, DIGITS[7])
    expect(board.locator(".answer")).to_have_text("7")
    assert sentence is not None
    assert sentence.inner_text().startswith("7 (")


def test_skipping_the_preprocessing_changes_the_answer(board: Page) -> None:
    draw(board, DIGITS[3], left=0.5, top=0.45, scale=0.5)
    expect(board.locator(".answer")).to_have_text("3")
    board.get_by_text("Skip preprocessing (just shrink)").click()
    expect(board.locator(".st-key-verdict p")).to_contain_text("With preprocessing: 3.")
    expect(board.locator(".answer")).to_have_text(re.compile("^[^3]$"))
    board.get_by_text("Skip preprocessing (just shrink)").click()
    expect(board.locator(".answer")).to_have_text("3")


def test_nothing_moves_when_the_first_answer_comes(board: Page) -> None:
    places = [board.locator(f".st-key-{key}") for key in ("drawn_digit", "pen", "stages", "stages-head")]
    before = [place.bounding_box() for place in places]
    draw(board, DIGITS[4])
    expect(board.locator(".answer")).to_have_text("4")
    assert [place.bounding_box() for place in places] == before


def test_strokes_drawn_with_the_mouse_are_read_as_the_core_reads_them(
    board: Page, pen_digits: Path, sample: Digits, trained: Run
) -> None:
    rng = Random(0)
    detector = fit_novelty_detector(sample.train)
    for digit in rng.sample(list(pen.read_pen_digits(pen_digits)), 6):
        strokes = pen.place(digit, rng)
        drawing = prepare_drawing(ink_of(pen.draw(strokes)))
        large = describe_verdict(judge(trained.history[-1].model, drawing, detector)).large
        draw(board, [[(x / pen.CANVAS, y / pen.CANVAS) for x, y in stroke] for stroke in strokes], steps=1)
        # The browser softens edges in its own way: of two digits in a close call either may come first.
        expect(board.locator(".answer")).to_contain_text(large[:1])
        _clear(board)


def test_a_file_that_is_no_collection_is_refused_kindly(board: Page, tmp_path: Path) -> None:
    path = tmp_path / "holiday.zip"
    path.write_bytes(b"PK, or so it says")
    board.get_by_role("button", name="Add from a file").click()
    board.locator("input[type=file]").set_input_files(path)
    expect(board.get_by_text("This file cannot be used: not a complete zip")).to_be_visible()
    board.keyboard.press("Escape")


def test_on_a_phone_the_answer_is_seen_without_scrolling(visit: Visit, trained_address: str) -> None:
    page = _open_draw(visit(trained_address, width=375, height=812, touch=True))
    draw(page, DIGITS[7])
    expect(page.locator(".answer")).to_have_text("7")
    expect(page.locator(".answer")).to_be_in_viewport(ratio=1)
    expect(page.locator(".st-key-verdict p")).to_be_in_viewport(ratio=1)
    expect(page.locator(".st-key-board-paper")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == 375


def test_kept_drawings_outlive_a_refresh_and_a_file_and_nobody_else_sees_them(
    visit: Visit, trained_address: str, tmp_path: Path
) -> None:
    page = visit()
    # A cookie that is not an id is replaced.
    page.context.add_cookies(
        [{"name": COOKIE, "value": "..%2F..%2Fsomeone", "url": trained_address.partition("?")[0]}]
    )
    page.goto(trained_address)
    _open_draw(page)
    _keep(page, DIGITS[3], 3, count=1)
    _clear(page)
    _keep(page, DIGITS[7], 1, count=2)
    expect(page.get_by_text("The model reads 1 of your 2 correctly.")).to_be_visible()
    assert _person(page) not in page.url
    page.reload()
    _open_draw(page)
    _expect_kept(page, 2)

    other = _open_draw(visit(trained_address, person="other"))
    expect(other.get_by_text(NOTHING_KEPT)).to_be_visible()
    _expect_kept(other, 0)
    page.bring_to_front()  # a page behind another draws no frames

    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.suffix == ".zip"
    assert [drawing.label for drawing in drawings_from_zip(path.read_bytes())] == [3, 1]
    _remove(page, "a 1, read as 7")
    _expect_kept(page, 1)
    expect(page.get_by_role("button", name="a 3, read correctly")).to_be_visible()
    page.get_by_role("button", name="Add from a file").click()
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_text("Added from the file: 1. Already here: 1.")).to_be_visible()
    _expect_kept(page, 2)

    page.keyboard.press("Escape")
    page.get_by_role("button", name="Remove all", exact=True).click()
    page.get_by_role("button", name="Remove all 2").click()
    _expect_kept(page, 0)
    page.reload()
    expect(page.get_by_text(NOTHING_KEPT)).to_be_attached()


def test_two_tabs_opened_before_anything_was_kept_end_up_as_one_person(
    visit: Visit, trained_address: str
) -> None:
    page = _open_draw(visit(trained_address))
    other = _open_draw(visit(trained_address))
    page.bring_to_front()
    _keep(page, DIGITS[3], 3, count=1)
    first = _person(page)
    other.bring_to_front()
    _keep(other, DIGITS[7], 7, count=2)
    assert _person(other) == first
    page.reload()
    _expect_kept(page, 2)
