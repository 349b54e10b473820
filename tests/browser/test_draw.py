"""Drawing in a real Chromium: what is read, what is called by its name, and what is kept, for whom."""

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks import strokes as pen
from dashboard.text.verdict_words import words
from mnist_core import Digits, SoftmaxRegressor, TrainingConfig, train
from mnist_core.inference.novelty import fit_novelty_detector
from mnist_core.inference.verdict import judge
from mnist_core.preprocessing.canvas import prepare_drawing
from mnist_core.run_file import Run, store_run
from mnist_core.storage.drawings_zip import drawings_from_zip
from mnist_core.storage.file_store import new_id
from tests.browser.strokes import DIGITS, Stroke, draw

APP = Path(__file__).parents[2] / "streamlit_app.py"
LIMIT = 60_000  # milliseconds; for a busy machine
BLANK = "Draw a digit from 0 to 9."
COOKIE = "digit_lab_person"

DOT: list[Stroke] = [[(0.4, 0.6)]]
SCRIBBLE: list[Stroke] = [[(0.1 + 0.06 * k, 0.15 if k % 2 else 0.85) for k in range(14)]]
STAR: list[Stroke] = [
    [(0.5 + 0.3 * math.sin(0.8 * math.pi * k), 0.5 - 0.3 * math.cos(0.8 * math.pi * k)) for k in range(6)]
]

Serve = Callable[..., str]
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def model(sample: Digits) -> SoftmaxRegressor:
    return list(train(TrainingConfig(learning_rate=0.2), sample))[-1].model


@pytest.fixture(scope="module")
def address(serve: Serve, offline: Callable[[], dict[str, str]], sample: Digits) -> str:
    """A link to a run that has ended, on a server that is not at the root of its host."""
    environment = offline()
    config = TrainingConfig(learning_rate=0.2)
    run_id = new_id()
    with pytest.MonkeyPatch.context() as own:
        own.setenv("DIGIT_LAB_HOME", environment["DIGIT_LAB_HOME"])
        store_run(run_id, Run(config, tuple(train(config, sample)), "sample"))
    return f"{serve(APP, '--server.baseUrlPath=lab', **environment)}/?run={run_id}"


@pytest.fixture
def board(visit: Visit, address: str) -> Page:
    """The draw tab in a browser that has never been here."""
    page = visit()
    page.context.clear_cookies()
    return _open(page, address)


def _open(page: Page, address: str) -> Page:
    page.goto(address)
    page.get_by_role("tab", name="Draw").click(timeout=LIMIT)
    expect(page.get_by_text(BLANK)).to_be_visible(timeout=LIMIT)
    return page


def _clear(page: Page) -> None:
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text(BLANK)).to_be_visible(timeout=LIMIT)


def _keep(page: Page, strokes: Sequence[Stroke], label: int, count: int) -> None:
    """Draw a digit and say what it was; it is then one of so many that were kept."""
    draw(page, strokes)
    expect(page.locator(".answer")).not_to_be_empty(timeout=LIMIT)
    page.locator(".st-key-meant").get_by_text(str(label), exact=True).click()
    _expect_kept(page, count)


def _expect_kept(page: Page, count: int) -> None:
    expect(page.locator(".st-key-kept li")).to_have_count(count, timeout=LIMIT)


def _person(page: Page) -> str:
    page.wait_for_function(f"/{COOKIE}=[0-9a-f]{{32}}/.test(document.cookie)")
    (cookie,) = [cookie for cookie in page.context.cookies() if cookie.get("name") == COOKIE]
    return str(cookie.get("value"))


def test_a_digit_is_answered_in_large_and_what_is_none_is_called_by_its_name(board: Page) -> None:
    for strokes, large, sentence in (
        (DIGITS[3], "3", "A 3, with"),
        (DOT, "?", "A dot"),
        (SCRIBBLE, "?", "A scribble"),
        (STAR, "?", "Unlike any digit"),
    ):
        draw(board, strokes)
        expect(board.locator(".st-key-verdict p")).to_contain_text(sentence, timeout=LIMIT)
        expect(board.locator(".answer")).to_have_text(large)
        _clear(board)


def test_the_answer_is_announced_in_one_place_that_stays(board: Page) -> None:
    sentence = board.locator("[aria-live=polite]", has_text=BLANK).element_handle()
    draw(board, DIGITS[7])
    expect(board.locator(".answer")).to_have_text("7", timeout=LIMIT)
    assert sentence is not None
    assert sentence.inner_text().startswith("A 7, with")


def test_just_resizing_changes_the_answer(board: Page) -> None:
    draw(board, DIGITS[3], left=0.5, top=0.45, scale=0.5)
    expect(board.locator(".answer")).to_have_text("3", timeout=LIMIT)
    board.get_by_text("Just resize it, as most demos do").click()
    expect(board.locator(".st-key-verdict p")).to_contain_text("Prepared, it reads 3.", timeout=LIMIT)
    expect(board.locator(".answer")).to_have_text(re.compile("^[^3]$"))


def test_nothing_moves_when_the_first_answer_comes(board: Page) -> None:
    places = [board.locator(f".st-key-{key}") for key in ("meant", "pen", "stages", "stages-head")]
    before = [place.bounding_box() for place in places]
    draw(board, DIGITS[4])
    expect(board.locator(".answer")).to_have_text("4", timeout=LIMIT)
    assert [place.bounding_box() for place in places] == before


def test_on_a_phone_the_answer_is_seen_without_scrolling(visit: Visit, address: str) -> None:
    page = _open(visit(width=375, height=812, touch=True), address)
    draw(page, DIGITS[7])
    expect(page.locator(".answer")).to_have_text("7", timeout=LIMIT)
    expect(page.locator(".answer")).to_be_in_viewport(ratio=1)
    expect(page.locator(".st-key-verdict p")).to_be_in_viewport(ratio=1)
    expect(page.locator(".st-key-board-paper")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == 375


def test_kept_drawings_are_there_after_a_refresh_and_nobody_else_sees_them(
    board: Page, address: str, chromium: Browser
) -> None:
    _keep(board, DIGITS[3], 3, count=1)
    _clear(board)
    _keep(board, DIGITS[7], 7, count=2)
    expect(board.get_by_text("The model reads 2 of your 2.")).to_be_visible()
    (cookie,) = [cookie for cookie in board.context.cookies() if cookie.get("name") == COOKIE]
    assert cookie.get("sameSite") == "Strict"
    assert cookie.get("path") == "/lab/"
    assert _person(board) not in board.url
    board.reload()
    _expect_kept(board, 2)
    stranger = chromium.new_context()
    try:
        theirs = _open(stranger.new_page(), address)
        expect(theirs.get_by_text("Draw a digit and say what it was.")).to_be_visible(timeout=LIMIT)
        _expect_kept(theirs, 0)
    finally:
        stranger.close()


def test_a_drawing_is_removed_when_it_is_chosen_and_then_all_are(board: Page) -> None:
    _keep(board, DIGITS[3], 3, count=1)
    _clear(board)
    _keep(board, DIGITS[7], 1, count=2)
    board.get_by_role("button", name="a 1, read as 7").click()
    board.get_by_role("button", name="Remove", exact=True).click(timeout=LIMIT)
    _expect_kept(board, 1)
    expect(board.get_by_role("button", name="a 3, read rightly")).to_be_visible()
    board.get_by_role("button", name="Remove all", exact=True).click()
    board.get_by_role("button", name="Remove all 1").click()
    _expect_kept(board, 0)
    board.reload()
    expect(board.get_by_text("Draw a digit and say what it was.")).to_be_attached(timeout=LIMIT)


def test_two_tabs_opened_before_anything_was_kept_end_up_as_one_person(
    board: Page, visit: Visit, address: str
) -> None:
    other = _open(visit(), address)
    board.bring_to_front()  # a page behind another draws no frames
    _keep(board, DIGITS[3], 3, count=1)
    first = _person(board)
    other.bring_to_front()
    _keep(other, DIGITS[7], 7, count=2)
    assert _person(other) == first
    board.reload()
    _expect_kept(board, 2)


def test_a_cookie_that_is_no_id_is_replaced(visit: Visit, address: str) -> None:
    page = visit()
    page.context.clear_cookies()
    page.context.add_cookies(
        [{"name": COOKIE, "value": "..%2F..%2Fsomeone", "url": address.partition("?")[0]}]
    )
    _keep(_open(page, address), DIGITS[3], 3, count=1)
    assert re.fullmatch("[0-9a-f]{32}", _person(page))
    page.reload()
    _expect_kept(page, 1)


def test_kept_drawings_are_taken_along_and_brought_back(board: Page, tmp_path: Path) -> None:
    _keep(board, DIGITS[3], 3, count=1)
    _clear(board)
    _keep(board, DIGITS[7], 7, count=2)
    with board.expect_download() as download:
        board.get_by_role("button", name="Download", exact=True).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.suffix == ".zip"
    assert [drawing.label for drawing in drawings_from_zip(path.read_bytes())] == [3, 7]
    board.get_by_role("button", name="a 3, read rightly").click()
    board.get_by_role("button", name="Remove", exact=True).click(timeout=LIMIT)
    _expect_kept(board, 1)
    board.get_by_role("button", name="Add from a file").click()
    board.locator("input[type=file]").set_input_files(path)
    expect(board.get_by_text("Added from the file: 1. There already: 1.")).to_be_visible(timeout=LIMIT)
    _expect_kept(board, 2)


def test_a_file_that_is_no_collection_is_refused_kindly(board: Page, tmp_path: Path) -> None:
    path = tmp_path / "holiday.zip"
    path.write_bytes(b"PK, or so it says")
    board.get_by_role("button", name="Add from a file").click()
    board.locator("input[type=file]").set_input_files(path)
    expect(board.get_by_text("This file cannot be used: not a whole zip")).to_be_visible(timeout=LIMIT)


def test_strokes_drawn_with_the_mouse_are_read_as_the_core_reads_them(
    board: Page, pen_digits: Path, sample: Digits, model: SoftmaxRegressor
) -> None:
    rng = Random(0)
    likeness = fit_novelty_detector(sample.train)
    for digit in rng.sample(list(pen.read_pen_digits(pen_digits)), 20):
        strokes = pen.place(digit, rng)
        large = words(judge(model, prepare_drawing(pen.draw(strokes)), likeness)).large
        draw(board, [[(x / pen.CANVAS, y / pen.CANVAS) for x, y in stroke] for stroke in strokes], steps=1)
        # The browser softens edges in its own way: of two digits in a close call either may come first.
        expect(board.locator(".answer")).to_contain_text(large[:1], timeout=LIMIT)
        _clear(board)
