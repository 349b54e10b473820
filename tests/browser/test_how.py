"""How it works, in a real Chromium: it follows a run, and its formulas fit a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Visit, open_tab, press, switch

SETTINGS = "/?learning_rate=5&batch_size=1&epochs=50"  # the widest numbers


def _lesson(page: Page) -> Page:
    open_tab(page, "Learn")
    page.get_by_role("button", name="How it works").click()
    expect(page.get_by_role("heading", name="9 · The test")).to_be_visible()
    return page


def _too_wide(page: Page) -> list[str]:
    """Find formulas and tables that leave the page or have to be scrolled."""
    found: list[str] = page.evaluate(
        """() => document.fonts.ready.then(() => [
            ...document.querySelectorAll(".st-key-lesson :is(.katex-display, table, code)")]
            .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline"
                           || one.getBoundingClientRect().right > innerWidth)
            .map(one => one.textContent))"""
    )
    return found


def test_it_follows_a_run_to_its_end_and_stays_where_it_was_scrolled_to(visit: Visit, lab: str) -> None:
    page = visit(lab)
    switch(page, "Slow motion")
    press(page, "Train")
    _lesson(page)
    heading = page.get_by_role("heading", name="5 · The loss")
    heading.evaluate("heading => heading.scrollIntoView({ block: 'start' })")
    place = "heading => Math.round(heading.getBoundingClientRect().top)"
    before = heading.evaluate(place)
    expect(page.get_by_text(re.compile("your run at epoch [1-9]"))).to_be_attached()
    switch(page, "Slow motion")
    expect(page.get_by_text(re.compile("your run at epoch 10"))).to_be_attached()
    # Not the scroll offset: where a number above takes another line, the browser moves it to keep the place.
    assert heading.evaluate(place) == pytest.approx(before, abs=1)


def test_every_formula_fits_a_phone_before_a_run_and_during_one(visit: Visit, lab: str) -> None:
    page = visit(lab + SETTINGS, width=375, height=812, touch=True)
    _lesson(page)
    for now in ("an untrained model", "your run at epoch"):
        if "run" in now:
            press(page, "Train")
        expect(page.get_by_text(re.compile(now))).to_be_attached()
        assert _too_wide(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 375
