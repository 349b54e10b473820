"""Runs that last, and whose they are: through a refresh, in two tabs, on somebody else's screen, cut off."""

import re

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support.browser import (
    BEGUN,
    Visit,
    eventually,
    headline,
    number,
    press,
    press_space,
    run_id,
    settled,
    switch,
)

REFUSED = 3  # attempts to connect again that fail
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
    page.goto(f"{lab}/?epochs=50")
    _train_slowly(page)
    before, cut = _epoch(page), True
    for connection in connections:
        connection.close()
    connected = page.locator("[data-test-connection-state=CONNECTED]")
    expect(connected).to_have_count(0)
    expect(connected).to_have_count(1)
    switch(page, "Slow motion")
    expect(headline(page)).to_contain_text("Finished: 2,000 steps")
    expect(number(page, "Epoch")).to_have_text("50 of 50")
    assert before < 50
    assert (len(refused), len(connections)) == (REFUSED, 2)
