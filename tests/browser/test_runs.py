"""Runs that last: through a refresh, a cut connection and another server, and under the person's control."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

APP = Path(__file__).parents[2] / "streamlit_app.py"
LIMIT = 60_000  # milliseconds; for a busy machine
CUT = 5.0  # seconds without a connection

Serve = Callable[..., str]
Visit = Callable[..., Page]


def _number(page: Page, label: str) -> Locator:
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def _epoch(page: Page) -> float:
    text = _number(page, "Epoch").inner_text()
    return float(text.split(" of ")[0])


def _press(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("button", name=name, exact=True).click(timeout=LIMIT)


def _train_slowly(page: Page, seen: str = "^[2-9]") -> None:
    page.get_by_test_id("stSidebar").get_by_text("Slow motion").click()
    _press(page, "Train")
    expect(_number(page, "Epoch")).to_have_text(re.compile(seen), timeout=LIMIT)


def test_a_refresh_in_the_middle_of_a_run_shows_the_same_run_further_on(lab: str, visit: Visit) -> None:
    page = visit(lab)
    _train_slowly(page)
    before, run = _epoch(page), page.url
    page.reload()
    expect(_number(page, "Epoch")).to_have_text(re.compile(r"of 10$"), timeout=LIMIT)
    assert _epoch(page) >= before
    assert page.url == run
    expect(page.get_by_text("Finished: 400 steps")).to_be_visible(timeout=LIMIT)


def test_a_second_tab_shows_the_same_run_and_what_the_first_does_to_it(lab: str, visit: Visit) -> None:
    page = visit(f"{lab}/?epochs=50")
    _train_slowly(page, "of 50$")
    second = visit(page.url)
    expect(_number(second, "Epoch")).to_have_text(re.compile("of 50$"), timeout=LIMIT)
    _press(page, "Pause")
    _press(second, "Resume")
    for tab in (page, second):
        expect(tab.get_by_text("Finished: 2,000 steps")).to_be_visible(timeout=LIMIT)
    assert _number(second, "Test accuracy").inner_text() == _number(page, "Test accuracy").inner_text()


def test_a_connection_that_is_cut_for_some_seconds_loses_no_step(lab: str, visit: Visit) -> None:
    page = visit(expected="WebSocket onclose|when disconnected from server")
    connections: list[WebSocketRoute] = []
    up_again = 0.0

    def route(connection: WebSocketRoute) -> None:
        if time.monotonic() < up_again:
            connection.close()
            return
        connection.connect_to_server()
        connections.append(connection)

    page.route_web_socket(re.compile(r"_stcore/stream"), route)
    page.goto(lab)
    _train_slowly(page)
    before = _epoch(page)
    up_again = time.monotonic() + CUT
    for connection in connections:
        connection.close()
    expect(page.get_by_text("Finished: 400 steps")).to_be_visible(timeout=LIMIT)
    assert len(connections) > 1
    assert _epoch(page) == 10 > before


def test_pause_holds_the_run_still_and_step_adds_one_report(lab: str, visit: Visit) -> None:
    page = visit(lab)
    _train_slowly(page)
    _press(page, "Pause")
    expect(page.get_by_text("Paused")).to_be_visible(timeout=LIMIT)
    held = _epoch(page)
    _press(page, "Step")
    expect(_number(page, "Epoch")).to_have_text(f"{held + 0.5:.4g} of 10", timeout=LIMIT)
    expect(page.get_by_text("Paused")).to_be_visible(timeout=LIMIT)
    _press(page, "Resume")
    expect(page.get_by_text("Finished: 400 steps")).to_be_visible(timeout=LIMIT)


def test_a_finished_run_is_continued_with_the_settings_of_the_moment(lab: str, visit: Visit) -> None:
    page = visit(f"{lab}/?epochs=2")
    _press(page, "Train")
    expect(page.get_by_text("Finished: 80 steps")).to_be_visible(timeout=LIMIT)
    page.get_by_role("slider", name="Learning rate").press("ArrowRight")
    _press(page, "Continue")
    expect(page.get_by_text("Finished: 160 steps")).to_be_visible(timeout=LIMIT)
    expect(_number(page, "Epoch")).to_have_text("4 of 4")
    expect(page.get_by_text("learning rate 0.02").first).to_be_visible()


def test_a_run_is_there_on_another_server_with_the_same_folder(
    serve: Serve, visit: Visit, offline: Callable[[], dict[str, str]]
) -> None:
    places = offline()
    page = visit(serve(APP, **places))
    _press(page, "Train")
    expect(page.get_by_text("Finished: 400 steps")).to_be_visible(timeout=LIMIT)
    accuracy, run = _number(page, "Test accuracy").inner_text(), page.url.partition("?")[2]
    page.close()
    other = visit(f"{serve(APP, **places)}/?{run}")
    expect(other.get_by_text("Finished: 400 steps")).to_be_visible(timeout=LIMIT)
    assert _number(other, "Test accuracy").inner_text() == accuracy


@pytest.mark.parametrize("identity", ["0" * 32, "../../etc/passwd", "%00", "<b>bold</b>"])
def test_a_run_that_is_not_there_is_said_kindly(lab: str, visit: Visit, identity: str) -> None:
    page = visit(f"{lab}/?run={identity}")
    expect(page.get_by_text("The run in this link")).to_be_visible(timeout=LIMIT)
    _press(page, "Train")
    expect(page.get_by_text("Finished: 400 steps")).to_be_visible(timeout=LIMIT)
    expect(page.get_by_text("The run in this link")).to_be_hidden()
