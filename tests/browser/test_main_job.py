"""What a newcomer does: train, watch, draw, read."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import (
    DIGITS,
    Visit,
    draw,
    headline,
    number,
    open_tab,
    press,
    press_space,
    start_server,
    switch,
    usable,
)

WATCH_SHIFTS = """
    window.shift = 0;
    new PerformanceObserver(list => list.getEntries().forEach(entry => {
        if (!entry.hadRecentInput) window.shift += entry.value;
    })).observe({ type: "layout-shift", buffered: true });
"""


def test_the_first_visitor_trains_and_draws_and_finds_all_runs_after_a_ctrl_c(
    visit: Visit, offline: Callable[[], dict[str, str]]
) -> None:
    folders = offline()
    page = visit(expected="WebSocket|server|ERR_CONNECTION")
    page.add_init_script(WATCH_SHIFTS)
    server = start_server(folders)
    page.goto(server.address)
    _train_and_draw(page)
    accuracy, finished = number(page, "Test accuracy").inner_text(), page.url.partition("?")[2]
    switch(page, "Slow motion")
    press(page, "Train")
    page.wait_for_function(f"!location.search.includes('{finished[-32:]}')")
    expect(number(page, "Epoch")).to_have_text(re.compile("^0.[1-9]"))
    cut_off = page.url.partition("?")[2]
    server.stop()  # fails on an exit code or a complaint in the log
    page.close()

    server = start_server(folders)
    page = visit(f"{server.address}/?{finished}")
    expect(headline(page)).to_contain_text("Finished: 400 steps")
    assert number(page, "Test accuracy").inner_text() == accuracy
    page.goto(f"{server.address}/?{cut_off}")
    expect(headline(page)).to_contain_text(re.compile(r"Stopped after \d+ steps"))
    page.close()
    server.stop()


def _train_and_draw(page: Page) -> None:
    expect(page.get_by_text("A sample of MNIST: 4,000 to train with")).to_be_visible()
    usable(page)
    for of_the_outline in ("Test accuracy", "Batch size", "Slow motion"):
        expect(page.get_by_text(of_the_outline, exact=True)).to_have_count(1)
    page.wait_for_function("window.Plotly")  # at hand before the first curve
    press(page, "Train")
    expect(headline(page)).to_contain_text("Finished: 400 steps")
    expect(number(page, "Test accuracy")).to_have_text(re.compile(r"^9\d\.\d %$"))
    expect(page.get_by_role("img", name=re.compile("^Accuracy over the epochs: after 10"))).to_be_visible()
    expect(page.locator(".st-key-accuracy .scatterlayer .trace")).not_to_have_count(0)
    expect(page.locator(".st-key-spoken [aria-live=polite]")).to_have_text(
        re.compile("^The run has ended at epoch 10, with .* of the test digits read correctly.$")
    )
    assert page.evaluate("window.shift") < 0.02

    open_tab(page, "Draw")
    expect(page.get_by_text("Draw a digit from 0 to 9.")).to_be_visible()
    for digit, strokes in DIGITS.items():
        draw(page, strokes)
        expect(page.locator(".answer")).to_have_text(str(digit))
        page.get_by_role("button", name="Clear").click()
        expect(page.get_by_text("Draw a digit from 0 to 9.")).to_be_visible()


def test_the_page_can_be_used_while_it_learns_and_nothing_is_lost(lab: str, visit: Visit) -> None:
    page = visit(lab)
    switch(page, "Slow motion")
    press(page, "Train")
    expect(number(page, "Epoch")).to_have_text(re.compile(r"^[1-9]"))
    press_space(page)
    expect(headline(page)).to_contain_text("Paused")
    slider = page.get_by_role("slider", name="Epochs")
    slider.press("ArrowRight")
    expect(slider).to_have_value("11")
    open_tab(page, "Draw")
    draw(page, DIGITS[3])
    expect(page.locator(".answer")).not_to_be_empty()
    press_space(page)
    expect(headline(page)).to_contain_text("Training")
    switch(page, "Slow motion")
    open_tab(page, "Train")
    expect(headline(page)).to_contain_text("Finished: 400 steps")
    expect(number(page, "Epoch")).to_have_text("10 of 10")
    open_tab(page, "Draw")
    expect(page.locator(".answer")).to_have_text("3")


def test_a_newcomer_who_draws_first_sees_a_model_trained_for_them(lab: str, visit: Visit) -> None:
    page = visit(lab)
    open_tab(page, "Draw")
    expect(page.get_by_text("A model is trained for you")).to_be_visible()
    draw(page, DIGITS[7])
    expect(headline(page)).to_contain_text("Finished: 400 steps")
    expect(page.locator(".answer")).to_have_text("7")


def test_on_a_phone_the_sidebar_is_a_drawer_that_makes_way_for_the_curves(lab: str, visit: Visit) -> None:
    page = visit(f"{lab}/?epochs=2", width=375, height=812, touch=True)
    sidebar = page.get_by_test_id("stSidebar")
    settings = page.get_by_role("button", name="Settings and training")
    expect(sidebar.get_by_role("button", name="Train", exact=True)).not_to_be_in_viewport()
    settings.tap()
    expect(sidebar.get_by_role("button", name="Train", exact=True)).to_be_in_viewport()
    page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").tap()
    expect(sidebar.get_by_role("button", name="Train", exact=True)).not_to_be_in_viewport()
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)  # Share is in the same corner
    settings.tap()
    sidebar.get_by_role("button", name="Train", exact=True).tap()
    expect(headline(page)).to_contain_text("Finished: 80 steps")
    expect(sidebar.get_by_role("button", name="Train", exact=True)).not_to_be_in_viewport()
    expect(page.locator(".st-key-accuracy .nsewdrag")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 375
