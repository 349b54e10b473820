"""What a newcomer does: train, watch, draw, read."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.rules import WATCH, expect_calm, watch
from tests.browser.test_chart import x_range, zoom
from tests.support.browser import (
    BEGUN,
    DIGITS,
    Visit,
    draw,
    headline,
    number,
    open_tab,
    press,
    press_space,
    run_id,
    settled,
    start_server,
    switch,
    usable,
)

CURVES = {f".st-key-{key} .scatterlayer .trace path.js-line": 1 for key in ("accuracy", "loss")}


def test_the_first_visitor_trains_and_draws_and_finds_all_runs_after_a_ctrl_c(
    visit: Visit, offline: Callable[[], dict[str, str]]
) -> None:
    folders = offline()
    page = visit(expected="WebSocket|server|ERR_CONNECTION")
    page.add_init_script(f"({WATCH})()")
    server = start_server(folders)
    page.goto(f"{server.address}/?preprocessing=directions")
    _train_and_draw(page)
    accuracy, finished = number(page, "Test accuracy").inner_text(), run_id(page)
    settled(page)
    epochs = page.get_by_role("slider", name="Epochs")
    epochs.press("End")
    expect(epochs).to_have_value("50")
    switch(page, "Slow motion")
    press(page, "Train")
    page.wait_for_url(re.compile(f"run=(?!{finished})"))
    expect(number(page, "Epoch")).to_have_text(re.compile(f"{BEGUN.pattern}.*of 50"))
    cut_off = run_id(page)
    server.stop()  # fails on an exit code or a complaint in the log
    page.close()

    server = start_server(folders)
    page = visit(f"{server.address}/?run={finished}")
    expect(headline(page)).to_contain_text("Finished: 400 steps")
    expect(number(page, "Test accuracy")).to_have_text(accuracy)
    page.goto(f"{server.address}/?run={cut_off}")
    expect(headline(page)).to_contain_text(re.compile(r"Stopped after \d+ steps?"))
    page.close()
    server.stop()


def _train_and_draw(page: Page) -> None:
    expect(page.get_by_text("A sample of MNIST: 4,000 to train with")).to_be_visible()
    usable(page)
    for label in ("Test accuracy", "Batch size", "Slow motion"):
        expect(page.get_by_text(label, exact=True)).to_have_count(1)
    page.wait_for_function("window.Plotly")  # at hand before the first curve
    press(page, "Train")
    expect(headline(page)).to_contain_text("Finished: 400 steps")
    expect(number(page, "Test accuracy")).to_have_text(re.compile(r"^9\d\.\d %$"))
    expect(page.get_by_role("img", name=re.compile("^Accuracy over the epochs: after 10"))).to_be_visible()
    expect(page.locator(".st-key-accuracy .scatterlayer .trace")).not_to_have_count(0)
    expect(page.locator(".st-key-spoken [aria-live=polite]")).to_have_text(
        re.compile("^The run has ended at epoch 10, with .* of the test digits read correctly.$")
    )
    expect_calm(page)

    open_tab(page, "Draw")
    for digit in (2, 4, 7):
        expect(page.get_by_text("Draw a digit from 0 to 9.")).to_be_visible()
        draw(page, DIGITS[digit])
        expect(page.locator(".answer")).to_have_text(str(digit))
        page.get_by_role("button", name="Clear").click()


def test_a_run_is_watched_frame_by_frame_and_the_page_used_meanwhile(lab: str, visit: Visit) -> None:
    page = visit(f"{lab}/?epochs=50&learning_rate=0.1&preprocessing=directions")
    switch(page, "Slow motion")
    press(page, "Train")
    for curve in CURVES:
        expect(page.locator(curve).first).to_be_visible()
    watch(page, CURVES)
    zoomed = zoom(page, "accuracy")
    expect(number(page, "Epoch")).to_have_text(re.compile(r"^([2-9]|\d\d)"))
    switch(page, "Slow motion")
    expect(headline(page)).to_contain_text("Finished: 2,000 steps")
    expect_calm(page, frames=50)
    assert x_range(page, "accuracy") == zoomed

    switch(page, "Slow motion")
    press(page, "Train")
    expect(headline(page)).to_contain_text("Training")
    page.keyboard.press("Space")  # right after the click, which leaves no button focused
    expect(headline(page)).to_contain_text("Paused")
    slider = page.get_by_role("slider", name="Epochs")
    slider.press("ArrowLeft")
    expect(slider).to_have_value("49")
    open_tab(page, "Draw")
    draw(page, DIGITS[3])
    expect(page.locator(".answer")).not_to_be_empty()
    press_space(page)
    expect(headline(page)).to_contain_text("Training")
    switch(page, "Slow motion")
    open_tab(page, "Train")
    expect(headline(page)).to_contain_text("Finished: 2,000 steps")
    expect(number(page, "Epoch")).to_have_text("50 of 50")
    open_tab(page, "Draw")
    expect(page.locator(".answer")).to_have_text("3")


def test_a_newcomer_who_draws_first_sees_a_model_trained_for_them(lab: str, visit: Visit) -> None:
    page = visit(lab)
    open_tab(page, "Draw")
    expect(page.get_by_text("A model is trained for you")).to_be_visible()
    draw(page, DIGITS[7])
    expect(headline(page)).to_contain_text("Finished: 400 steps")
    expect(page.locator(".answer")).to_have_text("7")
