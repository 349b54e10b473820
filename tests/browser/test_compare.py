"""The tab Compare in a browser: with the keyboard, on a phone, over a refresh, and between two people."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.lab.job_files import save_job
from mnist_core import Digits, Preprocessing, Run, TrainingConfig, train
from mnist_core.storage.file_store import new_id
from tests.browser.test_access import PANEL, _severe
from tests.support.browser import Visit, open_tab, settled, usable

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
    home, person_id = Path(lab_folders["DIGIT_LAB_HOME"]), new_id()
    listed = []
    for number, run in enumerate(quick):
        run_id = new_id()
        save_job(run_id, run)
        listed.append({"run_id": run_id, "began": float(number)})
    (home / "run-lists").mkdir(exist_ok=True)
    (home / "run-lists" / f"{person_id}.json").write_text(json.dumps(listed))

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


def _names(page: Page) -> list[str]:
    return _rows(page).locator(".run-name").all_inner_texts()


def _box(page: Page, row: int) -> Locator:
    return _rows(page).nth(row).get_by_role("checkbox")


def _letters(page: Page) -> list[str]:
    return _rows(page).locator(".run-letter").all_inner_texts()


def _verdict(page: Page) -> Locator:
    return page.locator(".versus")


def _status(page: Page) -> Locator:
    return page.locator(".st-key-compare-status")


def test_the_newest_two_runs_are_compared_at_once_with_curves_and_both_galleries(come: Come) -> None:
    page = come()
    assert _names(page) == NAMES
    expect(_verdict(page)).to_contain_text(f"A {NAMES[1]}")
    expect(_verdict(page)).to_contain_text(f"B {NAMES[0]}")
    expect(page.locator(".st-key-comparison .scatterlayer .trace")).to_have_count(2)
    expect(page.get_by_text(re.compile("Chance alone .* makes such a difference"))).to_be_visible()
    expect(page.locator(".st-key-only-a button.picture").first).to_be_visible()
    expect(page.locator(".st-key-only-b button.picture").first).to_be_visible()


def test_clicks_that_follow_one_another_quickly_all_count(come: Come) -> None:
    page = come()
    page.evaluate(
        "() => document.querySelectorAll('.run-table tbody .run-choice input').forEach((box) => box.click())"
    )
    expect(page.get_by_text("Choose a second run")).to_be_visible()
    assert _letters(page) == ["", "", "A"]
    for row in (2, 0, 1):
        _box(page, row).click()
    expect(_rows(page).nth(1).locator(".run-letter")).to_have_text("B")
    assert _letters(page) == ["A", "B", ""]


def test_everything_can_be_done_with_the_keyboard(come: Come) -> None:
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
    page.keyboard.type("the slow one")
    page.keyboard.press("Enter")
    expect(_verdict(page)).to_contain_text("A the slow one")
    expect(_rows(page).nth(0).locator(".run-rename")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("something else")
    page.keyboard.press("Escape")
    assert _names(page)[0] == "the slow one"
    page.get_by_role("button", name="Delete", exact=True).focus()
    page.keyboard.press("Enter")
    expect(_status(page)).to_have_text("1 run deleted.")
    expect(_rows(page)).to_have_count(2)
    page.get_by_role("button", name="Undo delete").focus()
    page.keyboard.press("Enter")
    expect(_rows(page)).to_have_count(3)


def test_a_refresh_and_another_tab_show_the_same_list_names_baseline_and_comparison(come: Come) -> None:
    page = come()
    _rows(page).nth(2).locator(".run-rename").click()
    page.keyboard.type("first <i>of</i> all")
    page.keyboard.press("Enter")
    _rows(page).nth(2).locator(".run-pin").click()
    expect(_rows(page).nth(2)).to_contain_text("baseline")
    _box(page, 0).uncheck()
    expect(_verdict(page)).to_contain_text("A first <i>of</i> all")
    settled(page)

    def state(page: Page) -> tuple[list[str], list[str], list[str]]:
        expect(_verdict(page)).to_contain_text("A first <i>of</i> all")
        expect(_rows(page)).to_have_count(3)
        return _names(page), _letters(page), _rows(page).all_inner_texts()

    before, address = state(page), page.url
    page.reload()
    assert state(page) == before
    assert state(come(address)) == before
    other_tab = come()  # without the address it compares what it would at first, with the same baseline
    assert state(other_tab)[0] == before[0]
    expect(_rows(other_tab).nth(2)).to_contain_text("baseline")


def test_another_browser_lists_nothing_of_this_one_but_a_link_shows_it_the_same_comparison(
    lab: str, visit: Visit, come: Come
) -> None:
    page = come()
    _rows(page).nth(0).locator(".run-pin").click()
    page.locator(".st-key-curve_quantity").get_by_text("loss").click()
    page.wait_for_url(re.compile("curves=loss"))
    verdict, link = _verdict(page).inner_text(), page.url

    other = visit(f"{lab}/?tab=Compare", person="other")
    expect(other.get_by_text("Every run that you train is listed here")).to_be_visible()
    other.goto(link)
    expect(_verdict(other)).to_have_text(re.compile(re.escape(NAMES[0])))
    assert _verdict(other).inner_text() == verdict
    expect(_rows(other)).to_have_count(2)
    expect(_rows(other).nth(0)).to_contain_text("from a link")
    expect(other.locator(".st-key-comparison .ytitle")).to_have_text("test loss")
    other.get_by_role("button", name="Add to my runs").click()
    expect(_status(other)).to_have_text("2 runs added to your list.")
    other.wait_for_function("document.cookie.includes('digit_lab_person')")
    other.goto(f"{lab}/?tab=Compare")
    expect(_rows(other)).to_have_count(2)
    expect(_rows(other).nth(0)).to_contain_text("added from a link")


def test_deleted_runs_are_gone_from_the_disk_and_undo_brings_them_back(
    come: Come, lab_folders: dict[str, str]
) -> None:
    runs = Path(lab_folders["DIGIT_LAB_HOME"]) / "runs"
    page = come()
    before = set(runs.iterdir())
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(_status(page)).to_have_text("2 runs deleted.")
    assert len(before - set(runs.iterdir())) == 2
    page.get_by_role("button", name="Undo delete").click()
    expect(_status(page)).to_have_text("2 runs brought back.")
    assert set(runs.iterdir()) == before
    expect(_rows(page)).to_have_count(3)


WATCH = """() => {
    window.shift = window.blank = window.frames_seen = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.shift += entry.value)))
        .observe({ type: "layout-shift" });
    (function look() {
        window.frames_seen += 1;
        const line = document.querySelector(".st-key-comparison .scatterlayer .trace path.js-line");
        if (!line?.getAttribute("d") || !document.querySelector(".run-table tbody tr")) window.blank += 1;
        requestAnimationFrame(look);
    })();
}"""


def test_five_seeds_become_one_row_with_a_band_and_nothing_blinks_or_jumps_meanwhile(come: Come) -> None:
    page = come()
    expect(page.locator(".st-key-comparison .scatterlayer .trace")).to_have_count(2)
    _box(page, 1).uncheck()
    expect(page.locator(".st-key-comparison .scatterlayer .trace")).to_have_count(1)
    settled(page)
    page.evaluate(WATCH)
    page.get_by_role("button", name="Five seeds").click()
    expect(_rows(page).nth(0)).to_contain_text("N = 5 seeds")
    expect(_status(page)).to_have_text("")
    expect(page.locator(".st-key-comparison .scatterlayer .trace")).to_have_count(2)  # the mean, and its band
    assert page.evaluate("window.frames_seen") > 5
    assert page.evaluate("window.blank") == 0
    assert page.evaluate("window.shift") < 0.02
    _rows(page).nth(0).get_by_role("button", name="5 runs").click()
    expect(page.locator(".run-part:visible .run-name")).to_have_text([f"seed {seed}" for seed in range(5)])


def test_a_digit_leads_to_its_answer_in_either_run(come: Come) -> None:
    page = come()
    digit = page.locator(".st-key-only-a button.picture").first
    label = digit.inner_text()[0]
    digit.click()
    expect(page.get_by_text(re.compile(rf"is a {label}\. For each run"))).to_be_visible()
    page.get_by_role("button", name="Take apart in A").click()
    expect(page.get_by_text(f"Read as {label}")).to_be_visible()
    expect(page.get_by_role("tab", name="Look inside")).to_have_attribute("aria-selected", "true")
    open_tab(page, "Compare")
    expect(_verdict(page)).to_contain_text(f"A {NAMES[1]}")


SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll(".run-table, .run-table *")]
    .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
        && getComputedStyle(element).display !== "inline")
    .map((element) => element.className)"""


@pytest.mark.parametrize("width", [375, 820])
def test_on_a_narrow_screen_nothing_scrolls_sideways(come: Come, width: int) -> None:
    page = come(width=width, height=812, touch=width < 400)
    expect(page.locator(".st-key-only-a button.picture").first).to_be_visible()
    assert page.evaluate(SIDEWAYS) == []
    _rows(page).nth(2).locator(".run-pin").click()
    expect(_rows(page).nth(2)).to_contain_text("baseline")
    assert page.evaluate(SIDEWAYS) == []


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (375, 812)], ids=["desktop", "phone"])
def test_axe_finds_nothing_severe_in_a_comparison(come: Come, width: int, height: int) -> None:
    page = come(width=width, height=height, touch=width < 400)
    _rows(page).nth(2).locator(".run-pin").click()
    page.locator(".st-key-only-a button.picture").first.click()
    expect(page.get_by_role("button", name="Take apart in B")).to_be_visible()
    assert _severe(page, PANEL, dark=width > 400) == []  # a phone has the same colours
    _rows(page).nth(0).locator(".run-rename").click()
    expect(page.get_by_role("textbox", name="New name of")).to_be_focused()
    assert _severe(page, PANEL, dark=width > 400) == []
