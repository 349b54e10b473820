"""Rows of pictures, in a real Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Visit

# Looks at a copy: Chromium warns of a canvas that is read more than once.
READ = """() => {
    window.read = (canvas, x, y) => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
        copy.drawImage(canvas, 0, 0);
        return [...copy.getImageData(x, y, 1, 1).data];
    };
}"""


# All are painted in the light theme, whose text is dark.
LIGHT = """() => {
    const style = getComputedStyle(document.querySelector(".pictures"));
    const colour = (name) =>
        [1, 3, 5].map((i) => parseInt(style.getPropertyValue(name).trim().slice(i, i + 2), 16));
    const painted = (key, index) =>
        read(document.querySelectorAll(`.st-key-${key} canvas`)[index], 0, 0).slice(0, 3);
    const text = colour("--st-text-color");
    return text[0] < 128 && String(painted("ink", 1)) === String(text)
        && String(painted("signed", 0)) === String(colour("--st-blue-color"));
}"""


@pytest.fixture(scope="module")
def shared_page(visit_once: Visit, components: str) -> Page:
    return visit_once(f"{components}/?page=pictures")


@pytest.fixture
def page(shared_page: Page) -> Page:
    """A page of pictures in the light theme, all of them there."""
    shared_page.set_viewport_size({"width": 1440, "height": 900})
    shared_page.emulate_media(color_scheme="light")
    expect(shared_page.locator(".pictures canvas")).to_have_count(10 + 3 + 2)
    shared_page.evaluate(READ)
    shared_page.wait_for_function(LIGHT)
    return shared_page


def pixel(page: Page, key: str, index: int, row: int, column: int) -> list[int]:
    """Read red, green, blue and alpha of one pixel of a picture, each from 0 to 255."""
    canvas = page.locator(f".st-key-{key} canvas").nth(index)
    values: list[int] = canvas.evaluate("(canvas, [x, y]) => read(canvas, x, y)", [column, row])
    return values


def theme_colour(page: Page, name: str) -> list[int]:
    hexadecimal = page.locator(".pictures").first.evaluate(
        "(list, name) => getComputedStyle(list).getPropertyValue(name)", name
    )
    return list(bytes.fromhex(hexadecimal.strip().removeprefix("#")))


def test_ink_has_the_colour_of_the_theme_s_text_and_paper_is_clear(page: Page) -> None:
    assert pixel(page, "ink", 0, 5, 5)[3] == 0
    assert pixel(page, "ink", 1, 13, 27) == [*theme_colour(page, "--st-text-color"), 255]
    assert pixel(page, "ink", 1, 14, 27)[3] == 0
    assert pixel(page, "ink", 2, 27, 13)[3] == 128
    assert pixel(page, "ink", 2, 27, 14)[3] == 0


def test_pictures_follow_a_change_of_the_theme(page: Page) -> None:
    light = theme_colour(page, "--st-text-color")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "light => read(document.querySelectorAll('.st-key-ink canvas')[1], 0, 0)[0] !== light", arg=light[0]
    )
    assert pixel(page, "ink", 1, 0, 0)[:3] == theme_colour(page, "--st-text-color") != light


def test_signed_values_are_blue_for_and_orange_against(page: Page) -> None:
    assert pixel(page, "signed", 0, 0, 0) == [*theme_colour(page, "--st-blue-color"), 255]
    *colour, alpha = pixel(page, "signed", 1, 0, 0)
    orange = theme_colour(page, "--st-orange-color")
    assert all(abs(value - wanted) <= 1 for value, wanted in zip(colour, orange, strict=True))
    assert abs(alpha - 128) <= 1


def test_pictures_change_in_place_and_no_frame_is_blank(page: Page) -> None:
    page.evaluate(
        """() => {
            window.shift = 0;
            new PerformanceObserver(list => list.getEntries().forEach(entry => window.shift += entry.value))
                .observe({ type: "layout-shift" });
            const canvases = [...document.querySelectorAll(".st-key-weights canvas")];
            window.seen = [];
            (function look() {
                for (const canvas of canvases) {
                    const [red,,, alpha] = read(canvas, 9, 9);
                    window.seen.push(canvas.isConnected && alpha === 255 ? red : "blank");
                }
                requestAnimationFrame(look);
            })();
        }"""
    )
    page.wait_for_function("new Set(window.seen).size >= 2 && window.seen.length > 1000")
    assert "blank" not in page.evaluate("window.seen")
    assert page.evaluate("window.shift") < 0.001
    expect(page.get_by_role("img", name=re.compile(r"^the weights for 3 at frame \d+$"))).to_be_visible()


def test_a_click_returns_the_index_once_and_marks_the_picture(page: Page) -> None:
    page.get_by_role("button", name="upper half").click()
    expect(page.get_by_text("clicked [1]")).to_be_visible()
    expect(page.get_by_role("button", name="upper half", pressed=True)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="left half, faint")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("clicked [1, 2]")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("clicked [1, 2, 2]")).to_be_visible()
    expect(page.get_by_role("button", pressed=True)).to_have_count(1)


def test_five_pictures_stand_abreast_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 812})
    page.wait_for_function("document.querySelector('.st-key-weights .pictures').clientWidth < 375")
    tops = page.eval_on_selector_all(
        ".st-key-weights canvas", "all => all.map(one => one.getBoundingClientRect().top)"
    )
    assert [tops.count(top) for top in sorted(set(tops))] == [5, 5]
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    below = page.get_by_text(re.compile(r"^frame \d+$")).bounding_box()
    assert below
    assert below["y"] > max(tops) + 60
