"""The map of settings in a browser: from the button to the sidebar, for its owner and for others."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.lab.job_files import save_job
from dashboard.lab.job_list import JobList
from dashboard.lab.map_file import MapResults
from mnist_core import Digits, Grid, Preprocessing, SweepResult, sweep
from mnist_core.storage.file_store import new_id
from tests.browser.rules import PANEL, expect_access, expect_fits
from tests.browser.test_chart import point_and_click
from tests.dashboard.sweeps import GRID, AtOnce
from tests.support.browser import Visit, eventually, settled, usable

Stored = Callable[..., tuple[str, str]]  # stores a map; its id, and that of the person who has begun it


@pytest.fixture(scope="module")
def results(sample: Digits) -> tuple[SweepResult, ...]:
    """The results of a small map."""
    return tuple(sweep(GRID, sample, executor=AtOnce()))


@pytest.fixture
def stored(lab_folders: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Stored:
    monkeypatch.setenv("DIGIT_LAB_HOME", lab_folders["DIGIT_LAB_HOME"])

    def store(grid: Grid, results: tuple[SweepResult, ...]) -> tuple[str, str]:
        sweep_id, person_id = new_id(), new_id()
        save_job(sweep_id, MapResults(grid, "sample", results))
        JobList(person_id).add(sweep_id, is_map=True)
        return sweep_id, person_id

    return store


def _come(page: Page, address: str, person: str = "") -> Page:
    if person:
        page.context.add_cookies([{"name": "digit_lab_person", "value": person, "url": address}])
    page.goto(address)
    usable(page)
    expect(_progress(page).or_(_draw(page)).first).to_be_visible()
    settled(page)
    return page


def _draw(page: Page) -> Locator:
    return page.get_by_role("button", name="Draw the map")


def _progress(page: Page) -> Locator:
    return page.locator(".st-key-map-progress")


def _sidebar(page: Page, label: str) -> Locator:
    return page.get_by_test_id("stSidebar").get_by_role("slider", name=label)


def _click_on_cell(page: Page, chart: str, row: int, column: int, rows: int, columns: int) -> None:
    """Click on a cell, counted from the lower left one."""
    point_and_click(page, chart, (column + 0.54) / (columns + 0.08), 1 - (row + 0.54) / (rows + 0.08))


def test_a_map_from_the_button_to_the_region_the_winner_a_cell_and_the_sidebar(
    lab: str, visit: Visit
) -> None:
    page = _come(visit(height=1400), f"{lab}/?tab=Compare&map=new&preprocessing=raw")
    _draw(page).click()
    expect(_progress(page)).to_contain_text("of 63 cells")
    page.wait_for_url(re.compile("map=[0-9a-f]{32}"))
    chart = page.locator(".st-key-map-raw .chart")
    expect(page.locator(".st-key-map-raw .heatmap-label").first).to_be_visible()
    before = chart.bounding_box()
    expect(page.get_by_text("Winner: ")).to_be_visible()
    expect(_progress(page)).to_contain_text("63 of 63 cells.")
    expect(page.locator(".st-key-map-raw .shapelayer path")).to_have_count(2)  # the region, and the best
    eventually(chart.bounding_box, lambda box: box == before)
    settled(page)
    _click_on_cell(page, "map-raw", 3, 1, 7, 9)
    expect(page.get_by_role("combobox", name="Cell")).to_have_value("batch 100 · rate 0.02")
    expect(page.locator(".st-key-map-curve .scatterlayer .trace")).to_have_count(2)
    page.get_by_role("button", name="Take these settings").click()
    expect(page.locator(".st-key-map-status")).to_contain_text(
        "The sidebar now has these settings: raw · batch"
    )
    expect(_sidebar(page, "Learning rate")).to_have_attribute("aria-valuetext", "0.02")
    expect(page.get_by_test_id("stSidebar").locator(".st-key-epochs")).to_contain_text("3")
    found = re.search("map=[0-9a-f]{32}", page.url)
    assert found
    page.reload()
    expect(page.get_by_text("Winner: ")).to_be_visible()
    assert found.group() in page.url


def test_a_map_that_was_stopped_goes_on_and_can_be_cancelled(
    lab: str, visit: Visit, stored: Stored, results: tuple[SweepResult, ...]
) -> None:
    page = visit()
    sweep_id, owner = stored(GRID, results[:2])
    _come(page, f"{lab}/?tab=Compare&map={sweep_id}", owner)
    expect(_progress(page)).to_contain_text("2 of 6 cells, stopped.")
    page.get_by_role("button", name="Continue the map").click()
    expect(_progress(page)).to_contain_text("6 of 6 cells.")
    expect(page.get_by_text("Winner: ")).to_be_visible()

    long = replace(GRID, batch_sizes=(1, 2, 3, 4, 5, 6, 7, 8), epochs=50)
    sweep_id, owner = stored(long, ())
    _come(page, f"{lab}/?tab=Compare&map={sweep_id}", owner)
    go_on = page.get_by_role("button", name="Continue the map")
    go_on.click()
    page.get_by_role("button", name="Cancel").click()  # as soon as it is there: it must not move
    expect(_progress(page)).to_contain_text("of 24 cells, stopped.")
    expect(go_on).to_be_visible()


def test_another_browser_takes_the_settings_of_a_map_with_the_keyboard_and_a_map_fits_a_phone(
    lab: str, visit: Visit, stored: Stored, results: tuple[SweepResult, ...]
) -> None:
    sweep_id, _ = stored(GRID, results)
    page = _come(visit(), f"{lab}/?tab=Compare&map={sweep_id}")
    expect(page.locator(".st-key-map-status")).to_contain_text("begun in another browser")
    expect(_progress(page)).to_contain_text("6 of 6 cells, stopped.")  # nobody has tested its winner
    expect(_progress(page).get_by_role("button")).to_have_count(0)
    cells = page.get_by_role("combobox", name="Cell")
    cells.focus()
    page.keyboard.type("500 · rate 0.001")
    page.keyboard.press("Enter")
    expect(
        page.get_by_role("img", name=re.compile("batch 500 · rate 0.001 · raw, epoch by epoch"))
    ).to_be_visible()
    take = page.get_by_role("button", name="Take these settings")
    take.focus()
    page.keyboard.press("Enter")
    expect(_sidebar(page, "Learning rate")).to_have_attribute("aria-valuetext", "0.001")
    expect_access(page, themes=["light"])

    both = replace(GRID, preprocessings=tuple(Preprocessing)[:2])
    sweep_id, owner = stored(both, results)
    page = _come(visit(width=375, height=812, touch=True), f"{lab}/?tab=Compare&map={sweep_id}", owner)
    expect(page.locator(".st-key-map-deskew .chart-plot svg").first).to_be_visible()
    expect_fits(page, PANEL)
    expect(page.locator(".st-key-map-raw .heatmap-label").first).to_be_hidden()
    expect_access(page, themes=["light"])
