"""Runs that last: through a refresh and a cut connection, and under the person's control."""

import re

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support.browser import Visit, headline, number, press, switch

REFUSED = 3  # attempts to connect again that fail


def _epoch(page: Page) -> float:
    return float(number(page, "Epoch").inner_text().split(" of ")[0])


def _train_slowly(page: Page, seen: str) -> None:
    switch(page, "Slow motion")
    press(page, "Train")
    expect(number(page, "Epoch")).to_have_text(re.compile(seen))


def test_a_run_outlives_a_refresh_and_all_tabs_of_its_owner_control_it(lab: str, visit: Visit) -> None:
    page = visit(f"{lab}/?epochs=50")
    _train_slowly(page, "^[2-9]")
    before, run = _epoch(page), page.url
    page.reload()
    press(page, "Pause")
    expect(headline(page)).to_contain_text("Paused")
    held = _epoch(page)
    assert held >= before
    assert page.url == run

    second = visit(run)
    expect(headline(second)).to_contain_text("Paused")
    press(second, "Step")
    expect(number(second, "Epoch")).not_to_have_text(f"{held:.4g} of 50")
    stepped = _epoch(second)
    assert held < stepped <= held + 1
    for tab in (page, second):
        expect(number(tab, "Epoch")).to_have_text(f"{stepped:.4g} of 50")
        expect(headline(tab)).to_contain_text("Paused")
    assert number(second, "Test accuracy").inner_text() == number(page, "Test accuracy").inner_text()
    press(second, "Resume")
    expect(number(page, "Epoch")).not_to_have_text(f"{stepped:.4g} of 50")

    switch(page, "Slow motion")
    press(page, "Train")
    page.wait_for_url(re.compile(f"run=(?!{run[-32:]})"))
    press(page, "Stop")
    expect(headline(page)).to_contain_text("The model keeps what it learned.")
    expect(page.get_by_role("button", name="Stop")).to_be_disabled()


def test_a_connection_that_is_cut_loses_no_step(lab: str, visit: Visit) -> None:
    page = visit(expected="WebSocket onclose|when disconnected from server")
    connections: list[WebSocketRoute] = []
    refused: list[WebSocketRoute] = []
    cut = False

    def route(connection: WebSocketRoute) -> None:
        if cut and len(refused) < REFUSED:
            refused.append(connection)
            connection.close()
            return
        connection.connect_to_server()
        connections.append(connection)

    page.route_web_socket(re.compile(r"_stcore/stream"), route)
    page.goto(lab)
    _train_slowly(page, "^[2-9]")
    before, cut = _epoch(page), True
    for connection in connections:
        connection.close()
    connected = page.locator("[data-test-connection-state=CONNECTED]")
    expect(connected).to_have_count(0)
    expect(connected).to_have_count(1)
    switch(page, "Slow motion")
    expect(headline(page)).to_contain_text("Finished: 400 steps")
    assert (len(refused), len(connections)) == (REFUSED, 2)
    assert _epoch(page) == 10 > before


def test_a_run_that_is_not_there_is_said_kindly(lab: str, visit: Visit) -> None:
    page = visit(f"{lab}/?run=<b>bold</b>%00&epochs=2")
    expect(page.get_by_text("The run in this link")).to_be_visible()
    press(page, "Train")
    expect(headline(page)).to_contain_text("Finished: 80 steps")
    expect(page.get_by_text("The run in this link")).to_be_hidden()
