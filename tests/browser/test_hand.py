"""Teach it your handwriting, in a real Chromium: learn from kept drawings, see what changed, and go back."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mnist_core import Digits
from mnist_core.storage.drawings_zip import Drawing, drawings_to_zip
from tests.browser.test_access import PANEL, _severe
from tests.support.browser import Visit, open_tab, settled

COUNT = 12


@pytest.fixture
def drawings(sample: Digits, tmp_path: Path) -> Path:
    """A zip of test digits lying on their side, as somebody with strange handwriting may have kept them."""
    path = tmp_path / "drawings.zip"
    images, labels = sample.test.images, sample.test.labels
    path.write_bytes(
        drawings_to_zip([Drawing(images[i].T.contiguous(), int(labels[i])) for i in range(COUNT)])
    )
    return path


def _keep(page: Page, path: Path) -> None:
    open_tab(page, "Draw")
    page.get_by_role("button", name="Add from a file").click()
    page.locator("input[type=file][accept*='.zip']").set_input_files(path)
    expect(page.locator(".st-key-kept li")).to_have_count(COUNT)
    page.keyboard.press("Escape")
    settled(page)


def _learn(page: Page) -> None:
    expect(page.get_by_role("button", name="Learn my handwriting")).to_be_enabled()
    page.get_by_role("button", name="Learn my handwriting").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("so they cannot test it")).to_be_visible()


def _fits(page: Page, width: int) -> bool:
    table = page.get_by_role("table").bounding_box()
    assert table is not None
    page_width: int = page.evaluate("document.documentElement.scrollWidth")
    return page_width == width and table["x"] + table["width"] <= width


def test_kept_drawings_are_learned_by_keyboard_and_undone_and_everybody_can_reach_the_result(
    visit: Visit, trained_address: str, drawings: Path
) -> None:
    page = visit(trained_address)
    before = page.url
    _keep(page, drawings)
    expect(page.get_by_text(f"of your {COUNT} correctly")).to_be_visible()
    _learn(page)
    settled(page)
    expect(page.get_by_role("row", name=re.compile(f"^{COUNT} drawings .*%.*%"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^1,000 test digits .*%.*%"))).to_be_visible()
    taught = re.search("run=([0-9a-f]{32})", page.url)
    assert taught is not None
    assert taught.group() not in before
    assert _severe(page, PANEL) == []
    assert _fits(page, 1440)
    page.reload()  # what was learned is still known
    expect(page.get_by_text("so they cannot test it")).to_be_visible()
    page.get_by_role("button", name="Undo learning").click()
    expect(page.get_by_text(f"of your {COUNT} correctly")).to_be_visible()
    expect(page.get_by_role("button", name="Undo learning")).to_have_count(0)
    page.wait_for_url(lambda url: taught.group() not in url)


def test_the_result_fits_a_phone_and_can_be_reached_there(
    visit: Visit, trained_address: str, drawings: Path
) -> None:
    page = visit(trained_address, width=375, height=812, touch=True)
    _keep(page, drawings)
    _learn(page)
    settled(page)
    assert _severe(page, PANEL, dark=False) == []  # a phone has the same colours
    assert _fits(page, 375)
