"""Rows of pictures, in a real Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.rules import expect_fits
from tests.support.browser import Visit, eventually

# Looks at a copy: Chromium warns of a canvas that is read more than once.
READ = """() => {
    window.read = (canvas, x, y) => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
        copy.drawImage(canvas, 0, 0);
        return [...copy.getImageData(x, y, 1, 1).data];
    };
}"""
# At each frame: what each picture of the weights shows, which is white or black in turn.
LOOK = """() => {
    const canvases = [...document.querySelectorAll(".st-key-weights canvas")];
    window.shift = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => window.shift += entry.value))
        .observe({ type: "layout-shift" });
    window.seen = [];
    (function look() {
        for (const canvas of canvases) {
            const [red,,, alpha] = read(canvas, 9, 9);
            window.seen.push(canvas.isConnected && alpha === 255 ? red : "blank");
        }
        requestAnimationFrame(look);
    })();
}"""


@pytest.fixture
def page(visit: Visit, components: str) -> Page:
    """A page of pictures in the light theme, all of them there."""
    page = visit(f"{components}/?page=pictures")
    expect(page.locator("[data-testid=stElementContainer] .pictures canvas")).to_have_count(10 + 3 + 2)
    page.evaluate(READ)
    return page


def _expect_pixel(page: Page, key: str, index: int, row: int, column: int, *wanted: int) -> None:
    """Wait until a pixel has these of red, green, blue and alpha, the last ones, to one step of 255."""
    canvas = page.locator(f".st-key-{key} canvas").nth(index)

    def pixel() -> list[int]:
        values: list[int] = canvas.evaluate("(canvas, [x, y]) => read(canvas, x, y)", [column, row])
        return values[-len(wanted) :]

    eventually(pixel, lambda seen: all(abs(a - b) <= 1 for a, b in zip(seen, wanted, strict=True)))


def _colour(page: Page, name: str) -> list[int]:
    hexadecimal = page.locator(".pictures").first.evaluate(
        "(list, name) => getComputedStyle(list).getPropertyValue(name)", name
    )
    return list(bytes.fromhex(hexadecimal.strip().removeprefix("#")))


def test_ink_and_signed_values_have_the_colours_of_the_theme_and_follow_it(page: Page) -> None:
    light = eventually(lambda: _colour(page, "--st-text-color"), lambda text: text[0] < 128)
    _expect_pixel(page, "ink", 0, 5, 5, 0)
    _expect_pixel(page, "ink", 1, 13, 27, *light, 255)
    _expect_pixel(page, "ink", 1, 14, 27, 0)
    _expect_pixel(page, "ink", 2, 27, 13, 128)
    _expect_pixel(page, "ink", 2, 27, 14, 0)
    _expect_pixel(page, "signed", 0, 0, 0, *_colour(page, "--st-blue-color"), 255)
    _expect_pixel(page, "signed", 1, 0, 0, *_colour(page, "--st-orange-color"), 128)

    page.emulate_media(color_scheme="dark")
    dark = eventually(lambda: _colour(page, "--st-text-color"), lambda text: text != light)
    _expect_pixel(page, "ink", 1, 0, 0, *dark, 255)


def test_pictures_change_in_place_are_clicked_once_and_stand_abreast_on_a_phone(page: Page) -> None:
    page.evaluate(LOOK)
    page.wait_for_function("new Set(window.seen).size >= 2 && window.seen.length > 300")
    assert "blank" not in page.evaluate("window.seen")
    assert page.evaluate("window.shift") < 0.001
    expect(page.get_by_role("img", name=re.compile(r"^the weights for 3 at frame \d+$"))).to_be_visible()

    page.get_by_role("button", name="upper half").click()
    expect(page.get_by_text("clicked [1]")).to_be_visible()
    expect(page.get_by_role("button", name="upper half", pressed=True)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="left half, faint")).to_be_focused()
    for clicked in ("[1, 2]", "[1, 2, 2]"):
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"clicked {clicked}")).to_be_visible()
    expect(page.get_by_role("button", pressed=True)).to_have_count(1)

    expect_fits(page, ".st-key-weights", 375)
    tops = page.eval_on_selector_all(
        ".st-key-weights canvas", "all => all.map(one => one.getBoundingClientRect().top)"
    )
    assert [tops.count(top) for top in sorted(set(tops))] == [5, 5]
    below = page.get_by_text(re.compile(r"^frame \d+$")).bounding_box()
    assert below
    assert below["y"] > max(tops) + 60
