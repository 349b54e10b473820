"""Kept drawings, in a real Chromium: for whom they are kept, their files, and a model that learns them."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mnist_core import Digits
from mnist_core.storage.drawings_zip import Drawing, drawings_from_zip, drawings_to_zip
from tests.browser.rules import PANEL, expect_access, expect_fits
from tests.support.browser import DIGITS, Stroke, Visit, draw, eventually, open_tab, run_id, settled

BLANK = "Draw a digit from 0 to 9."
NOTHING_KEPT = "Draw a digit and say what it is."
COOKIE = "digit_lab_person"
COUNT = 12


def _open_draw(page: Page) -> Page:
    open_tab(page, "Draw")
    expect(page.get_by_text(BLANK)).to_be_visible()
    return page


def _keep(page: Page, strokes: Sequence[Stroke], label: int, count: int) -> None:
    """Draw a digit and say what it is; it is then one of so many that were kept."""
    draw(page, strokes)
    expect(page.locator(".answer")).not_to_be_empty()
    settled(page)
    page.locator(".st-key-drawn_digit").get_by_text(str(label), exact=True).click()
    _expect_kept(page, count)


def _expect_kept(page: Page, count: int) -> None:
    expect(page.locator(".st-key-kept li")).to_have_count(count)


def _person(page: Page) -> str:
    """The person of the cookie, once it has come and is an id."""
    cookies = eventually(
        lambda: [cookie for cookie in page.context.cookies() if cookie.get("name") == COOKIE],
        lambda found: len(found) == 1 and bool(re.fullmatch("[0-9a-f]{32}", found[0].get("value") or "")),
    )
    assert (cookies[0].get("sameSite"), cookies[0].get("path")) == ("Strict", "/lab/")
    return str(cookies[0].get("value"))


def _add(page: Page, path: Path) -> None:
    page.get_by_role("button", name="Add from a file").click()
    page.locator("input[type=file][accept*='.zip']").set_input_files(path)


def test_kept_drawings_outlive_a_refresh_and_a_file_and_are_seen_in_all_tabs_of_a_person(
    visit: Visit, trained_address: str, tmp_path: Path
) -> None:
    page = visit()
    # A cookie that is not an id is replaced.
    page.context.add_cookies(
        [{"name": COOKIE, "value": "..%2F..%2Fsomeone", "url": trained_address.partition("?")[0]}]
    )
    page.goto(trained_address)
    _open_draw(page)
    second_tab = _open_draw(visit(trained_address))  # which has no cookie of its own yet either
    page.bring_to_front()  # a page behind another draws no frames
    _keep(page, DIGITS[3], 3, count=1)
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text(BLANK)).to_be_visible()
    second_tab.bring_to_front()
    _keep(second_tab, DIGITS[7], 1, count=2)
    person = _person(page)
    assert person not in page.url
    second_tab.close()
    page.bring_to_front()
    page.reload()
    _open_draw(page)
    _expect_kept(page, 2)
    expect(page.get_by_text("The model reads 1 of your 2 correctly.")).to_be_visible()
    assert _person(page) == person

    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.suffix == ".zip"
    assert [drawing.label for drawing in drawings_from_zip(path.read_bytes())] == [3, 1]
    page.get_by_role("button", name="a 1, read as 7").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    _expect_kept(page, 1)
    expect(page.get_by_role("button", name="a 3, read correctly")).to_be_visible()
    _add(page, path)
    expect(page.get_by_text("Added from the file: 1. Already here: 1.")).to_be_visible()
    _expect_kept(page, 2)

    page.keyboard.press("Escape")
    settled(page)
    page.get_by_role("button", name="Remove all", exact=True).click()
    page.get_by_role("button", name="Remove all 2").click()
    _expect_kept(page, 0)
    page.reload()
    expect(page.get_by_text(NOTHING_KEPT)).to_be_attached()


@pytest.fixture
def drawings(sample: Digits, tmp_path: Path) -> Path:
    """A zip of test digits lying on their side, as somebody with a strange hand may have kept them."""
    path = tmp_path / "drawings.zip"
    images, labels = sample.test.images, sample.test.labels
    path.write_bytes(
        drawings_to_zip([Drawing(images[i].T.contiguous(), int(labels[i])) for i in range(COUNT)])
    )
    return path


def test_kept_drawings_are_learned_by_keyboard_and_undone_and_everybody_can_reach_the_result(
    visit: Visit, trained_address: str, drawings: Path
) -> None:
    page = visit(trained_address)
    before = run_id(page)
    open_tab(page, "Draw")
    _add(page, drawings)
    _expect_kept(page, COUNT)
    page.keyboard.press("Escape")
    expect(page.get_by_text(f"of your {COUNT} correctly")).to_be_visible()
    settled(page)
    learn = page.get_by_role("button", name="Teach it your handwriting")
    expect(learn).to_be_enabled()
    learn.press("Enter")
    expect(page.get_by_text("so they cannot test it")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(f"^{COUNT} drawings .*%.*%"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^1,000 test digits .*%.*%"))).to_be_visible()
    page.wait_for_url(re.compile(f"run=(?!{before})"))
    learned = run_id(page)
    expect_access(page, themes=["light"])
    expect_fits(page, PANEL, 375)
    expect_fits(page, PANEL, 1440)
    page.reload()  # what was learned is still known
    expect(page.get_by_text("so they cannot test it")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Undo learning").click()
    expect(page.get_by_text(f"of your {COUNT} correctly")).to_be_visible()
    expect(page.get_by_role("button", name="Undo learning")).to_have_count(0)
    page.wait_for_url(lambda url: learned not in url)
