"""Going back to a run: with the browser's Back and Forward, by the cookie, and from the list."""

import re

from playwright.sync_api import Page, expect

from tests.support.browser import Visit, headline, open_tab, press, run_id, switch


def _expect_first(page: Page, run: str = "") -> None:
    """Wait until the first run and its settings are shown."""
    expect(headline(page)).to_contain_text("learning rate 0.01 · 1 epoch")
    expect(headline(page)).to_contain_text("Finished: 40 steps")
    expect(page.get_by_role("slider", name="Learning rate")).to_have_attribute("aria-valuetext", "0.01")
    expect(page.get_by_role("slider", name="Epochs")).to_have_value("1")
    page.wait_for_url(re.compile(f"run={run}"))


def _expect_second(page: Page, words: str, run: str) -> None:
    """Wait until the second run, of which the page then says this, and its settings are shown."""
    expect(headline(page)).to_contain_text("learning rate 0.02 · 50 epochs")
    expect(headline(page)).to_contain_text(words)
    expect(page.get_by_role("slider", name="Learning rate")).to_have_attribute("aria-valuetext", "0.02")
    expect(page.get_by_role("slider", name="Epochs")).to_have_value("50")
    page.wait_for_url(re.compile(f"run={run}"))


def test_runs_are_found_again_by_back_and_forward_by_the_cookie_and_in_the_list(
    lab: str, visit: Visit
) -> None:
    page = visit(f"{lab}/?run=<b>bold</b>%00&epochs=1")
    expect(page.get_by_text("The run in this link")).to_be_visible()
    press(page, "Train")
    _expect_first(page)
    expect(page.get_by_text("The run in this link")).to_be_hidden()
    first = run_id(page)
    page.get_by_role("slider", name="Learning rate").press("ArrowRight")
    expect(page.get_by_text("Changed since this run: learning rate 0.02.")).to_be_visible()
    page.get_by_role("slider", name="Epochs").press("End")
    expect(page.get_by_text("Changed since this run: learning rate 0.02, 50 epochs.")).to_be_visible()
    switch(page, "Slow motion")
    press(page, "Train")
    page.wait_for_url(re.compile(f"run=(?!{first})"))
    second, length = run_id(page), page.evaluate("history.length")

    _expect_second(page, "Training, about", second)
    page.go_back()  # a moment after the click on Train
    _expect_first(page, first)
    page.go_forward()
    _expect_second(page, "Training, about", second)
    switch(page, "Slow motion")
    _expect_second(page, "Finished: 2,000 steps", second)
    page.go_back()
    _expect_first(page, first)
    page.go_forward()
    _expect_second(page, "Finished: 2,000 steps", second)
    assert page.evaluate("history.length") == length
    page.close()

    page = visit(lab)
    expect(page.get_by_text("This is your most recent run.")).to_be_visible()
    _expect_second(page, "Finished: 2,000 steps", second)
    press(page, "My runs")
    page.get_by_role("button", name="learning rate 0.01 · 1 epoch").click()
    _expect_first(page, first)
    page.go_back()
    _expect_second(page, "Finished: 2,000 steps", second)

    stranger = visit(lab, person="other")
    expect(headline(stranger)).to_contain_text("Not trained yet")


def test_back_and_forward_through_five_addresses(lab: str, visit: Visit) -> None:
    page = visit(f"{lab}/?epochs=1")
    press(page, "Train")
    _expect_first(page)
    open_tab(page, "Compare")
    page.wait_for_url(re.compile("compare="))
    page.locator(".st-key-curve_quantity").get_by_text("loss").click()
    page.wait_for_url(re.compile("curves=loss"))
    page.locator(".st-key-compare_view").get_by_text("Map").click()
    page.wait_for_url(re.compile("map=new"))
    open_tab(page, "Learn")
    expect(page.locator(".st-key-learn-list")).to_be_visible()
    page.get_by_role("button", name="How it works").click()
    page.wait_for_url(re.compile("learn=lesson"))
    length = page.evaluate("history.length")

    chosen = page.locator("[aria-checked=true], [data-testid=stBaseButton-segmented_controlActive]")
    shown = [  # from the last address to the first that shows the run
        page.locator(".st-key-learn").get_by_role("heading", name="Four inputs"),
        page.locator(".st-key-learn-list"),
        page.locator(".st-key-curve_quantity").locator(chosen).get_by_text("loss"),
        page.locator(".st-key-curve_quantity").locator(chosen).get_by_text("accuracy"),
    ]
    keys = ["learn=lesson", "map=new", "curves=loss", "compare=(?!.*curves)"]
    expect(shown[0]).to_be_visible()
    for place in (1, 2, 3, 2, 1, 0):
        before = keys.index(next(key for key in keys if re.search(key, page.url)))
        (page.go_back if place > before else page.go_forward)()
        page.wait_for_url(re.compile(keys[place]))
        expect(shown[place]).to_be_visible()
        expect(headline(page)).to_contain_text("Finished: 40 steps")
    assert page.evaluate("history.length") == length
