"""The drawing board, in a real Chromium: with the mouse, the keyboard and a finger."""

import io
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.browser import Visit, draw

WATCH_SHIFTS = """
    window.shift = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => window.shift += entry.value))
        .observe({ type: "layout-shift", buffered: true });
"""

# At each change of its arguments Streamlit loads the canvas's script once more and hands them over only then;
# the canvas sets this attribute when it gets them, to the same value too.
WATCH_FOR_ARGUMENTS = """key =>
    new MutationObserver(() => (window.argumentsCame = true)).observe(
        document.querySelector(`.st-key-${key} [data-testid=stBidiComponentIsolated]`)
            .shadowRoot.querySelector(".dc-toolbar"),
        { attributeFilter: ["data-pinned"] },
    )
"""


Points = list[tuple[float, float]]
SIDE = 280  # pixels of a board

LOWER = [(60.0, 200.0), (200.0, 200.0)]
UPPER = [(60.0, 100.0), (200.0, 100.0)]


@pytest.fixture(scope="module")
def address(components: str) -> str:
    return f"{components}/?page=board"


@pytest.fixture(scope="module")
def shared_page(visit_once: Visit, address: str) -> Page:
    return visit_once(address)


@pytest.fixture
def page(shared_page: Page) -> Page:
    """A page with a board that nobody has drawn on: a new key is a new board."""
    next_board(shared_page)
    return shared_page


def key(page: Page) -> str:
    return f"pen-{page.get_by_role('spinbutton').input_value()}"


def canvas(page: Page) -> Locator:
    return page.locator(f".st-key-{key(page)} canvas.upper-canvas")


def next_board(page: Page) -> None:
    page.get_by_role("button", name="Increment").click()
    expect(page.get_by_text(f"board {key(page)}", exact=True)).to_be_visible()
    expect(canvas(page)).to_be_visible()
    expect(page.get_by_text("nothing drawn")).to_be_visible()


def on_page(page: Page, points: Points) -> Points:
    """Turn points of the board, in pixels from its corner, into points of the page."""
    expect(canvas(page)).to_be_visible()
    box = canvas(page).bounding_box()
    assert box
    return [(box["x"] + x, box["y"] + y) for x, y in points]


def draw_line(page: Page, points: Points) -> None:
    draw(page, [[(x / SIDE, y / SIDE) for x, y in points]], board=key(page))


def between(start: tuple[float, float], end: tuple[float, float]) -> Points:
    """Ten steps from one point to another, as a finger makes them."""
    return [
        (start[0] + (end[0] - start[0]) * step / 10, start[1] + (end[1] - start[1]) * step / 10)
        for step in range(11)
    ]


def dark(page: Page) -> int:
    """Count the dark pixels of the drawing that Python last got."""
    expect(page.get_by_text(re.compile(r"^\d+ dark"))).to_be_visible()
    return int(page.get_by_text(re.compile(r"^\d+ dark")).inner_text().split()[0])


def expect_dark(page: Page, count: int) -> None:
    expect(page.get_by_text(f"{count} dark")).to_be_visible()


def more_than(page: Page, count: int) -> int:
    page.wait_for_function(
        "count => Number(/(\\d+) dark/.exec(document.body.innerText)?.[1]) > count", arg=count
    )
    return dark(page)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_a_stroke_reaches_python_as_ink(page: Page) -> None:
    expect(page.get_by_text("nothing drawn")).to_be_visible()
    draw_line(page, UPPER)
    expect(page.get_by_text("shape (280, 280)")).to_be_visible()
    expect(page.get_by_text("rows [90] to [109]")).to_be_visible()
    expect(page.get_by_text("columns [50] to [209]")).to_be_visible()


def test_undo_redo_and_clear_work_from_the_keyboard(page: Page) -> None:
    for name in ("Undo", "Redo", "Clear"):
        expect(button(page, name)).to_be_disabled()
    draw_line(page, UPPER)
    one = dark(page)
    draw_line(page, LOWER)
    expect_dark(page, 2 * one)
    expect(button(page, "Redo")).to_be_disabled()

    page.get_by_role("slider", name="Width").focus()
    page.keyboard.press("Tab")
    expect(button(page, "Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect_dark(page, one)
    page.keyboard.press("Tab")
    expect(button(page, "Redo")).to_be_focused()
    expect(button(page, "Redo")).to_have_css("outline-style", "solid")
    page.keyboard.press("Space")
    expect_dark(page, 2 * one)
    page.keyboard.press("Tab")
    expect(button(page, "Clear")).to_be_focused()
    page.keyboard.press("Enter")
    expect_dark(page, 0)
    for name in ("Redo", "Clear"):
        expect(button(page, name)).to_be_disabled()
    expect(button(page, "Undo")).to_be_enabled()  # what it does is for test_board_keys.py


def test_the_canvas_s_own_toolbar_is_out_of_the_way(page: Page) -> None:
    expect(button(page, "Clear")).to_be_attached()
    page.locator(f".st-key-{key(page)}").hover()
    toolbar = page.locator(".dc-toolbar")
    expect(toolbar).to_have_count(1)
    expect(toolbar).to_be_hidden()


def test_strokes_by_finger_through_the_corners_are_kept_and_do_not_move_the_page(
    visit: Visit, address: str, swipe: Callable[[Page, Points], None]
) -> None:
    page = visit(address, width=375, height=812, touch=True)
    expect(button(page, "Clear")).to_be_attached()
    expect(canvas(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    before = 0
    for corner in [(279.0, 1.0), (1.0, 1.0), (1.0, 279.0), (279.0, 279.0)]:
        swipe(page, on_page(page, [corner]))
        before = more_than(page, before)
        for points in (between(corner, (140, 140)), between((140, 100), corner)):
            swipe(page, on_page(page, points))
            before = more_than(page, before)
    swipe(page, on_page(page, between((100, 250), (100, 20))))
    more_than(page, before)
    assert page.eval_on_selector("[data-testid=stMain]", "main => main.scrollTop") == 0


def test_a_new_pen_width_keeps_the_drawing(page: Page) -> None:
    draw_line(page, UPPER)
    thin = dark(page)
    page.evaluate(WATCH_FOR_ARGUMENTS, key(page))
    page.get_by_role("slider", name="Width").press("End")
    expect(page.get_by_text("pen of 40")).to_be_visible()
    page.wait_for_function("window.argumentsCame")
    expect_dark(page, thin)
    draw_line(page, LOWER)
    more_than(page, round(2.7 * thin))


def test_a_drawing_outlives_ticks_and_a_visit_to_another_tab(page: Page) -> None:
    draw_line(page, UPPER)
    one = dark(page)
    page.get_by_role("tab", name="Other").click()
    expect(page.get_by_text("Another tab")).to_be_visible()
    ticks = int(page.get_by_text(re.compile(r"^tick \d+$")).inner_text().split()[1])
    page.wait_for_function(
        "ticks => Number(/tick (\\d+)/.exec(document.body.innerText)[1]) > ticks + 5", arg=ticks
    )
    page.get_by_role("tab", name="Draw").click()
    draw_line(page, LOWER)
    expect_dark(page, 2 * one)


def test_a_new_key_is_an_empty_board_with_buttons_of_its_own(page: Page) -> None:
    draw_line(page, UPPER)
    one = dark(page)
    next_board(page)
    expect(button(page, "Undo")).to_be_disabled()
    draw_line(page, UPPER)
    expect_dark(page, one)
    button(page, "Clear").click()
    expect_dark(page, 0)


def test_paper_and_ink_are_turned_round_in_the_dark_and_python_sees_no_change(page: Page) -> None:
    draw_line(page, UPPER)
    one = dark(page)

    def brightness(x: int, y: int) -> int:
        picture = Image.open(io.BytesIO(page.locator(f".st-key-{key(page)}").screenshot())).convert("L")
        return int(picture.getpixel((x, y)))  # type: ignore[arg-type]

    assert brightness(130, 100) < 30
    assert brightness(130, 200) > 225
    page.emulate_media(color_scheme="dark")
    expect(
        page.locator(f".st-key-{key(page)} [data-testid=stBidiComponentIsolated][data-dark]")
    ).to_be_attached()
    assert brightness(130, 100) > 200
    assert brightness(130, 200) < 50
    draw_line(page, LOWER)
    expect_dark(page, 2 * one)
    page.emulate_media(color_scheme="light")


def test_the_first_frame_does_not_jump(visit: Visit, address: str) -> None:
    page = visit()
    held: list[Route] = []
    page.route("**/streamlit_drawable_canvas/index-*.js", lambda route: held.append(route))
    page.goto(address)
    for part in (
        page.get_by_role("spinbutton"),
        page.get_by_role("slider"),
        page.get_by_text("nothing drawn"),
    ):
        expect(part).to_be_visible()
    paper = page.locator(".st-key-pen-0-paper")
    box = paper.bounding_box()
    below = page.get_by_text("nothing drawn").bounding_box()
    page.evaluate(WATCH_SHIFTS)
    for route in held:
        route.continue_()
    expect(canvas(page)).to_be_visible()
    assert paper.bounding_box() == box
    assert page.get_by_text("nothing drawn").bounding_box() == below
    assert page.evaluate("window.shift") < 0.02
