"""A test digit read by keyboard, a photo, and files that are refused, in a real Chromium."""

import io
import re
from pathlib import Path
from random import Random

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from benchmarks.photos import make_photo
from benchmarks.strokes import PenDigit
from tests.support.browser import DIGITS, Visit, draw, open_tab, settled

BLANK = "Draw a digit from 0 to 9."
SEVEN = PenDigit(7, "", [[(0, 0), (500, 20), (1000, 10), (700, 500), (350, 1000)]])
LABELLED = re.compile(r"Test digit [\d,]+, labelled \d\.")


@pytest.fixture(scope="module")
def shared_page(visit_once: Visit, trained_address: str) -> Page:
    page = visit_once(trained_address, person="photographer")  # who has kept nothing in other modules
    open_tab(page, "Draw")
    return page


@pytest.fixture
def board(shared_page: Page) -> Page:
    """The Draw tab with nothing on the board, and nothing read in its place."""
    page = shared_page
    settled(page)
    if page.get_by_role("button", name="Remove", exact=True).is_visible():
        page.get_by_role("button", name="Remove", exact=True).click()
    elif page.get_by_role("button", name="Clear").is_enabled():
        page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text(BLANK)).to_be_visible()
    return page


def _said(page: Page) -> Locator:
    return page.locator(".st-key-verdict p")


def _choose_file(page: Page, path: Path) -> None:
    if not page.get_by_text("Use the camera").is_visible():
        page.get_by_text("Read a photo").click()
        expect(page.get_by_text("Use the camera")).to_be_visible()
    page.locator("input[type=file][accept*='.webp']").set_input_files(path)


def test_a_random_test_digit_is_read_by_keyboard_and_removed(board: Page) -> None:
    random = board.get_by_role("button", name="Random test digit")
    expect(random).to_be_enabled()  # once the digits are loaded
    random.focus()
    board.keyboard.press("Enter")
    expect(_said(board)).to_contain_text(LABELLED)
    expect(board.locator(".st-key-stages")).to_contain_text("test digit")
    first = _said(board).inner_text()
    board.keyboard.press("Enter")
    expect(_said(board)).not_to_have_text(first)
    expect(_said(board)).to_contain_text(LABELLED)
    for _ in range(4):  # the buttons in between
        if board.evaluate("document.activeElement.innerText") == "Remove":
            break
        board.keyboard.press("Tab")
    board.keyboard.press("Enter")
    expect(board.get_by_text(BLANK)).to_be_visible()


def test_a_stroke_replaces_what_was_read_in_the_place_of_the_board(board: Page) -> None:
    board.get_by_role("button", name="Random test digit").click()
    expect(_said(board)).to_contain_text(LABELLED)
    draw(board, DIGITS[3])
    expect(board.locator(".answer")).to_have_text("3")
    expect(_said(board)).not_to_contain_text("labelled")


def test_a_photo_is_read_and_can_be_kept(board: Page, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(make_photo(SEVEN, Random(3)).jpeg)
    _choose_file(board, path)
    expect(board.locator(".answer")).to_have_text("7")
    expect(_said(board)).to_contain_text("Read from your photo.")
    board.locator(".st-key-drawn_digit").get_by_text("7", exact=True).click()
    expect(board.locator(".st-key-kept li")).to_have_count(1)
    settled(board)
    board.locator(".st-key-drawn_digit").get_by_text("7", exact=True).click()
    expect(board.locator(".st-key-kept li")).to_have_count(0)


def _claiming(width: int, height: int) -> bytes:
    content = io.BytesIO()
    Image.new("L", (8, 8)).save(content, "PNG")
    head = content.getvalue()
    return head[:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + head[24:]


def test_hostile_files_are_refused_kindly(board: Page, tmp_path: Path) -> None:
    for name, content in (("letter.png", b"Dear model,"), ("bomb.png", _claiming(13_000, 13_000))):
        path = tmp_path / name
        path.write_bytes(content)
        _choose_file(board, path)
        expect(board.get_by_text("This file cannot be used")).to_be_visible()
        expect(board.get_by_text("Choose a PNG, JPEG or WebP image")).to_be_visible()
        board.get_by_role("button", name=f"Remove {name}").click()
        expect(board.get_by_text("This file cannot be used")).not_to_be_attached()
    expect(board.get_by_text(BLANK)).to_be_visible()
