"""How it works, in a real Chromium: it follows a run, and its formulas fit a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

LIMIT = 60_000  # milliseconds; for a busy machine
SETTINGS = "/?learning_rate=5&batch_size=1&epochs=50"  # the widest numbers

Visit = Callable[..., Page]


def _lesson(page: Page) -> Page:
    page.get_by_role("tab", name="How it works").click(timeout=LIMIT)
    expect(page.get_by_role("heading", name="9 · The test")).to_be_visible(timeout=LIMIT)
    return page


def _too_wide(page: Page) -> list[str]:
    """Find formulas and tables that leave the page or have to be scrolled."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".st-key-lesson :is(.katex-display, table, code)")]
            .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline"
                           || one.getBoundingClientRect().right > innerWidth)
            .map(one => one.textContent)"""
    )
    return found


def test_it_follows_a_run_to_its_end_and_stays_where_it_was_scrolled_to(visit: Visit, lab: str) -> None:
    page = visit(lab)
    page.get_by_text("Slow motion", exact=True).click(timeout=LIMIT)
    page.locator(".st-key-train_here button").click(timeout=LIMIT)
    _lesson(page)
    heading = page.get_by_role("heading", name="5 · The loss")
    heading.evaluate("heading => heading.scrollIntoView({ block: 'start' })")
    place = "heading => Math.round(heading.getBoundingClientRect().top)"
    before = heading.evaluate(place)
    expect(page.get_by_text(re.compile("your run at epoch 10"))).to_be_attached(timeout=LIMIT)
    # Not the scroll offset: where a number above takes another line, the browser moves it to keep the place.
    assert heading.evaluate(place) == pytest.approx(before, abs=1)


@pytest.mark.parametrize("learned", [False, True], ids=["before a run", "after one"])
def test_every_formula_fits_a_phone(visit: Visit, lab: str, learned: bool) -> None:
    page = visit(lab + SETTINGS, width=375, height=812, touch=True)
    if learned:
        page.locator(".st-key-train_here button").tap(timeout=LIMIT)
        expect(page.get_by_text(re.compile(r"^Learning, "))).to_be_visible(timeout=LIMIT)
    _lesson(page)
    assert _too_wide(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 375
