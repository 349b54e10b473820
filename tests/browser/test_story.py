"""The story of the page: one layer learns raw pixels, misreads a drawing, and is given prepared digits."""

import re

from playwright.sync_api import Page, expect

from tests.support.browser import (
    DIGITS,
    Visit,
    draw,
    headline,
    number,
    open_tab,
    press,
    usable,
)

# Note in every frame how high the curve of the accuracy ends, in px from the top.
WATCH = """() => {
    window.heights = [];
    (function look() {
        const dot = document.querySelector(".st-key-accuracy .scatterlayer circle");
        if (dot) window.heights.push(Number(dot.getAttribute("cy")));
        requestAnimationFrame(look);
    })();
}"""
CURVES = ".st-key-accuracy .scatterlayer .trace"
IN_VIEW = [".st-key-train", ":is(.st-key-pause, .st-key-continue)", ".st-key-next", ".st-key-stop"]
IN_VIEW += [".st-key-headline", ".st-key-accuracy", ".st-key-templates"]


def _in_view(page: Page) -> None:
    for part in IN_VIEW:
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    tabs = page.get_by_role("tablist").bounding_box()
    assert tabs
    assert tabs["y"] + tabs["height"] <= 150


def test_a_newcomer_trains_draws_prepares_the_digits_and_sees_both_curves(lab: str, visit: Visit) -> None:
    page = visit(lab, width=1366, height=768)
    usable(page)
    page.wait_for_function("window.Plotly")  # as soon as somebody can have read the first screen
    page.evaluate(WATCH)
    press(page, "Train")
    page.wait_for_function("window.heights?.at(-1) < window.heights?.[0] - 80")  # from 10 % up
    page.keyboard.press("Space")  # pauses the film
    expect(page.locator(".st-key-templates .film-play")).to_have_text("Play")
    expect(page.get_by_test_id("stSidebar").get_by_role("button", name="Resume")).to_be_visible()
    skip = page.get_by_role("button", name="Skip")
    expect(skip).to_be_visible()
    hint = page.locator(".st-key-run-hint p")
    expect(hint).to_be_hidden()  # which speaks of Continue once the run has ended
    _in_view(page)
    expect(headline(page)).to_contain_text("Finished: 400 steps")
    paused = page.locator(".st-key-templates .film-slider").input_value()
    page.get_by_test_id("stSidebar").locator(".st-key-next button").click()
    expect(page.locator(".st-key-templates .film-slider")).not_to_have_value(paused)
    skip.click()
    expect(skip).to_be_hidden()
    expect(page.locator(".st-key-templates .film-step")).to_have_text("step 400")
    expect(hint).to_be_visible()
    raw = number(page, "Test accuracy").inner_text()

    page.get_by_role("button", name="Draw a digit").click()
    draw(page, DIGITS[4])
    answer = page.locator(".answer")
    expect(answer).not_to_be_empty()
    if answer.inner_text() != "4":
        page.get_by_role("radiogroup", name="What did you draw?").get_by_text("4", exact=True).click()
    page.get_by_role("button", name="Prepare the digits first").click()
    expect(headline(page)).to_contain_text(re.compile("directions.*Finished: 400 steps", re.DOTALL))
    expect(answer).to_have_text("4")

    open_tab(page, "Train")
    expect(page.locator(CURVES)).to_have_count(3)
    prepared = number(page, "Test accuracy").inner_text()
    expect(page.get_by_text(f"{raw} → {prepared} with the same 7,850 numbers").first).to_be_visible()
    expect(skip).to_be_hidden()  # every later run appears as it learns
