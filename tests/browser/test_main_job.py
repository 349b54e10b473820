"""What a newcomer does: train, watch, draw, read."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.strokes import DIGITS, draw

APP = Path(__file__).parents[2] / "streamlit_app.py"
LIMIT = 60_000  # milliseconds; for a busy machine

Serve = Callable[..., str]
Visit = Callable[..., Page]


def _number(page: Page, label: str) -> Locator:
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def _train(page: Page) -> None:
    page.get_by_test_id("stSidebar").get_by_role("button", name="Train", exact=True).click()


def _slow_motion(page: Page) -> None:
    page.get_by_test_id("stSidebar").get_by_text("Slow motion").click()


def test_a_newcomer_trains_and_draws_and_is_read(lab: str, visit: Visit) -> None:
    page = visit(lab)
    expect(page.get_by_text("A sample of MNIST: 4,000 to learn from")).to_be_visible(timeout=LIMIT)
    for of_the_outline in ("Test accuracy", "Batch size", "Slow motion"):
        expect(page.get_by_text(of_the_outline, exact=True)).to_have_count(1)
    page.wait_for_function("window.Plotly", timeout=LIMIT)  # at hand before the first curve
    page.get_by_test_id("stMain").get_by_role("button", name="Train", exact=True).click(timeout=LIMIT)
    expect(page.get_by_text("Finished: 400 steps")).to_be_visible(timeout=LIMIT)
    expect(_number(page, "Test accuracy")).to_have_text(re.compile(r"^(8|9)\d\.\d %$"))
    expect(page.get_by_role("img", name=re.compile("^Accuracy over the epochs: after 10"))).to_be_visible()
    expect(page.locator(".st-key-spoken [aria-live=polite]")).to_have_text(
        re.compile("^The run has ended at epoch 10, with .* of the test digits read right.$")
    )

    page.get_by_role("tab", name="Draw").click()
    expect(page.get_by_text("Draw a digit from 0 to 9.")).to_be_visible()
    for digit, strokes in DIGITS.items():
        draw(page, strokes)
        expect(page.locator(".answer")).to_have_text(str(digit), timeout=LIMIT)
        page.get_by_role("button", name="Clear").click()
        expect(page.get_by_text("Draw a digit from 0 to 9.")).to_be_visible(timeout=LIMIT)


def test_the_page_can_be_used_while_it_learns_and_nothing_is_lost(lab: str, visit: Visit) -> None:
    page = visit(lab)
    _slow_motion(page)
    _train(page)
    expect(_number(page, "Epoch")).to_have_text(re.compile(r"^[1-9]"), timeout=LIMIT)
    slider = page.get_by_role("slider", name="Epochs")
    slider.press("ArrowRight")
    expect(slider).to_have_value("11")
    page.get_by_role("tab", name="Draw").click()
    draw(page, DIGITS[3])
    expect(page.locator(".answer")).to_be_visible(timeout=LIMIT)
    page.get_by_role("tab", name="Train").click()
    expect(page.get_by_text("Finished: 400 steps")).to_be_visible(timeout=LIMIT)
    expect(_number(page, "Epoch")).to_have_text("10 of 10")
    page.get_by_role("tab", name="Draw").click()
    expect(page.locator(".answer")).to_have_text("3")


def test_two_people_train_at_once_and_neither_sees_the_other(lab: str, visit: Visit) -> None:
    one, other = visit(lab), visit(f"{lab}/?epochs=9&learning_rate=0.5")
    for page in (one, other):
        _slow_motion(page)
        _train(page)
    expect(_number(one, "Epoch")).to_have_text(re.compile(r"of 10$"), timeout=LIMIT)
    expect(_number(other, "Epoch")).to_have_text(re.compile(r"of 9$"), timeout=LIMIT)
    expect(one.get_by_text("Finished: 400 steps")).to_be_visible(timeout=LIMIT)
    expect(other.get_by_text("Finished: 360 steps")).to_be_visible(timeout=LIMIT)


def test_a_run_can_be_stopped_and_keeps_what_it_learned(lab: str, visit: Visit) -> None:
    page = visit(f"{lab}/?epochs=50")
    _slow_motion(page)
    _train(page)
    expect(_number(page, "Epoch")).to_have_text(re.compile(r"^[1-9]"), timeout=LIMIT)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("what was learned is kept")).to_be_visible(timeout=LIMIT)
    expect(_number(page, "Test accuracy")).to_have_text(re.compile(r"%$"))
    expect(page.get_by_role("button", name="Stop")).to_be_disabled()


def test_ctrl_c_in_the_middle_of_a_run_ends_the_server_cleanly(
    serve: Serve, offline: Callable[[], dict[str, str]], visit: Visit
) -> None:
    page = visit(f"{serve(APP, **offline())}/?epochs=50")
    _slow_motion(page)
    _train(page)
    # The fixture that serves the page now interrupts the server, and fails on an exit code or a complaint.
    expect(_number(page, "Epoch")).to_have_text(re.compile(r"of 50$"), timeout=LIMIT)
