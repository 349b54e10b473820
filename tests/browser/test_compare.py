"""The tab Compare in a browser: with the keyboard, on a phone, over a refresh, and between two people."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.lab.job_files import save_job
from dashboard.lab.job_list import JobList
from mnist_core import Digits, Preprocessing, Run, TrainingConfig, train
from mnist_core.storage.file_store import new_id
from tests.browser.rules import PANEL, expect_access, expect_calm, expect_fits, watch
from tests.support.browser import Visit, eventually, open_tab, settled, usable

Come = Callable[..., Page]

QUICK = TrainingConfig(100, 0.2, 1, preprocessing=Preprocessing.RAW, reports_per_epoch=4)
NAMES = ["batch 100 · rate 0.001 · raw", "batch 50 · rate 0.2 · raw", "batch 100 · rate 0.2 · raw"]


@pytest.fixture(scope="module")
def quick(sample: Digits) -> list[Run]:
    """Three quick runs with different settings, the oldest first."""
    configs = [QUICK, replace(QUICK, batch_size=50, validation=500), replace(QUICK, learning_rate=0.001)]
    return [Run(config, tuple(train(config, sample)), "sample") for config in configs]


@pytest.fixture
def come(
    lab: str, lab_folders: dict[str, str], quick: list[Run], visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> Come:
    """Open Compare as somebody who has these runs; more options are those of `visit`."""
    monkeypatch.setenv("DIGIT_LAB_HOME", lab_folders["DIGIT_LAB_HOME"])
    person_id = new_id()
    for run in quick:
        run_id = new_id()
        save_job(run_id, run)
        JobList(person_id).add(run_id)

    def come(address: str = "", **options: object) -> Page:
        page = visit(**options)
        page.context.add_cookies([{"name": "digit_lab_person", "value": person_id, "url": lab}])
        page.goto(address or f"{lab}/?tab=Compare")
        usable(page)
        expect(_rows(page)).to_have_count(len(quick))
        settled(page)
        return page

    return come


def _rows(page: Page) -> Locator:
    return page.locator(".run-table tbody tr:not(.run-part)")


def _expect_names(page: Page, *names: str) -> None:
    expect(_rows(page).locator(".run-name")).to_have_text(names)


def _expect_letters(page: Page, *letters: str) -> None:
    expect(_rows(page).locator(".run-letter")).to_have_text(letters)


def _box(page: Page, row: int) -> Locator:
    return _rows(page).nth(row).get_by_role("checkbox")


def _verdict(page: Page) -> Locator:
    return page.locator(".versus")


def _status(page: Page) -> Locator:
    return page.locator(".st-key-compare-status")


LINES = ".st-key-comparison .scatterlayer .trace"


def test_two_runs_are_compared_at_once_one_of_their_digits_taken_apart_and_seeds_become_a_row(
    come: Come,
) -> None:
    page = come()
    _expect_names(page, *NAMES)
    expect(_verdict(page)).to_contain_text(f"A {NAMES[0]}")  # A stands above B, as in the table
    expect(_verdict(page)).to_contain_text(f"B {NAMES[1]}")
    expect(page.locator(LINES)).to_have_count(2)
    expect(page.get_by_text(re.compile("Chance alone .* makes such a difference"))).to_be_visible()
    expect(page.locator(".st-key-only-b button.picture").first).to_be_visible()
    digit = page.locator(".st-key-only-a button.picture").first
    expect_fits(page, PANEL, 820)
    expect_fits(page, PANEL, 1440)
    label = digit.inner_text()[0]
    digit.click()
    expect(page.get_by_text(re.compile(rf"is an? {label}\. For each run"))).to_be_visible()
    expect_access(page)
    page.get_by_role("button", name="Take apart in A").click()
    expect(page.get_by_text(f"Read as {label}")).to_be_visible()
    expect(page.get_by_role("tab", name="Look inside")).to_have_attribute("aria-selected", "true")
    open_tab(page, "Compare")
    expect(_verdict(page)).to_contain_text(f"A {NAMES[0]}")

    settled(page)  # clicks that follow one another quickly all count
    page.evaluate(
        "() => document.querySelectorAll('.run-table tbody .run-choice input').forEach((box) => box.click())"
    )
    expect(page.get_by_text("Choose a second run")).to_be_visible()
    _expect_letters(page, "", "", "A")
    for row in (2, 0, 1):
        _box(page, row).click()
    _expect_letters(page, "A", "B", "")
    expect(page.locator(LINES)).to_have_count(2)

    _box(page, 1).uncheck()
    expect(page.locator(LINES)).to_have_count(1)
    settled(page)
    watch(page, {f"{LINES} path.js-line": 1, ".run-table tbody tr": 1})
    page.get_by_role("button", name="Five seeds").click()
    expect(_rows(page).nth(0)).to_contain_text("N = 5 seeds")
    expect(_status(page)).to_have_text("")
    expect(page.locator(LINES)).to_have_count(2)  # the mean, and its band
    expect_calm(page, frames=5)
    _rows(page).nth(0).get_by_role("button", name="5 runs").click()
    expect(page.locator(".run-part:visible .run-name")).to_have_text([f"seed {seed}" for seed in range(5)])


def test_everything_can_be_done_with_the_keyboard_and_what_is_deleted_leaves_the_disk(
    come: Come, lab_folders: dict[str, str]
) -> None:
    page = come()
    _box(page, 0).focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("Choose a second run")).to_be_visible()
    expect(_box(page, 0)).to_be_focused()
    page.keyboard.press("Tab")
    expect(_rows(page).nth(0).locator(".run-pin")).to_be_focused()
    page.keyboard.press("Enter")
    expect(_rows(page).nth(0)).to_contain_text("baseline")
    expect(_verdict(page)).to_contain_text(f"A {NAMES[0]}")  # what is pinned is compared with what is chosen
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="New name of")
    expect(field).to_be_focused()
    page.keyboard.type("the slow one")
    page.keyboard.press("Enter")
    expect(_verdict(page)).to_contain_text("A the slow one")
    expect(_rows(page).nth(0).locator(".run-rename")).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    expect_access(page, themes=["light"])
    page.keyboard.type("something else")
    page.keyboard.press("Escape")
    _expect_names(page, "the slow one", *NAMES[1:])
    expect_fits(page, PANEL, 820)

    runs = Path(lab_folders["DIGIT_LAB_HOME"]) / "runs"
    before = set(runs.iterdir())
    page.get_by_role("button", name="Delete", exact=True).press("Enter")
    expect(_status(page)).to_have_text("1 run deleted.")
    expect(_rows(page)).to_have_count(2)
    eventually(lambda: before - set(runs.iterdir()), lambda gone: len(gone) == 1)
    page.get_by_role("button", name="Undo delete").press("Enter")
    expect(_status(page)).to_have_text("1 run brought back.")
    expect(_rows(page)).to_have_count(3)
    eventually(lambda: before - set(runs.iterdir()), lambda gone: not gone)


def test_a_refresh_another_tab_and_another_browser_show_the_same_comparison(visit: Visit, come: Come) -> None:
    page = come()
    _rows(page).nth(2).locator(".run-rename").click()
    page.keyboard.type("first <i>of</i> all")
    page.keyboard.press("Enter")
    expect(_rows(page).nth(2)).to_contain_text("first <i>of</i> all")
    _rows(page).nth(2).locator(".run-pin").click()
    expect(_rows(page).nth(2)).to_contain_text("baseline")
    _box(page, 0).uncheck()
    expect(_verdict(page)).to_contain_text("B first <i>of</i> all")
    _box(page, 2).check()
    _expect_letters(page, "", "A", "B")
    page.locator(".st-key-curve_quantity").get_by_text("loss").click()
    page.wait_for_url(re.compile("curves=loss"))
    settled(page)
    rows, verdict, address = _rows(page).all_inner_texts(), _verdict(page).inner_text(), page.url

    page.reload()
    for tab in (page, come(address)):
        expect(_rows(tab)).to_have_text(rows, use_inner_text=True)
        expect(_verdict(tab)).to_have_text(verdict, use_inner_text=True)

    other = visit(address, person="other")
    expect(_rows(other)).to_have_count(2)
    expect(_rows(other).nth(0)).to_contain_text("from a link")
    expect(_verdict(other)).to_contain_text(NAMES[1])
    expect(other.locator(".st-key-comparison .ytitle")).to_have_text("test loss")
    other.get_by_role("button", name="Add to my runs").click()
    expect(_status(other)).to_have_text("2 runs added to your list.")
    expect(_rows(other).nth(0)).to_contain_text("added from a link")


def test_a_comparison_fits_a_phone_and_can_be_reached_there(come: Come) -> None:
    page = come(width=375, height=812, touch=True)
    expect(page.locator(".st-key-only-a button.picture").first).to_be_visible()
    expect_fits(page, PANEL)
    _rows(page).nth(2).locator(".run-pin").click()
    expect(_rows(page).nth(2)).to_contain_text("baseline")
    page.locator(".st-key-only-a button.picture").first.click()
    expect(page.get_by_role("button", name="Take apart in B")).to_be_visible()
    expect_fits(page, PANEL)
    expect_access(page, themes=["light"])  # a phone has the same colours
    _rows(page).nth(0).locator(".run-rename").tap()
    expect(page.get_by_role("textbox", name="New name of")).to_be_focused()
    expect_access(page, themes=["light"])
