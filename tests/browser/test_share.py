"""Share, in a real Chromium: links that are copied, and files that are saved in the middle of a run."""

from pathlib import Path

import pytest
import safetensors.numpy
from playwright.sync_api import Page, expect

from tests.support.browser import Visit, headline, press, switch


@pytest.fixture(scope="module")
def shared_page(visit_once: Visit, lab: str) -> Page:
    """A page with a run that is held in the middle."""
    page = visit_once(f"{lab}/?epochs=50")
    switch(page, "Slow motion")
    press(page, "Train")
    press(page, "Pause")
    return page


@pytest.fixture
def page(shared_page: Page) -> Page:
    """The same with Share closed."""
    expect(headline(shared_page)).to_contain_text("Paused")
    if shared_page.get_by_test_id("stPopoverBody").is_visible():
        _share(shared_page)
    expect(shared_page.get_by_test_id("stPopoverBody")).to_be_hidden()
    return shared_page


def _share(page: Page) -> None:
    """Open Share, or close it."""
    page.get_by_role("button", name="Share").click()


def _open(page: Page) -> None:
    _share(page)
    expect(page.get_by_role("textbox", name="Link to these settings")).to_be_visible()


def _save(page: Page, button: str) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    return Path(download.value.path())


def test_model_and_curves_are_saved_in_the_middle_of_a_run(page: Page) -> None:
    epoch = page.get_by_test_id("stMetricValue").nth(2)
    _open(page)
    model = safetensors.numpy.load_file(_save(page, "Model"))
    assert model["linear.weight"].shape == (10, 784)
    first = _save(page, "Curves").read_text()
    _share(page)
    before = epoch.inner_text()
    press(page, "Step")
    expect(epoch).not_to_have_text(before)
    _open(page)
    later = _save(page, "Curves").read_text()
    assert later.startswith(first)
    assert len(later.splitlines()) > len(first.splitlines()) > 1
    assert safetensors.numpy.load_file(_save(page, "Model"))["linear.weight"].any()


@pytest.mark.parametrize("clipboard", ["over HTTPS", "over plain HTTP"])
def test_a_copied_link_leads_to_the_run(page: Page, lab: str, clipboard: str) -> None:
    _open(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    read = page.evaluate_handle("() => { const own = navigator.clipboard; return () => own.readText(); }")
    page.evaluate("navigator.clipboard.writeText('')")
    if clipboard == "over plain HTTP":
        page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copy: Link to this run").click()
    expect(page.get_by_role("status").get_by_text("Copied")).to_be_attached()
    link = page.evaluate("read => read()", read)
    assert link == f"{lab}/?run={page.url[-32:]}"


def test_share_is_reached_by_keyboard_and_next_comes_its_content(page: Page) -> None:
    page.get_by_role("button", name="Share").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Link to this run")).to_be_visible()
    copy = page.get_by_role("button", name="Copy: Link to this run")
    expect(copy).to_be_visible()  # until it is there, Tab goes on to what follows
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(copy).to_be_focused()


def test_all_of_it_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 812})
    page.wait_for_function("document.documentElement.clientWidth === 375")
    _open(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    for part in page.get_by_test_id("stPopoverBody").locator("input, button").all():
        box = part.bounding_box()
        assert box is None or (box["x"] >= 0 and box["x"] + box["width"] <= 375)
