"""Share, in a real Chromium: links that are copied, files that are saved, a model that is brought."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.numpy
from playwright.sync_api import Page, expect

from mnist_core import Preprocessing, SoftmaxRegressor
from mnist_core.model_file import save_model

LIMIT = 60_000  # milliseconds; for a busy machine

Visit = Callable[..., Page]


def _begin_and_pause(page: Page) -> None:
    page.get_by_text("Slow motion", exact=True).click(timeout=LIMIT)
    page.locator(".st-key-train_here button").click(timeout=LIMIT)
    page.get_by_role("button", name="Pause").click(timeout=LIMIT)
    expect(page.get_by_text("Paused", exact=True)).to_be_visible(timeout=LIMIT)


def _open(page: Page) -> None:
    page.get_by_role("button", name="Share").click(timeout=LIMIT)
    expect(page.get_by_role("textbox", name="Link to these settings")).to_be_visible()


def _save(page: Page, button: str) -> Path:
    with page.expect_download(timeout=LIMIT) as download:
        page.get_by_role("button", name=button, exact=True).click()
    return Path(download.value.path())


def test_model_and_curves_are_saved_in_the_middle_of_a_run(visit: Visit, lab: str) -> None:
    page = visit(f"{lab}/?epochs=50")
    _begin_and_pause(page)
    _open(page)
    model = safetensors.numpy.load_file(_save(page, "Model"))
    assert model["linear.weight"].shape == (10, 784)
    assert model["linear.weight"].any()
    first = _save(page, "Curves").read_text()
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Step").click()
    _open(page)
    expect(page.get_by_text("Paused", exact=True)).to_be_visible(timeout=LIMIT)
    later = _save(page, "Curves").read_text()
    assert later.startswith(first)
    assert len(later.splitlines()) > len(first.splitlines()) > 1


@pytest.mark.parametrize("clipboard", ["over HTTPS", "over plain HTTP"])
def test_a_copied_link_leads_to_the_run(visit: Visit, lab: str, clipboard: str) -> None:
    page = visit(lab)
    _begin_and_pause(page)
    _open(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    read = page.evaluate_handle("() => { const own = navigator.clipboard; return () => own.readText(); }")
    if clipboard == "over plain HTTP":
        page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copy: Link to this run").click()
    expect(page.get_by_role("status").get_by_text("Copied")).to_be_attached()
    link = page.evaluate("read => read()", read)
    assert link.startswith(f"{lab}?run=")

    theirs = visit(link)
    expect(theirs.get_by_text("Paused", exact=True)).to_be_visible(timeout=LIMIT)
    for shown in (page, theirs):
        assert re.search(r"run=(\w{32})", shown.url)[1] == link[-32:]  # type: ignore[index]


def test_a_model_that_was_saved_can_be_brought_back(visit: Visit, lab: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    save_model(path, SoftmaxRegressor(Preprocessing.RAW))
    page = visit(lab)
    _open(page)
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_text("The model from the file is shown now.")).to_be_visible(timeout=LIMIT)
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("10.0 %")
    expect(page.locator(".st-key-preprocessing").get_by_role("radio", checked=True)).to_have_text("raw")


def test_share_is_reached_by_keyboard_and_next_comes_its_content(visit: Visit, lab: str) -> None:
    page = visit(lab)
    share = page.get_by_role("button", name="Share")
    expect(share).to_be_visible(timeout=LIMIT)
    share.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Link to these settings")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Copy: Link to these settings")).to_be_focused()


def test_all_of_it_fits_a_phone(visit: Visit, lab: str) -> None:
    page = visit(lab, width=375, height=812, touch=True)
    _open(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    for part in page.get_by_test_id("stPopoverBody").locator("input, button").all():
        box = part.bounding_box()
        assert box is None or (box["x"] >= 0 and box["x"] + box["width"] <= 375)
