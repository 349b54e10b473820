"""Clear and its undoing, and the keys of the drawing board, in a real Chromium."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_board import (
    LOWER,
    UPPER,
    button,
    canvas,
    dark,
    draw_line,
    expect_dark,
    key,
    next_board,
)
from tests.support.browser import Visit

MIDDLE = [(60.0, 150.0), (200.0, 150.0)]


@pytest.fixture(scope="module")
def shared_page(visit_once: Visit, components: str) -> Page:
    return visit_once(f"{components}/?page=board")


@pytest.fixture
def page(shared_page: Page) -> Page:
    next_board(shared_page)
    return shared_page


def _draw_two(page: Page) -> int:
    """Draw two lines; return how many pixels one has."""
    draw_line(page, UPPER)
    one = dark(page)
    draw_line(page, LOWER)
    expect_dark(page, 2 * one)
    return one


def test_undo_brings_back_what_clear_took_and_the_steps_before_it(page: Page) -> None:
    one = _draw_two(page)
    button(page, "Clear").click()
    expect_dark(page, 0)
    expect(button(page, "Clear")).to_be_disabled()
    button(page, "Undo").click()
    expect_dark(page, 2 * one)
    button(page, "Undo").click()
    expect_dark(page, one)
    button(page, "Redo").click()
    expect_dark(page, 2 * one)
    button(page, "Clear").click()
    expect_dark(page, 0)
    button(page, "Undo").click()
    expect_dark(page, 2 * one)


def test_clear_keeps_what_was_undone_before_it(page: Page) -> None:
    one = _draw_two(page)
    button(page, "Undo").click()
    expect_dark(page, one)
    button(page, "Clear").click()
    expect_dark(page, 0)
    button(page, "Undo").click()
    expect_dark(page, one)
    button(page, "Redo").click()
    expect_dark(page, 2 * one)


def test_a_stroke_after_clear_is_undone_like_any_other(page: Page) -> None:
    one = _draw_two(page)
    button(page, "Clear").click()
    expect_dark(page, 0)
    draw_line(page, MIDDLE)
    expect_dark(page, one)
    button(page, "Undo").click()
    expect_dark(page, 0)
    expect(button(page, "Undo")).to_be_disabled()


def test_the_keys_undo_redo_and_clear(page: Page) -> None:
    one = _draw_two(page)
    for keys, count in (
        ("Control+z", one),
        ("Control+y", 2 * one),
        ("Control+z", one),
        ("Control+Shift+Z", 2 * one),
        ("c", 0),
        ("Control+z", 2 * one),
        ("Meta+z", one),
        ("Meta+Shift+Z", 2 * one),
    ):
        page.keyboard.press(keys)
        expect_dark(page, count)


def test_the_keys_work_from_the_buttons_too(page: Page) -> None:
    one = _draw_two(page)
    button(page, "Clear").focus()
    page.keyboard.press("Control+z")
    expect_dark(page, one)


def test_the_keys_leave_fields_and_other_tabs_alone(page: Page) -> None:
    one = _draw_two(page)
    number = page.get_by_role("spinbutton")
    before = number.input_value()
    number.focus()
    page.keyboard.press("c")
    page.keyboard.press("Control+z")
    page.get_by_role("slider", name="Width").focus()
    page.keyboard.press("c")
    page.get_by_role("tab", name="Other").click()
    expect(page.get_by_text("Another tab")).to_be_visible()
    page.keyboard.press("c")
    page.get_by_role("tab", name="Draw").click()
    page.keyboard.press("Control+c")
    page.keyboard.press("Alt+c")
    draw_line(page, MIDDLE)  # which is undone first, so nothing was before
    expect_dark(page, 3 * one)
    page.keyboard.press("Control+z")
    expect_dark(page, 2 * one)
    assert number.input_value() == before


def test_a_board_that_has_been_left_hears_no_keys(page: Page) -> None:
    _draw_two(page)
    left = key(page)
    next_board(page)
    draw_line(page, UPPER)
    one = dark(page)
    page.keyboard.press("c")
    expect_dark(page, 0)
    page.keyboard.press("Control+z")
    expect_dark(page, one)
    assert left != key(page)
    expect(canvas(page)).to_be_visible()
