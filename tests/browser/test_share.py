"""Share, in a real Chromium: links that are copied, and files that are saved in the middle of a run."""

import re
from pathlib import Path

import safetensors.numpy
from playwright.sync_api import Page, Route, expect

from tests.support.browser import Visit, eventually, headline, number, press, run_id

CONTROLS = re.compile(r"/(Slider|NumberInput|Checkbox|ButtonGroup)\.[\w-]+\.js$")  # their code

# All that is announced as copied, each for two seconds.
HEAR = """places => {
    window.told = [];
    for (const place of places)
        new MutationObserver(() => { if (place.textContent === "Copied") window.told.push(place); })
            .observe(place, { childList: true });
}"""


def _share(page: Page) -> None:
    """Open Share with the keyboard."""
    page.get_by_role("button", name="Share").press("Enter")
    expect(page.get_by_role("textbox", name="Link to these settings")).to_be_visible()


def _save(page: Page, button: str) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    return Path(download.value.path())


def _step(page: Page) -> None:
    """Go to the next report of a run that is paused."""
    before = number(page, "Epoch").inner_text()
    press(page, "Next")
    expect(number(page, "Epoch")).not_to_have_text(before)
    expect(headline(page)).to_contain_text("Paused")


def test_links_are_copied_and_files_saved_in_the_middle_of_a_run_by_keyboard_too(
    lab: str, visit: Visit
) -> None:
    page = visit(f"{lab}/?epochs=50")
    press(page, "Next")  # begins a run that is paused
    expect(headline(page)).to_contain_text("Paused")
    expect(number(page, "Epoch")).to_have_text("0 of 50")  # what it reads before its first step
    _step(page)

    _share(page)
    copy = page.get_by_role("button", name="Copy: Link to this run")
    expect(copy).to_be_visible()  # until it is there, Tab goes on to what follows
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(copy).to_be_focused()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    read = page.evaluate_handle("() => { const own = navigator.clipboard; return () => own.readText(); }")
    page.get_by_role("status").evaluate_all(HEAR)
    link = f"{lab}/?run={run_id(page)}"
    for over_plain_http in (False, True):
        page.evaluate("navigator.clipboard.writeText('')")
        if over_plain_http:
            page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        copy.click()
        page.wait_for_function("told => window.told.length > told", arg=int(over_plain_http))
        eventually(lambda: page.evaluate("read => read()", read), lambda copied: copied == link)

    model = safetensors.numpy.load_file(_save(page, "Model"))
    assert model["linear.weight"].shape == (10, 784)
    first = _save(page, "Curves").read_text()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stPopoverBody")).to_be_hidden()
    _step(page)
    _share(page)
    later = _save(page, "Curves").read_text()
    assert later.startswith(first)
    assert len(later.splitlines()) > len(first.splitlines()) > 1
    assert safetensors.numpy.load_file(_save(page, "Model"))["linear.weight"].any()


def test_a_link_keeps_its_settings_although_train_is_pressed_before_the_sliders_are_there(
    lab: str, visit: Visit
) -> None:
    """As over a slow connection: the run that began had them, and the sliders then showed the defaults."""
    page, late = visit(), list[Route]()
    page.route(CONTROLS, lambda request: late.append(request))
    page.goto(
        f"{lab}/?batch_size=200&learning_rate=0.5&epochs=3&seed=7&validation=true&preprocessing=moments"
    )
    press(page, "Train")
    run = run_id(page)
    assert len(late) == 4
    for request in late:
        request.continue_()
    rate = page.get_by_role("slider", name="Learning rate")
    expect(rate).to_have_attribute("aria-valuetext", "0.5")
    expect(headline(page)).to_contain_text("Finished")
    press(page, "Train")
    page.wait_for_url(lambda address: "run=" in address and run not in address)
    expect(headline(page)).to_contain_text("moments · batch 200 · learning rate 0.5 · 3 epochs · seed 7")
    expect(headline(page)).to_contain_text("500 digits held out")
