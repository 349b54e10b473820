"""The drawing board, in a real Chromium: with the mouse, the keyboard and a finger."""

import io
import re
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Visits
from tests.browser.rules import expect_calm, watch
from tests.support.browser import Swipe, Visit, draw, eventually

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

UPPER = [(60.0, 100.0), (200.0, 100.0)]
MIDDLE = [(60.0, 150.0), (200.0, 150.0)]
LOWER = [(60.0, 200.0), (200.0, 200.0)]


@pytest.fixture(scope="module")
def address(components: str) -> str:
    return f"{components}/?page=board"


@pytest.fixture(scope="module")
def one_page(visits: Visits, address: str) -> Iterator[Page]:
    page = visits.open(address)
    expect(_canvas(page)).to_be_visible()
    yield page
    page.close()


@pytest.fixture
def page(one_page: Page) -> Page:
    """A page with a board that nobody has drawn on: a new key is a new board."""
    one_page.bring_to_front()  # a page behind another draws no frames
    one_page.evaluate("document.activeElement.blur()")
    _next_board(one_page)
    return one_page


def _key(page: Page) -> str:
    return f"pen-{page.get_by_role('spinbutton').input_value()}"


def _canvas(page: Page) -> Locator:
    return page.locator(f".st-key-{_key(page)} canvas.upper-canvas")


def _next_board(page: Page) -> None:
    page.get_by_role("button", name="Increment").click()
    expect(page.get_by_text(f"board {_key(page)}", exact=True)).to_be_visible()
    expect(_canvas(page)).to_be_visible()
    expect(page.get_by_text("nothing drawn")).to_be_visible()


def _draw_line(page: Page, points: Points) -> None:
    draw(page, [[(x / SIDE, y / SIDE) for x, y in points]], board=_key(page))


def _dark(page: Page, more_than: int = 0) -> int:
    """Count the dark pixels of the drawing that Python last got, once they are more."""
    count = page.get_by_text(re.compile(r"^\d+ dark"))
    return eventually(lambda: int(count.inner_text().split()[0]), lambda dark: dark > more_than)


def _expect_dark(page: Page, count: int) -> None:
    expect(page.get_by_text(re.compile(f"^{count} dark"))).to_be_visible()


def _draw_two(page: Page) -> int:
    """Draw two lines; return how many pixels one has."""
    _draw_line(page, UPPER)
    one = _dark(page)
    _draw_line(page, LOWER)
    _expect_dark(page, 2 * one)
    return one


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_strokes_reach_python_and_undo_redo_and_clear_work_from_the_keyboard(page: Page) -> None:
    expect(page.get_by_text("nothing drawn")).to_be_visible()
    for name in ("Undo", "Redo", "Clear"):
        expect(_button(page, name)).to_be_disabled()
    page.locator(f".st-key-{_key(page)}").hover()
    expect(page.locator(".dc-toolbar")).to_have_count(1)
    expect(page.locator(".dc-toolbar")).to_be_hidden()  # the canvas's own
    _draw_line(page, UPPER)
    for said in ("shape (280, 280)", "rows [90] to [109]", "columns [50] to [209]"):
        expect(page.get_by_text(said)).to_be_visible()
    one = _dark(page)
    _draw_line(page, LOWER)
    _expect_dark(page, 2 * one)
    expect(_button(page, "Redo")).to_be_disabled()

    page.get_by_role("slider", name="Width").focus()
    page.keyboard.press("Tab")
    for name, key, count in (("Undo", "Enter", one), ("Redo", "Space", 2 * one), ("Clear", "Enter", 0)):
        expect(_button(page, name)).to_be_focused()
        expect(_button(page, name)).to_have_css("outline-style", "solid")
        page.keyboard.press(key)
        _expect_dark(page, count)
        page.keyboard.press("Tab")
    for name in ("Redo", "Clear"):
        expect(_button(page, name)).to_be_disabled()
    expect(_button(page, "Undo")).to_be_enabled()


def test_undo_brings_back_what_clear_took_and_the_steps_before_it(page: Page) -> None:
    def press(*steps: tuple[str, int]) -> None:
        for name, count in steps:
            _button(page, name).click()
            _expect_dark(page, count)

    one = _draw_two(page)
    press(("Clear", 0))
    expect(_button(page, "Clear")).to_be_disabled()
    press(("Undo", 2 * one), ("Undo", one), ("Redo", 2 * one), ("Clear", 0), ("Undo", 2 * one))
    # Clear keeps what was undone before it.
    press(("Undo", one), ("Clear", 0), ("Undo", one), ("Redo", 2 * one))

    _next_board(page)
    expect(_button(page, "Undo")).to_be_disabled()  # a new key is an empty board, with buttons of its own
    _draw_two(page)
    press(("Clear", 0))
    _draw_line(page, MIDDLE)
    _expect_dark(page, one)
    press(("Undo", 0))  # a stroke after Clear is undone like any other
    expect(_button(page, "Undo")).to_be_disabled()


def test_the_keys_reach_the_board_that_is_seen_and_nothing_else(page: Page) -> None:
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
        _expect_dark(page, count)
    _button(page, "Clear").focus()
    page.keyboard.press("Control+z")
    _expect_dark(page, one)
    page.keyboard.press("Control+y")
    _expect_dark(page, 2 * one)

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
    _draw_line(page, MIDDLE)  # which is undone first, so nothing was before
    _expect_dark(page, 3 * one)
    page.keyboard.press("Control+z")
    _expect_dark(page, 2 * one)
    expect(number).to_have_value(before)

    left = _key(page)
    _next_board(page)
    assert _key(page) != left
    _draw_line(page, UPPER)
    _expect_dark(page, one)
    page.keyboard.press("c")
    _expect_dark(page, 0)
    page.keyboard.press("Control+z")  # not undone twice, by the board that was left too
    _expect_dark(page, one)
    expect(_canvas(page)).to_be_visible()


def test_a_drawing_outlives_a_new_pen_width_ticks_another_tab_and_the_dark(page: Page) -> None:
    _draw_line(page, UPPER)
    one = _dark(page)
    page.get_by_role("tab", name="Other").click()
    expect(page.get_by_text("Another tab")).to_be_visible()
    tick = page.get_by_text(re.compile(r"^tick \d+$"))
    ticks = int(tick.inner_text().split()[1])
    eventually(lambda: int(tick.inner_text().split()[1]), lambda now: now > ticks + 3)
    page.get_by_role("tab", name="Draw").click()
    _draw_line(page, LOWER)
    _expect_dark(page, 2 * one)

    def expect_brightness(paper: tuple[int, int], ink: tuple[int, int]) -> None:
        def brightness() -> tuple[int, int]:
            shot = page.locator(f".st-key-{_key(page)}").screenshot()
            picture = Image.open(io.BytesIO(shot)).convert("L")
            return int(picture.getpixel((130, 150))), int(picture.getpixel((130, 100)))  # type: ignore[arg-type]

        eventually(brightness, lambda seen: seen[0] in range(*paper) and seen[1] in range(*ink))

    expect_brightness(paper=(226, 256), ink=(0, 30))
    page.emulate_media(color_scheme="dark")
    expect_brightness(paper=(0, 50), ink=(201, 256))
    _draw_line(page, MIDDLE)
    _expect_dark(page, 3 * one)  # Python sees no change
    page.emulate_media(color_scheme="light")

    _next_board(page)
    _draw_line(page, UPPER)
    _expect_dark(page, one)
    page.evaluate(WATCH_FOR_ARGUMENTS, _key(page))
    page.get_by_role("slider", name="Width").press("End")
    expect(page.get_by_text("pen of 40")).to_be_visible()
    page.wait_for_function("window.argumentsCame")
    _expect_dark(page, one)
    _draw_line(page, LOWER)
    _dark(page, more_than=round(2.7 * one))


def test_strokes_by_finger_through_the_corners_are_kept_and_do_not_move_the_page(
    visit: Visit, address: str, swipe: Swipe
) -> None:
    page = visit(address, width=375, height=812, touch=True)
    expect(_button(page, "Clear")).to_be_attached()
    expect(_canvas(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 375

    def between(start: tuple[float, float], end: tuple[float, float]) -> Points:
        """Ten steps from one point to another, as a finger makes them."""
        (x, y), (right, down) = start, end
        return [(x + (right - x) * step / 10, y + (down - y) * step / 10) for step in range(11)]

    def stroke(points: Points) -> None:
        box = _canvas(page).bounding_box()
        assert box
        swipe(page, [(box["x"] + x, box["y"] + y) for x, y in points])

    before = 0
    for corner in [(279.0, 1.0), (1.0, 1.0), (1.0, 279.0), (279.0, 279.0)]:
        for points in ([corner], between(corner, (140, 140)), between((140, 100), corner)):
            stroke(points)
            before = _dark(page, more_than=before)
    stroke(between((100, 250), (100, 20)))
    _dark(page, more_than=before)
    assert page.eval_on_selector("[data-testid=stMain]", "main => main.scrollTop") == 0


def test_a_palm_that_comes_first_leaves_the_drawing_to_the_finger(visit: Visit, address: str) -> None:
    page = visit(address, width=375, height=812, touch=True)
    draw(page, [], board=_key(page))  # waits until the board takes strokes
    box = _canvas(page).bounding_box()
    assert box
    session = page.context.new_cdp_session(page)

    def touch(kind: str, **points: tuple[float, float]) -> None:
        at = [
            {"id": int(name == "finger"), "x": box["x"] + x, "y": box["y"] + y}
            for name, (x, y) in points.items()
        ]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", palm=(270.0, 270.0))
    touch("touchStart", palm=(270.0, 270.0), finger=UPPER[0])
    for step in range(1, 8):
        touch("touchMove", palm=(270.0 - step / 4, 270.0), finger=(60.0 + 20 * step, 100.0))
    touch("touchEnd", finger=UPPER[1])
    expect(page.get_by_text("rows [90] to [109]")).to_be_visible()  # the finger's stroke, and nothing else
    expect(page.get_by_text("columns [50] to [209]")).to_be_visible()
    one = _dark(page)
    for step in range(1, 8):
        touch("touchMove", palm=(270.0 - 20 * step, 270.0))
    touch("touchEnd", palm=(130.0, 270.0))
    touch("touchStart", finger=LOWER[0])
    for step in range(1, 8):
        touch("touchMove", finger=(60.0 + 20 * step, 200.0))
    touch("touchEnd", finger=LOWER[1])
    _expect_dark(page, 2 * one)  # the palm has left nothing


def test_a_mouse_button_released_anywhere_ends_the_stroke(page: Page) -> None:
    def middle(part: Locator) -> tuple[float, float]:
        box = part.bounding_box()
        assert box
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    draw(page, [], board=_key(page))  # waits until the board takes strokes, and nothing moves any more
    parts = [_button(page, name) for name in ("Undo", "Increment")]  # the first is disabled
    parts += [page.get_by_role("slider", name="Width"), page.get_by_role("spinbutton")]
    parts += [page.get_by_role("tab", name="Other")]
    for place in [*map(middle, parts), (5.0, 5.0), (700.0, -40.0), (-40.0, 400.0)]:
        draw(page, [], board=_key(page))
        x, y = middle(_canvas(page))
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 20, y + 20)
        page.mouse.move(*place)
        page.mouse.up()
        drawn = _dark(page)
        page.mouse.move(x, y)
        page.mouse.move(x - 60, y - 60)  # the pen does not stick
        _draw_line(page, [(10.0, 10.0)])
        assert _dark(page, more_than=drawn) < drawn + 500  # a dot has about 300
        _next_board(page)


def test_the_first_frame_does_not_jump_and_an_early_pen_width_empties_nothing(
    visit: Visit, address: str
) -> None:
    page = visit()
    held: list[Route] = []
    script = "**/*streamlit_drawable_canvas/index-*.js"
    page.route(script, lambda route: held.append(route))
    with page.expect_request(script):
        page.goto(address)
    said = page.get_by_text("nothing drawn")
    for part in (page.get_by_role("spinbutton"), page.get_by_role("slider"), said):
        expect(part).to_be_visible()
    paper = page.locator(".st-key-pen-0-paper")
    box, below = paper.bounding_box(), said.bounding_box()
    page.get_by_role("slider").press("End")  # before there is a board
    expect(page.get_by_text("pen of 40")).to_be_visible()
    watch(page, {})
    for route in held:
        route.continue_()
    expect(_canvas(page)).to_be_visible()
    assert paper.bounding_box() == box
    assert said.bounding_box() == below
    expect_calm(page)
    _draw_line(page, UPPER)
    one = _dark(page, more_than=140 * 36)  # with the pen of 40
    _draw_line(page, LOWER)
    _expect_dark(page, 2 * one)
