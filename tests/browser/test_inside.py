"""The tab "Look inside", in a real Chromium: clicks that lead from one view to the next."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

LIMIT = 60_000  # milliseconds; for a busy machine
SETTINGS = "/?learning_rate=0.2&epochs=2"

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def address(lab: str, chromium: Browser) -> str:
    """The address of a run that was begun in the tab and has ended."""
    with chromium.new_page() as page:
        page.goto(lab + SETTINGS)
        page.get_by_role("tab", name="Look inside").click(timeout=LIMIT)
        page.locator(".st-key-train_inside button").click(timeout=LIMIT)
        expect(_moment(page)).to_be_visible(timeout=LIMIT)
        return page.url


@pytest.fixture
def inside(visit: Visit, address: str) -> Page:
    page = visit(address, height=1400)
    page.get_by_role("tab", name="Look inside").click(timeout=LIMIT)
    expect(_moment(page)).to_be_visible(timeout=LIMIT)
    return page


def _look_at(page: Page, view: str) -> None:
    page.locator(".st-key-view").get_by_text(view, exact=True).click()


def _cell(page: Page, row: int, column: int) -> None:
    box = page.locator(".st-key-confusion .nsewdrag").first.bounding_box()
    assert box
    across, down = (column + 0.5) / 10, (row + 0.5) / 10
    page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])


def _captions(page: Page) -> Locator:
    return page.locator(".st-key-gallery .caption")


def _moment(page: Page) -> Locator:
    return page.get_by_test_id("stMain").get_by_role("slider")


def _painted(page: Page, selector: str) -> list[str]:
    """What each canvas shows, as a PNG."""
    shown: list[str] = page.eval_on_selector_all(f"{selector} canvas", "all => all.map(c => c.toDataURL())")
    return shown


def test_a_cell_shows_its_digits_and_one_of_them_why_it_was_read_so(inside: Page) -> None:
    _look_at(inside, "Mistakes")
    expect(_captions(inside)).to_have_count(20)
    _cell(inside, 7, 7)
    expect(_captions(inside).first).to_have_text(re.compile("^7→7"))
    expect(inside.get_by_text(re.compile("^[89][0-9] digits"))).to_be_visible()
    expect(inside.locator(".st-key-confusion .shapelayer path")).to_have_count(1)
    certain = _captions(inside).nth(3).inner_text().split(", ")[1]
    inside.locator(".st-key-gallery button").nth(3).click()
    expect(inside.get_by_text(f"Read as 7 with {certain}, which is right")).to_be_visible()
    expect(inside.locator(".st-key-view").get_by_role("radio", checked=True)).to_have_text("Answer")
    _look_at(inside, "Mistakes")
    expect(_captions(inside).first).to_have_text(re.compile("^7→7"))


def test_a_second_click_on_a_cell_lets_it_go(inside: Page) -> None:
    _look_at(inside, "Mistakes")
    everything = inside.get_by_text(re.compile(r"^\d+ digits, the surest")).inner_text()
    _cell(inside, 2, 2)
    expect(_captions(inside).first).to_have_text(re.compile("^2→2"))
    _cell(inside, 2, 2)
    expect(inside.get_by_text(everything)).to_be_visible()
    expect(inside.locator(".st-key-confusion .shapelayer path")).to_have_count(0)


def test_pages_go_through_all_mistakes_once(inside: Page) -> None:
    _look_at(inside, "Mistakes")
    count = int(inside.get_by_text(re.compile(r"^\d+ digits, the surest")).inner_text().split()[0])
    seen = _captions(inside).count()
    while seen < count:
        before = _captions(inside).all_inner_texts()
        inside.get_by_role("button", name=re.compile("next", re.IGNORECASE)).click()
        expect(_captions(inside)).not_to_have_text(before)
        seen += _captions(inside).count()
    assert seen == count


def test_a_map_that_is_clicked_is_compared_with_the_answer(inside: Page) -> None:
    _look_at(inside, "Answer")
    answer = int(inside.get_by_text(re.compile("^Read as")).inner_text()[len("Read as ")])
    for rival in ((answer + 3) % 10, (answer + 6) % 10):
        inside.locator(".st-key-evidence button").nth(rival).click()
        expect(inside.get_by_text(f"The map of {answer} less the map of {rival}")).to_be_visible()


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
    expect(picture).to_have_attribute("aria-label", re.compile(r"^\d→\d, [\d.]+\s%: see why$"))
    picture.press("Enter")
    expect(inside.get_by_text(re.compile("^Read as"))).to_be_visible()


@pytest.mark.parametrize(
    ("view", "proof"),
    [("Weights", "weights"), ("Answer", "evidence"), ("Mistakes", "gallery"), ("How sure", "reliability")],
)
def test_nothing_is_wider_than_a_phone(inside: Page, view: str, proof: str) -> None:
    inside.set_viewport_size({"width": 375, "height": 812})
    _look_at(inside, view)
    expect(inside.locator(f".st-key-{proof}")).to_be_visible()
    for element in ("document.documentElement", "document.querySelector('[data-testid=stMain]')"):
        assert inside.evaluate(f"{element}.scrollWidth") == 375
