"""Narrow windows and phones, in a real Chromium: nothing is cut off, and no button covers a figure."""

import pytest
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.support.browser import Visit, open_tab

VIEWS = {
    "Weights": ".st-key-weights canvas",
    "Answer": ".numbers",
    "Mistakes": ".st-key-gallery canvas",
    "Confidence": ".st-key-reliability .main-svg",
}
WIDTHS = [1440, 1100, 820, 640, 375]

# What reaches out of the page, or out of a box that hides it or has to be scrolled.
CUT_OFF = """() => [...document.querySelectorAll(".st-key-inside :is(button, table, canvas, .main-svg)")]
    .filter(element => {
        const { left, right, width } = element.getBoundingClientRect();
        if (!width) return false;
        for (let box = element.parentElement; box; box = box.parentElement) {
            if (getComputedStyle(box).overflowX === "visible") continue;
            const outer = box.getBoundingClientRect();
            if (right > outer.right + 1 || left < outer.left - 1) return true;
        }
        return right > innerWidth;
    })
    .map(element => element.textContent || element.outerHTML.slice(0, 100))"""


@pytest.fixture(scope="module")
def inside(visit_once: Visit, trained_address: str) -> Page:
    page = visit_once(trained_address)
    open_tab(page, "Look inside")
    return page


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_off_at_any_width(inside: Page, width: int) -> None:
    inside.set_viewport_size({"width": width, "height": 1200})
    for view, proof in VIEWS.items():
        inside.locator(".st-key-view").get_by_text(view, exact=True).click()
        expect(inside.locator(proof).first).to_be_visible()
        try:  # the figure is drawn anew for the width
            inside.wait_for_function(f"() => ({CUT_OFF})().length === 0", timeout=10_000)
        except PlaywrightTimeoutError:
            assert inside.evaluate(CUT_OFF) == []


def _edges(part: Locator) -> tuple[float, float]:
    box = part.bounding_box()
    assert box
    return box["y"], box["y"] + box["height"]


@pytest.fixture(scope="module")
def figures(visit_once: Visit, components: str) -> Page:
    """A page with figures that stand still."""
    page = visit_once(f"{components}/?page=chart")
    page.get_by_text("Run", exact=True).click()
    expect(page.get_by_text("stopped at frame")).to_be_visible()
    return page


@pytest.mark.parametrize("width", [1440, 820, 375])
def test_the_buttons_of_a_figure_are_below_it(figures: Page, width: int) -> None:
    figures.set_viewport_size({"width": width, "height": 900})
    chart = figures.locator(".st-key-waves")
    expect(chart.locator(".legend")).to_be_visible()
    figures.wait_for_function(
        """() => document.querySelector(".st-key-waves .main-svg").clientWidth
            === document.querySelector(".st-key-waves .chart-plot").clientWidth"""
    )
    chart.hover()
    for name in ("Reset view", "Save picture"):
        button = chart.get_by_role("button", name=name)
        expect(button).to_have_css("opacity", "1")
        assert _edges(button)[0] >= _edges(chart.locator(".main-svg").first)[1]
        assert _edges(button)[1] <= _edges(chart)[1]


def test_on_a_wide_figure_the_label_is_at_the_pointer(figures: Page) -> None:
    figures.set_viewport_size({"width": 1440, "height": 900})
    cells = figures.locator(".st-key-cells")
    cells.locator(".nsewdrag").hover()
    expect(cells.locator(".hoverlayer .hovertext").first).to_be_visible()
    expect(cells.locator(".chart-reading")).to_be_hidden()


def test_on_a_phone_what_is_tapped_is_told_below_the_figure(visit: Visit, components: str) -> None:
    page = visit(f"{components}/?page=chart", width=375, touch=True)
    page.get_by_text("Run", exact=True).tap()
    cells = page.locator(".st-key-cells")
    expect(cells.locator(".main-svg").first).to_be_visible()
    expect(cells.get_by_role("button", name="Save picture")).to_have_css("opacity", "1")
    cells.locator(".nsewdrag").tap()
    told = cells.locator(".chart-reading")
    expect(told).to_contain_text("z:")
    assert _edges(told)[0] >= _edges(cells.locator(".main-svg").first)[1]
    expect(cells.locator(".hoverlayer .hovertext").first).to_have_css("visibility", "hidden")
