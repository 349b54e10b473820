"""Runs that last, and whose they are: through a refresh, in two tabs, on somebody else's screen, cut off."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support.browser import (
    BEGUN,
    Visit,
    eventually,
    headline,
    number,
    open_tab,
    press,
    press_space,
    run_id,
    served,
    settled,
    switch,
)

REFUSED = 3  # attempts to connect again that fail
WITHOUT_SERVER = "WebSocket onclose|already in CLOSING or CLOSED state|when disconnected from server"
COPY = "Make a copy to train on"


def _epoch(page: Page) -> float:
    return float(number(page, "Epoch").inner_text().split(" of ")[0])


def _train_slowly(page: Page) -> None:
    switch(page, "Slow motion")
    press(page, "Train")
    expect(number(page, "Epoch")).to_have_text(BEGUN)


def _watches(page: Page, epoch: str) -> None:
    """Wait until a page shows somebody else's paused run, and offers a copy in place of the controls."""
    expect(headline(page)).to_contain_text("Paused")
    expect(number(page, "Epoch")).to_have_text(epoch)
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_text("This run was begun in another browser.")).to_be_visible()
    expect(sidebar.get_by_role("button", name=COPY)).to_be_enabled()


def test_a_run_outlives_a_refresh_and_all_tabs_of_its_owner_control_it(lab: str, visit: Visit) -> None:
    page = visit(f"{lab}/?epochs=50")
    _train_slowly(page)
    before, run = _epoch(page), page.url
    page.reload()
    press(page, "Pause")
    expect(headline(page)).to_contain_text("Paused")
    held = _epoch(page)  # nothing moves it now
    assert held >= before
    assert page.url == run

    second = visit(run)
    expect(headline(second)).to_contain_text("Paused")
    press(second, "Next")
    stepped = eventually(lambda: _epoch(second), lambda epoch: epoch > held)
    assert stepped <= held + 1
    for tab in (page, second):
        expect(number(tab, "Epoch")).to_have_text(f"{stepped:.4g} of 50")
        expect(headline(tab)).to_contain_text("Paused")
    expect(number(second, "Test accuracy")).to_have_text(number(page, "Test accuracy").inner_text())
    press(second, "Resume")
    eventually(lambda: _epoch(page), lambda epoch: epoch > stepped)
    second.close()

    page.bring_to_front()
    press(page, "Train")
    page.wait_for_url(re.compile(f"run=(?!{run[-32:]})"))
    expect(headline(page)).to_contain_text("Finished")
    press(page, "Next")  # begins another one, which is paused
    expect(headline(page)).to_contain_text("Paused")
    expect(number(page, "Epoch")).to_have_text("0 of 50")  # what it reads before its first step
    press(page, "Next")
    expect(number(page, "Epoch")).to_have_text(BEGUN)
    press(page, "Stop")
    expect(headline(page)).to_contain_text("The model keeps what it learned.")
    expect(page.get_by_role("button", name="Stop")).to_be_disabled()


def test_a_second_browser_on_a_link_watches_and_whatever_it_presses_the_owners_run_goes_on(
    lab: str, visit: Visit
) -> None:
    owner = visit(f"{lab}/?epochs=10")
    press(owner, "Next")  # begins a run that is paused
    expect(headline(owner)).to_contain_text("Paused")
    expect(number(owner, "Epoch")).to_have_text("0 of 10")  # what it reads before its first step
    press(owner, "Next")
    expect(number(owner, "Epoch")).to_have_text(BEGUN)
    expect(headline(owner)).to_contain_text("Paused")
    link, held = owner.url, number(owner, "Epoch").inner_text()

    other = visit(link, person="other")
    sidebar = other.get_by_test_id("stSidebar")
    _watches(other, held)
    for name in ("Pause", "Resume", "Next", "Stop", "Continue"):
        expect(sidebar.get_by_role("button", name=name, exact=True)).to_have_count(0)
    press_space(other)
    switch(other, "Slow motion")
    switch(other, "Slow motion")
    other.get_by_role("slider", name="Learning rate").press("End")
    expect(sidebar.get_by_text("Changed since this run: learning rate 5.")).to_be_visible()
    switch(other, "Retrain on every change")
    switch(other, "Retrain on every change")
    press(other, COPY)
    expect(other.get_by_text("This is your own copy of the run.")).to_be_visible()
    expect(number(other, "Epoch")).to_have_text(held)
    assert run_id(other) != run_id(owner)
    press(other, "Continue")
    expect(headline(other)).to_contain_text("Finished")
    expect(other.locator(".st-key-accuracy .annotation-text")).to_have_text("learning rate 5")

    owner.reload()
    expect(headline(owner)).to_contain_text("Paused")
    expect(number(owner, "Epoch")).to_have_text(held)
    other.goto(link)
    _watches(other, held)
    settled(other)
    other.get_by_role("slider", name="Epochs").press("ArrowLeft")
    expect(sidebar.get_by_text("Changed since this run: 9 epochs.")).to_be_visible()
    press(owner, "Resume")
    expect(number(other, "Epoch")).not_to_have_text(held)
    press_space(other)
    press(other, "Train")
    expect(headline(other)).to_contain_text("Finished: 360 steps")
    assert run_id(other) != run_id(owner)
    expect(headline(owner)).to_contain_text("Finished: 400 steps")
    assert owner.url == link


def _person_and_run(page: Page) -> tuple[str | None, str]:
    cookies = {cookie.get("name"): cookie.get("value") for cookie in page.context.cookies()}
    return cookies["digit_lab_person"], run_id(page)


def _connect(page: Page, refuses: Callable[[list[WebSocketRoute]], bool]) -> tuple[list[WebSocketRoute], ...]:
    """Have attempts to connect refused, given those that were; return what was connected, and the refused."""
    connections, refused = list[WebSocketRoute](), list[WebSocketRoute]()

    def route(connection: WebSocketRoute) -> None:
        if refuses(refused):
            refused.append(connection)
            connection.close()
        else:
            connections.append(connection.connect_to_server())

    page.route_web_socket(re.compile(r"_stcore/stream"), route)
    return connections, refused


def _cut(page: Page, connection: WebSocketRoute) -> None:
    """Cut a page off, and wait until it has connected again."""
    connection.close()
    connected = page.locator("[data-test-connection-state=CONNECTED]")
    expect(connected).to_have_count(0)
    expect(connected).to_have_count(1)


def test_a_connection_that_is_cut_loses_no_step(lab: str, visit: Visit) -> None:
    page, cut = visit(expected=WITHOUT_SERVER), False
    connections, refused = _connect(page, lambda refused: cut and len(refused) < REFUSED)
    page.goto(f"{lab}/?epochs=50")
    _train_slowly(page)
    before, cut = _epoch(page), True
    _cut(page, connections[0])
    switch(page, "Slow motion")
    expect(headline(page)).to_contain_text("Finished: 2,000 steps")
    expect(number(page, "Epoch")).to_have_text("50 of 50")
    assert before < 50
    assert (len(refused), len(connections)) == (REFUSED, 2)


@pytest.mark.thorough
def test_a_page_comes_back_by_itself_after_its_session_was_forgotten(
    offline: Callable[[], dict[str, str]], visit: Visit
) -> None:
    """As on a laptop that was closed for five minutes, with seconds in place of minutes."""
    page, back_at = visit(expected=WITHOUT_SERVER), 0.0
    with served({**offline(), "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "1"}) as address:
        connections, _ = _connect(page, lambda _refused: time.monotonic() < back_at)
        page.goto(f"{address}/?epochs=50")
        _train_slowly(page)
        open_tab(page, "Compare")
        before, back_at = _person_and_run(page), time.monotonic() + 3
        _cut(page, connections[0])
        expect(headline(page)).to_contain_text("Finished: 2,000 steps")
        expect(page.get_by_role("tab", name="Compare", selected=True)).to_be_visible()
        expect(page.locator(".run-table tbody tr")).to_have_count(1)
        assert _person_and_run(page) == before
        page.close()
