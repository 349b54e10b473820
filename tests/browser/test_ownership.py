"""Whose run it is: only the browser that began a run controls it; another one watches, and copies."""

from playwright.sync_api import Page, expect

from tests.support.browser import Visit, headline, number, press, press_space, settled, switch

COPY = "Make a copy to train on"


def _run(page: Page) -> str:
    return page.url[-32:]


def _watches(page: Page, epoch: str) -> None:
    """Wait until a page shows somebody else's paused run, and offers a copy in place of the controls."""
    expect(headline(page)).to_contain_text("Paused")
    expect(number(page, "Epoch")).to_have_text(epoch)
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_text("This run was begun in another browser.")).to_be_visible()
    expect(sidebar.get_by_role("button", name=COPY)).to_be_enabled()


def test_a_second_browser_on_a_link_watches_and_whatever_it_presses_the_owners_run_goes_on(
    lab: str, visit: Visit
) -> None:
    owner = visit(f"{lab}/?epochs=10")
    switch(owner, "Slow motion")
    press(owner, "Train")
    press(owner, "Pause")
    expect(headline(owner)).to_contain_text("Paused")
    link, held = owner.url, number(owner, "Epoch").inner_text()

    other = visit(link, person="other")
    sidebar = other.get_by_test_id("stSidebar")
    _watches(other, held)
    for name in ("Pause", "Resume", "Step", "Stop", "Continue"):
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
    assert _run(other) != _run(owner)
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
    assert _run(other) != _run(owner)
    switch(owner, "Slow motion")
    expect(headline(owner)).to_contain_text("Finished: 400 steps")
    assert owner.url == link
