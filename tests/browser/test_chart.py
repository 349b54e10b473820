"""The live figure, in a real Chromium."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.rules import STILL, expect_calm, watch
from tests.support.browser import Swipe, Visit, eventually

LINES = ".st-key-waves .scatterlayer path.js-line"


@pytest.fixture
def address(components: str) -> str:
    return f"{components}/?page=chart"


@pytest.fixture
def page(visit: Visit, address: str) -> Page:
    """A page whose figures run."""
    page = visit(address)
    expect(page.locator(LINES)).to_have_count(4)
    return page


def _frame(page: Page) -> int:
    return int(page.get_by_text(re.compile(r"^frame \d+$")).inner_text().split()[1])


def _wait_for_frames(page: Page, count: int) -> None:
    last = _frame(page) + count
    eventually(lambda: _frame(page), lambda now: now >= last)


def _stop(page: Page) -> None:
    page.get_by_text("Run", exact=True).click()
    last = page.get_by_text(re.compile(r"^stopped at frame \d+$")).inner_text().split()[-1]
    expect(page.get_by_role("img", name=f"Waves at frame {last}", exact=True)).to_be_visible()
    expect(page.locator(LINES)).to_have_count(4)


def x_range(page: Page, key: str = "waves") -> list[float]:
    """Read which part of its horizontal axis a figure shows."""
    plot = f".st-key-{key} .chart-plot"
    shown: list[float] = page.eval_on_selector(plot, "plot => plot._fullLayout.xaxis.range")
    return shown


def zoom(page: Page, key: str = "waves") -> list[float]:
    """Zoom into a part of a figure; return its range."""
    first, last = x_range(page, key)
    box = page.locator(f".st-key-{key} .nsewdrag").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    page.mouse.up()
    page.mouse.move(0, 0)
    return eventually(lambda: x_range(page, key), lambda seen: first < seen[0] < seen[1] < last)


def point_and_click(page: Page, key: str, across: float, down: float) -> None:
    """Click at a place of a figure, in shares of its size, once its label is seen there, as a person does.

    Plotly finds what the pointer is at a moment after it moved; a click before that counts at the last place.
    """
    area, label = page.locator(f".st-key-{key} .nsewdrag").first, page.locator(f".st-key-{key} .hovertext")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box
    page.mouse.move(0, 0)
    expect(label).to_have_count(0)
    place = box["x"] + across * box["width"], box["y"] + down * box["height"]
    page.mouse.move(*place)
    expect(label.first).to_be_attached()
    page.mouse.click(*place)


def _edges(part: Locator) -> tuple[float, float]:
    box = part.bounding_box()
    assert box
    return box["y"], box["y"] + box["height"]


def test_a_chart_shows_each_change_in_place_and_zoom_and_hidden_lines_stay(page: Page) -> None:
    waves = page.locator(".st-key-waves")
    page.eval_on_selector(
        ".st-key-waves .chart-plot", "plot => plot.querySelector('.main-svg').dataset.mine = 1"
    )
    watch(page, {LINES: 4})
    before = page.locator(LINES).first.get_attribute("d")
    _wait_for_frames(page, 5)
    expect(page.locator(LINES).first).not_to_have_attribute("d", before or "")
    expect_calm(page, jumps=0.001)
    expect(page.locator(".st-key-waves .main-svg[data-mine]")).to_have_count(1)
    expect(page.get_by_role("img", name=re.compile(r"^Waves at frame \d+$"))).to_be_visible()

    waves.locator(".legendtoggle").nth(1).click()
    expect(page.locator(LINES)).to_have_count(3)
    zoomed = zoom(page)
    _wait_for_frames(page, 3)
    assert x_range(page) == zoomed  # a later frame would have moved it for good
    expect(page.locator(LINES)).to_have_count(3)

    reset = waves.get_by_role("button", name="Reset view")
    page.get_by_role("switch", name="Run").focus()
    for button in (reset, waves.get_by_role("button", name="Save picture")):
        page.keyboard.press("Tab")
        expect(button).to_be_focused()
        expect(button).to_have_css("outline-style", "solid")
    page.keyboard.press("Tab")
    expect(page.locator(".st-key-cells").get_by_role("button", name="Reset view")).to_be_focused()
    reset.press("Enter")
    expect(page.locator(LINES)).to_have_count(4)
    eventually(lambda: x_range(page)[0], lambda first: first == 0)


def test_a_figure_that_stands_follows_the_theme_the_width_and_the_pointer(page: Page) -> None:
    waves, cells = page.locator(".st-key-waves"), page.locator(".st-key-cells")
    zoomed = zoom(page)
    _stop(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(STILL, arg=scheme)
        text = page.eval_on_selector(".stApp", "app => getComputedStyle(app).color")
        expect(page.locator(".st-key-waves .xtick text").first).to_have_css("fill", text)
    for width in (1440, 820, 375):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(
            """width => innerWidth === width && document.querySelector(".st-key-waves .main-svg").clientWidth
                === document.querySelector(".st-key-waves .chart-plot").clientWidth""",
            arg=width,
        )
        page.wait_for_function("document.documentElement.scrollWidth === innerWidth")
        waves.hover()
        for name in ("Reset view", "Save picture"):
            button = waves.get_by_role("button", name=name)
            expect(button).to_have_css("opacity", "1")
            assert _edges(button)[0] >= _edges(waves.locator(".main-svg").first)[1]
            assert _edges(button)[1] <= _edges(waves)[1]
    page.set_viewport_size({"width": 1440, "height": 900})
    assert x_range(page) == zoomed

    waves.locator(".legendtoggle").nth(1).click()
    expect(page.locator(LINES)).to_have_count(3)
    waves.locator(".nsewdrag").dblclick()  # ends the zoom and leaves a hidden line hidden
    eventually(lambda: x_range(page)[0], lambda first: first == 0)
    expect(page.locator(LINES)).to_have_count(3)

    cells.locator(".nsewdrag").hover()
    expect(cells.locator(".hoverlayer .hovertext").first).to_be_visible()  # the label is at the pointer
    expect(cells.locator(".chart-reading")).to_be_hidden()


def test_a_click_on_a_cell_reaches_python_exactly_once(page: Page) -> None:
    point_and_click(page, "cells", 0.35, 0.75)
    told = page.get_by_text("1 clicks: [(2, 3)]")
    expect(told).to_be_visible()
    _wait_for_frames(page, 5)
    expect(told).to_be_visible()


def test_a_chart_in_a_closed_tab_is_drawn_to_its_full_width_and_saved_under_its_name(page: Page) -> None:
    page.get_by_role("tab", name="Back").click()
    bars = page.locator(".st-key-bars")
    expect(bars.locator(".bars path")).to_have_count(3)
    widths = "all => all.map(one => one.clientWidth)"
    eventually(
        lambda: page.eval_on_selector_all(".st-key-bars, .st-key-bars .main-svg:first-child", widths),
        lambda both: len(set(both)) == 1,
    )
    bars.hover()
    with page.expect_download() as download:
        bars.get_by_role("button", name="Save picture").click()
    assert download.value.suggested_filename == "rising bars.png"


def test_the_room_is_there_before_plotly_is_and_plotly_comes_once(visit: Visit, address: str) -> None:
    page = visit()
    held: list[Route] = []
    page.route("**/plotly.min.js*", lambda route: held.append(route))
    with page.expect_request("**/plotly.min.js*"):
        page.goto(address)
    expect(page.locator(".st-key-waves .chart")).to_have_count(1)
    box = page.locator(".st-key-waves").bounding_box()
    assert box
    assert box["height"] == 300
    watch(page, {})
    (route,) = held
    route.continue_()
    expect(page.locator(LINES)).to_have_count(4)
    assert page.locator(".st-key-waves").bounding_box() == box
    expect_calm(page, jumps=0.001)

    page.unroute("**/plotly.min.js*")
    page.reload()  # the second time it is taken from the browser
    expect(page.locator(LINES)).to_have_count(4)
    sent = page.evaluate(
        """() => performance.getEntriesByType("resource")
            .filter(entry => entry.name.includes("plotly.min.js")).map(entry => entry.transferSize)"""
    )
    assert sent == [0]


def test_a_finger_scrolls_the_page_and_a_tap_clicks_and_is_told_below_the_figure(
    visit: Visit, address: str, swipe: Swipe
) -> None:
    page = visit(address, width=375, height=700, touch=True)
    expect(page.locator(LINES)).to_have_count(4)
    cells = page.locator(".st-key-cells")

    def place() -> tuple[float, float]:
        box = cells.locator(".nsewdrag").bounding_box()
        assert box
        return box["x"] + 0.35 * box["width"], box["y"] + 0.75 * box["height"]

    x, y = place()
    swipe(page, [(x, y - 10 * step) for step in range(16)])
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop > 100")
    _wait_for_frames(page, 2)
    expect(page.get_by_text("0 clicks")).to_be_attached()
    page.touchscreen.tap(*place())
    expect(page.get_by_text("1 clicks: [(2, 3)]")).to_be_attached()

    page.get_by_text("Run", exact=True).tap()
    expect(page.get_by_text(re.compile("^stopped at frame"))).to_be_attached()
    expect(cells.get_by_role("button", name="Save picture")).to_have_css("opacity", "1")
    cells.locator(".nsewdrag").tap()
    told = cells.locator(".chart-reading")
    expect(told).to_contain_text("z:")
    assert _edges(told)[0] >= _edges(cells.locator(".main-svg").first)[1]
    expect(cells.locator(".hoverlayer .hovertext").first).to_have_css("visibility", "hidden")
