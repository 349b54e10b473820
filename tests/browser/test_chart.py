"""The live figure, in a real Chromium."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.test_access import STILL
from tests.support.browser import Visit

WATCH_SHIFTS = """
    window.shift = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => window.shift += entry.value))
        .observe({ type: "layout-shift" });
"""
LINES = ".st-key-waves .scatterlayer path.js-line"


@pytest.fixture(scope="module")
def address(components: str) -> str:
    return f"{components}/?page=chart"


@pytest.fixture(scope="module")
def shared_page(visit_once: Visit, address: str) -> Page:
    return visit_once(address)


@pytest.fixture
def page(shared_page: Page) -> Page:
    """A page whose figures run, all lines shown, with no zoom."""
    shared_page.set_viewport_size({"width": 1440, "height": 900})
    shared_page.emulate_media(color_scheme="light")
    shared_page.get_by_role("tab", name="Front").click()
    run = shared_page.get_by_role("switch", name="Run")
    if not run.is_checked():
        shared_page.get_by_text("Run", exact=True).click()
    expect(shared_page.get_by_text("running")).to_be_visible()
    expect(shared_page.locator(".st-key-waves path.js-line").first).to_be_attached()
    shared_page.eval_on_selector_all("[data-tool=reset]", "all => all.forEach(one => one.click())")
    expect(shared_page.locator(LINES)).to_have_count(4)
    return shared_page


def frame(page: Page) -> int:
    return int(page.get_by_text(re.compile(r"^frame \d+$")).inner_text().split()[1])


def wait_for_frames(page: Page, count: int) -> None:
    last = frame(page) + count
    page.wait_for_function(
        "last => Number(/frame (\\d+)/.exec(document.body.innerText)[1]) >= last", arg=last
    )


def stop(page: Page) -> None:
    page.get_by_text("Run", exact=True).click()
    last = page.get_by_text(re.compile(r"^stopped at frame \d+$")).inner_text().split()[-1]
    expect(page.get_by_role("img", name=f"Waves at frame {last}", exact=True)).to_be_visible()
    expect(page.locator(LINES)).to_have_count(4)


def x_range(page: Page) -> tuple[float, float]:
    first, last = page.eval_on_selector(".st-key-waves .chart-plot", "plot => plot.layout.xaxis.range")
    return first, last


def zoom(page: Page) -> None:
    box = page.locator(".st-key-waves .nsewdrag").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    page.mouse.up()


def test_a_chart_shows_each_change_without_being_mounted_anew(page: Page) -> None:
    page.eval_on_selector(
        ".st-key-waves .chart-plot", "plot => plot.querySelector('.main-svg').dataset.mine = 1"
    )
    before = page.locator(LINES).first.get_attribute("d")
    wait_for_frames(page, 5)
    assert page.locator(LINES).first.get_attribute("d") != before
    expect(page.locator(".st-key-waves .main-svg[data-mine]")).to_have_count(1)
    expect(page.get_by_role("img", name=re.compile(r"^Waves at frame \d+$"))).to_be_visible()


def test_no_frame_is_blank_and_nothing_jumps_while_it_runs(page: Page) -> None:
    page.evaluate(WATCH_SHIFTS)
    page.evaluate(
        """lines => {
            window.seen = [];
            (function look() {
                const drawn = [...document.querySelectorAll(lines)].filter(line => line.getAttribute("d"));
                window.seen.push(drawn.length);
                requestAnimationFrame(look);
            })();
        }""",
        LINES,
    )
    wait_for_frames(page, 10)
    seen = page.evaluate("window.seen")
    assert len(seen) > 20
    assert set(seen) == {4}
    assert page.evaluate("window.shift") < 0.001


def test_zoom_stays_through_changes_and_after_the_run(page: Page) -> None:
    zoom(page)
    zoomed = x_range(page)
    assert 2 < zoomed[0] < 4 < zoomed[1] < 8
    wait_for_frames(page, 5)
    assert x_range(page) == zoomed
    stop(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1000, "height": 900})
    page.wait_for_function("document.querySelector('.st-key-waves .main-svg').clientWidth < 1000")
    assert x_range(page) == zoomed


def test_a_double_click_ends_the_zoom_and_leaves_a_hidden_trace_hidden(page: Page) -> None:
    stop(page)
    whole = x_range(page)
    page.locator(".st-key-waves .legendtoggle").nth(1).click()
    expect(page.locator(LINES)).to_have_count(3)
    zoom(page)
    assert x_range(page) != whole
    page.locator(".st-key-waves .nsewdrag").dblclick()
    assert x_range(page) == whole
    expect(page.locator(LINES)).to_have_count(3)


def test_a_hidden_trace_stays_hidden(page: Page) -> None:
    page.locator(".st-key-waves .legendtoggle").nth(1).click()
    expect(page.locator(LINES)).to_have_count(3)
    wait_for_frames(page, 5)
    expect(page.locator(LINES)).to_have_count(3)


def test_reset_view_works_from_the_keyboard_and_lets_the_focus_go(page: Page) -> None:
    page.locator(".st-key-waves .legendtoggle").nth(1).click()
    expect(page.locator(LINES)).to_have_count(3)
    reset = page.locator(".st-key-waves").get_by_role("button", name="Reset view")
    page.get_by_role("switch", name="Run").focus()
    page.keyboard.press("Tab")
    expect(reset).to_be_focused()
    expect(reset).to_have_css("outline-style", "solid")
    page.keyboard.press("Enter")
    expect(page.locator(LINES)).to_have_count(4)
    page.keyboard.press("Tab")
    expect(page.locator(".st-key-waves").get_by_role("button", name="Save picture")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".st-key-cells").get_by_role("button", name="Reset view")).to_be_focused()


def test_a_click_on_a_cell_reaches_python_exactly_once(page: Page) -> None:
    box = page.locator(".st-key-cells .nsewdrag").bounding_box()
    assert box
    place = box["x"] + 0.35 * box["width"], box["y"] + 0.75 * box["height"]
    page.mouse.move(*place)
    expect(page.locator(".st-key-cells .hovertext")).to_be_visible()  # a person sees it before they click
    page.mouse.click(*place)
    told = page.get_by_text("1 clicks: [(2, 3)]")
    expect(told).to_be_visible()
    wait_for_frames(page, 5)
    expect(told).to_be_visible()


def test_a_chart_follows_the_theme_at_once(page: Page) -> None:
    stop(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(STILL, arg=scheme)
        text = page.eval_on_selector(".stApp", "app => getComputedStyle(app).color")
        expect(page.locator(".st-key-waves .xtick text").first).to_have_css("fill", text)


def test_a_chart_on_a_closed_tab_is_drawn_to_its_full_width_when_it_opens(page: Page) -> None:
    page.get_by_role("tab", name="Back").click()
    expect(page.locator(".st-key-bars .bars path")).to_have_count(3)
    widths = page.eval_on_selector_all(
        ".st-key-bars, .st-key-bars .main-svg:first-child", "all => all.map(one => one.clientWidth)"
    )
    assert len(set(widths)) == 1


def test_a_chart_is_as_wide_as_a_phone_and_no_wider(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 812})
    page.wait_for_function("document.querySelector('.st-key-waves .main-svg').clientWidth < 375")
    assert page.evaluate("document.documentElement.scrollWidth") == 375


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
    page.evaluate(WATCH_SHIFTS)
    (route,) = held
    route.continue_()
    expect(page.locator(LINES)).to_have_count(4)
    assert page.locator(".st-key-waves").bounding_box() == box
    assert page.evaluate("window.shift") < 0.001


def test_a_second_load_of_the_page_takes_plotly_from_the_browser(page: Page) -> None:
    page.reload()
    expect(page.locator(LINES)).to_have_count(4)
    sent = page.evaluate(
        """() => performance.getEntriesByType("resource")
            .filter(entry => entry.name.includes("plotly.min.js")).map(entry => entry.transferSize)"""
    )
    assert sent == [0]


def test_a_picture_is_saved_under_its_name(page: Page) -> None:
    page.get_by_role("tab", name="Back").click()
    expect(page.locator(".st-key-bars .bars path")).to_have_count(3)
    page.locator(".st-key-bars").hover()
    with page.expect_download() as download:
        page.locator(".st-key-bars").get_by_role("button", name="Save picture").click()
    assert download.value.suggested_filename == "rising bars.png"


def test_a_finger_on_a_chart_scrolls_the_page_and_only_a_tap_clicks(
    visit: Visit, address: str, swipe: Callable[..., None]
) -> None:
    page = visit(address, width=375, height=700, touch=True)
    expect(page.locator(LINES)).to_have_count(4)
    cells = page.locator(".st-key-cells .nsewdrag")
    box = cells.bounding_box()
    assert box
    x, y = box["x"] + 0.35 * box["width"], box["y"] + 0.75 * box["height"]
    swipe(page, [(x, y - 10 * step) for step in range(16)])
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop > 100")
    wait_for_frames(page, 2)
    expect(page.get_by_text("0 clicks")).to_be_attached()

    box = cells.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + 0.35 * box["width"], box["y"] + 0.75 * box["height"])
    expect(page.get_by_text("1 clicks: [(2, 3)]")).to_be_attached()
