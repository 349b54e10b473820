"""The tab "Look inside", in a real Chromium: clicks that lead from one view to the next."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import Visit, open_tab

VIEWS = {"Weights": "weights", "Answer": "attributions", "Mistakes": "gallery", "Confidence": "reliability"}


@pytest.fixture(scope="module")
def shared_page(visit_once: Visit, trained_address: str) -> Page:
    page = visit_once(trained_address)
    open_tab(page, "Look inside")
    return page


@pytest.fixture
def inside(shared_page: Page) -> Page:
    """The tab at the end of a run, with the weights in view and no cell of the matrix chosen."""
    shared_page.set_viewport_size({"width": 1440, "height": 1400})
    _look_at(shared_page, "Mistakes")
    chosen = shared_page.locator(".st-key-confusion .shapelayer path")
    expect(_captions(shared_page)).not_to_have_count(0)
    if chosen.count():
        row, column = map(int, re.findall(r"\d", _captions(shared_page).first.inner_text())[:2])
        _cell(shared_page, row, column)
        expect(chosen).to_have_count(0)
    _look_at(shared_page, "Weights")
    _moment(shared_page).press("End")
    return shared_page


def _look_at(page: Page, view: str) -> None:
    page.locator(".st-key-view").get_by_text(view, exact=True).click()
    expect(page.locator(f".st-key-{VIEWS[view]}")).to_be_visible()


def _cell(page: Page, row: int, column: int) -> None:
    box = page.locator(".st-key-confusion .nsewdrag").first.bounding_box()
    assert box
    across, down = (column + 0.5) / 10, (row + 0.5) / 10
    page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])


def _captions(page: Page) -> Locator:
    return page.locator(".st-key-gallery .caption")


def _said(page: Page) -> Locator:
    return page.get_by_text(re.compile(r"^\d+ digits?, most confident first"))


def _moment(page: Page) -> Locator:
    return page.get_by_test_id("stMain").get_by_role("slider")


def _painted(page: Page, selector: str) -> list[str]:
    """What each canvas shows, as a PNG."""
    shown: list[str] = page.eval_on_selector_all(f"{selector} canvas", "all => all.map(c => c.toDataURL())")
    return shown


def test_a_cell_shows_its_digits_and_one_of_them_why_it_was_read_so(inside: Page) -> None:
    _look_at(inside, "Mistakes")
    _cell(inside, 7, 7)
    expect(_captions(inside).first).to_have_text(re.compile("^7→7"))
    expect(_captions(inside)).to_have_count(20)
    expect(_said(inside)).to_have_text(re.compile("^[89][0-9] digits"))
    expect(inside.locator(".st-key-confusion .shapelayer path")).to_have_count(1)
    sure = _captions(inside).nth(3).inner_text().split(", ")[1]
    inside.locator(".st-key-gallery button").nth(3).click()
    expect(inside.get_by_text(f"Read as 7 with {sure} confidence, which is right")).to_be_visible()
    expect(inside.locator(".st-key-view").get_by_role("radio", checked=True)).to_have_text("Answer")
    _look_at(inside, "Mistakes")
    expect(_captions(inside).first).to_have_text(re.compile("^7→7"))


def test_a_second_click_on_a_cell_lets_it_go(inside: Page) -> None:
    _look_at(inside, "Mistakes")
    everything = _said(inside).inner_text()
    _cell(inside, 2, 2)
    expect(_captions(inside).first).to_have_text(re.compile("^2→2"))
    _cell(inside, 2, 2)
    expect(inside.get_by_text(everything)).to_be_visible()
    expect(inside.locator(".st-key-confusion .shapelayer path")).to_have_count(0)


def test_pages_go_through_all_digits_once(inside: Page) -> None:
    _look_at(inside, "Mistakes")
    _cell(inside, 1, 1)
    expect(_captions(inside).first).to_have_text(re.compile("^1→1"))
    count = int(_said(inside).inner_text().split()[0])
    seen = _captions(inside).count()
    while seen < count:
        before = _captions(inside).all_inner_texts()
        inside.get_by_role("button", name=re.compile("next", re.IGNORECASE)).click()
        expect(_captions(inside)).not_to_have_text(before)
        seen += _captions(inside).count()
    assert seen == count > 40


def test_a_map_that_is_clicked_is_compared_with_the_answer(inside: Page) -> None:
    _look_at(inside, "Answer")
    answer = int(inside.get_by_text(re.compile("^Read as")).inner_text()[len("Read as ")])
    for rival in ((answer + 3) % 10, (answer + 6) % 10):
        inside.locator(".st-key-attributions button").nth(rival).click()
        expect(inside.get_by_text(f"The map of {answer} minus the map of {rival}")).to_be_visible()


def test_the_slider_replays_the_weights(inside: Page) -> None:
    expect(inside.locator(".st-key-weights canvas")).to_have_count(10)
    legend = inside.locator(".st-key-weights-legend .caption")
    last = (legend.inner_text(), _painted(inside, ".st-key-weights"))
    _moment(inside).press("Home")
    expect(legend).not_to_have_text(last[0])
    assert _painted(inside, ".st-key-weights") != last[1]
    _moment(inside).press("End")
    expect(legend).to_have_text(last[0])
    assert _painted(inside, ".st-key-weights") == last[1]


def test_a_digit_of_the_gallery_is_opened_from_the_keyboard(inside: Page) -> None:
    _look_at(inside, "Mistakes")
    picture = inside.locator(".st-key-gallery button").first
    expect(picture).to_have_attribute("aria-label", re.compile(r"^\d→\d, .*%: see why$"))
    picture.press("Enter")
    expect(inside.get_by_text(re.compile("^Read as"))).to_be_visible()


def test_nothing_is_wider_than_a_phone(inside: Page) -> None:
    inside.set_viewport_size({"width": 375, "height": 812})
    inside.wait_for_function("document.documentElement.clientWidth === 375")
    for view in VIEWS:
        _look_at(inside, view)
        for element in ("document.documentElement", "document.querySelector('[data-testid=stMain]')"):
            assert inside.evaluate(f"{element}.scrollWidth") == 375, view
