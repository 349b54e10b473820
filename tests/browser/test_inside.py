"""The tab "Look inside", in a real Chromium: clicks that lead from one view to the next."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.rules import expect_fits
from tests.browser.test_chart import point_and_click
from tests.support.browser import Visit, eventually, open_tab, settled

VIEWS = {"Weights": "weights", "Answer": "attributions", "Mistakes": "gallery", "Confidence": "reliability"}
WIDTHS = [1100, 820, 640]  # and 1440 and 375 in test_access.py


def _look_at(page: Page, view: str) -> None:
    page.locator(".st-key-view").get_by_text(view, exact=True).click()
    expect(page.locator(f".st-key-{VIEWS[view]}")).to_be_visible()
    settled(page)  # what was there before is gone


def _cell(page: Page, row: int, column: int) -> None:
    point_and_click(page, "confusion", (column + 0.5) / 10, (row + 0.5) / 10)


def _captions(page: Page) -> Locator:
    return page.locator(".st-key-gallery .caption")


def _said(page: Page) -> Locator:
    return page.get_by_text(re.compile(r"^\d+ digits?, most confident first"))


def _moment(page: Page) -> Locator:
    return page.get_by_role("slider", name="Step of the run")


def _painted(page: Page, selector: str) -> list[str]:
    """What each canvas shows, as a PNG."""
    shown: list[str] = page.eval_on_selector_all(f"{selector} canvas", "all => all.map(c => c.toDataURL())")
    return shown


def _expect_whole_matrix(page: Page) -> None:
    expect(page.locator(".st-key-confusion .shapelayer path")).to_have_count(0)


def test_clicks_lead_from_a_cell_to_its_digits_to_why_one_was_read_so_and_every_view_fits(
    visit: Visit, trained_address: str
) -> None:
    page = visit(trained_address, height=1400)
    open_tab(page, "Look inside")
    expect(page.locator(".st-key-weights canvas")).to_have_count(10)
    painted = _painted(page, ".st-key-weights")
    _moment(page).fill("-1")  # the slider replays the weights
    eventually(lambda: _painted(page, ".st-key-weights"), lambda now: now != painted)
    settled(page)
    _look_at(page, "Mistakes")  # which belong to the same moment
    expect(page.get_by_role("slider", name="Replay: step")).to_have_value("0")
    _look_at(page, "Weights")
    _moment(page).fill("5")
    eventually(lambda: _painted(page, ".st-key-weights"), lambda now: now == painted)
    page.get_by_role("button", name="Play", exact=True).click()
    eventually(lambda: _painted(page, ".st-key-weights"), lambda now: now != painted)
    page.get_by_role("button", name="Pause", exact=True).first.click()
    _moment(page).fill("5")
    settled(page)

    _look_at(page, "Mistakes")
    expect(_said(page)).to_be_visible()
    everything = _said(page).inner_text()
    _cell(page, 2, 2)
    expect(_captions(page).first).to_have_text(re.compile("^2→2"))
    expect(page.locator(".st-key-confusion .shapelayer path")).to_have_count(1)
    _cell(page, 2, 2)  # a second click lets it go
    expect(_said(page)).to_have_text(everything)
    _expect_whole_matrix(page)

    _cell(page, 1, 1)
    expect(_captions(page).first).to_have_text(re.compile("^1→1"))
    expect(_said(page)).not_to_have_text(everything)
    count, seen = int(_said(page).inner_text().split()[0]), _captions(page).count()
    while seen < count:  # its pages go through all digits once
        before = _captions(page).all_inner_texts()
        page.get_by_role("button", name=re.compile("next", re.IGNORECASE)).click()
        expect(_captions(page)).not_to_have_text(before)
        settled(page)
        seen += _captions(page).count()
    assert seen == count > 40

    _cell(page, 7, 7)
    expect(_captions(page).first).to_have_text(re.compile("^7→7"))
    expect(_captions(page)).to_have_count(20)
    expect(_said(page)).to_have_text(re.compile("^[89][0-9] digits"))
    settled(page)
    sure = _captions(page).nth(3).inner_text().split(", ")[1]
    page.locator(".st-key-gallery button").nth(3).click()
    expect(page.get_by_text(f"Read as 7 with {sure} confidence, which is right")).to_be_visible()
    expect(page.locator(".st-key-view").get_by_role("radio", checked=True)).to_have_text("Answer")
    for rival in (1, 4):  # a map that is clicked is compared with that of the answer
        page.locator(".st-key-attributions button").nth(rival).click()
        expect(page.get_by_text(f"The map of 7 minus the map of {rival}")).to_be_visible()
    _look_at(page, "Mistakes")
    expect(_captions(page).first).to_have_text(re.compile("^7→7"))
    picture = page.locator(".st-key-gallery button").first
    expect(picture).to_have_attribute("aria-label", re.compile(r"^7→7, .*%: see why$"))
    picture.press("Enter")
    expect(page.get_by_text(re.compile("^Read as 7"))).to_be_visible()

    for view in VIEWS:  # nothing is cut off at any width
        _look_at(page, view)
        for width in WIDTHS:
            expect_fits(page, ".st-key-inside", width)
