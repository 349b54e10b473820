"""The page on paper and in forced colours, told from what Chromium paints."""

import io
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.support.browser import Visit, eventually, open_tab, settled


def _pixels(element: Locator) -> NDArray[np.int_]:
    """What is painted of an element, (H, W, 3)."""
    image = Image.open(io.BytesIO(element.screenshot(animations="disabled")))
    return np.asarray(image.convert("RGB")).astype(int)


def test_the_open_tab_is_printed_whole_and_light_without_the_sidebar(
    visit: Visit, trained_address: str
) -> None:
    page = visit(trained_address, color_scheme="dark")
    for tab in ("Train", "Draw", "Compare", "Look inside", "Learn"):
        open_tab(page, tab)
        page.emulate_media(media="print", color_scheme="dark")
        expect(page.get_by_test_id("stSidebar")).to_be_hidden()
        expect(page.get_by_role("tablist")).to_be_hidden()
        main = page.get_by_test_id("stMain")
        scrolls = main.evaluate("main => main.scrollHeight > main.clientHeight")
        assert not scrolls, tab
        assert np.median(_pixels(page.get_by_test_id("stMainBlockContainer"))) > 200, tab
        assert page.pdf(format="A4").startswith(b"%PDF")
        page.emulate_media(media="screen", color_scheme="dark")


PRESSED = {  # where: what is painted there, what of it is pressed, and with which key
    "Learn&learn=curve": [
        (".sketch", "[role=slider] >> nth=2", "PageUp"),
        (".st-key-presenting", "input", "Space"),
    ],
    "Learn&learn=first-step": [(".st-key-first-step-choice", "button >> nth=1", "Enter")],
    "Look inside": [
        (".st-key-inside .film-controls", ".film-slider", "Home"),
        (".st-key-inside-choice", "[role=radio] >> nth=1", "Space"),
    ],
}


def test_in_forced_colours_what_is_pressed_in_learn_and_look_inside_is_painted_anew(
    visit: Visit, trained_address: str
) -> None:
    page = visit()
    page.emulate_media(forced_colors="active")
    for where, presses in PRESSED.items():
        page.goto(f"{trained_address}&tab={where}")
        for painted, pressed, key in presses:
            part = page.locator(painted)
            part.locator(pressed).focus()  # its ring is there before and after
            settled(page)
            before = _pixels(part)
            part.locator(pressed).press(key)
            eventually(partial(_changed, part, before), lambda changed: changed > 40)


def _changed(part: Locator, before: NDArray[np.int_]) -> int:
    """Count the pixels that are painted otherwise, of what is in both pictures: one may be larger."""
    after = _pixels(part)
    height, width = np.minimum(before.shape, after.shape)[:2]
    return int((np.abs(after[:height, :width] - before[:height, :width]).sum(axis=2) > 100).sum())


def test_in_forced_colours_the_state_of_each_control_is_painted(visit: Visit, trained_address: str) -> None:
    page = visit(trained_address)
    page.emulate_media(forced_colors="active")
    settled(page)
    slider = page.locator(".st-key-epochs [role=group]")
    before = _pixels(slider)
    assert before.std() > 5  # a line and a knob, and not one colour
    slider.locator("input").press("End")
    settled(page)
    assert (np.abs(_pixels(slider) - before).sum(axis=2) > 100).sum() > 50  # the knob is elsewhere
    switch = page.locator(".st-key-slow_motion label > div").first
    off = _pixels(switch)
    page.locator(".st-key-slow_motion input").press("Space")
    settled(page)
    assert (np.abs(_pixels(switch) - off).sum(axis=2) > 100).mean() > 0.2
    for choices in (".st-key-preprocessing button", ".st-key-tab [role=tab]"):
        chosen, other = page.locator(choices).first, page.locator(choices).nth(1)
        colours = [np.unique(_pixels(one).reshape(-1, 3), axis=0) for one in (chosen, other)]
        assert len(colours[0]) > 1
        assert not np.array_equal(*(np.median(_pixels(one), axis=(0, 1)) for one in (chosen, other))) or (
            {tuple(colour) for colour in colours[0]} != {tuple(colour) for colour in colours[1]}
        )
    progress = page.get_by_test_id("stProgressBarTrack").first
    assert np.abs(_pixels(progress).mean(axis=(0, 1)) - 255).sum() > 100  # full, not the colour of paper
