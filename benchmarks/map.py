"""How soon a map of settings is drawn, in Chromium: `python benchmarks/map.py [--mnist FOLDER] [--rounds 3]`.

Draws 9 learning rates x 7 batch sizes (10 to 1,000), 3 epochs each, on the page, and prints
- the time from the click on "Draw the map" to the first cell on screen, and to the last,
- meanwhile, again and again: from a move of a slider in the sidebar to its new value on screen,
- and from a click on a cell to its curve,
beside the goals that the project has set itself, and the load of the machine before each round: a machine on
which others work is slower than these goals allow for.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, Page, TimeoutError

from benchmarks.browser import environment
from benchmarks.page import since_event, took
from tests.support.browser import chromium, served, settled, usable

GOALS = {"all 63 cells": 15.0, "first cell": 1.0, "slider moved meanwhile": 0.3, "cell opened meanwhile": 0.3}
LOST = 3.0  # seconds; a click that nothing has answered by then counts as this long
CURVE = ".st-key-map-curve .chart-plot"


def note_cells(page: Page) -> None:
    """Make the page note when the first and the last cell are there, after the next click."""
    page.evaluate(
        """() => window.addEventListener("click", () => {
            const began = performance.now();
            window.first = window.last = undefined;
            const observer = new MutationObserver(() => {
                const now = (performance.now() - began) / 1000;
                if (document.querySelector(".heatmap-label")) window.first ??= now;
                if (document.querySelector(".st-key-map-progress")?.textContent.includes("63 of 63")) {
                    window.last ??= now;
                    observer.disconnect();
                }
            });
            observer.observe(document.body, { subtree: true, childList: true, characterData: true });
        }, { once: true, capture: true })"""
    )


def move_slider(page: Page) -> float:
    """Move a slider of the sidebar, which runs the whole script; say how long that took."""
    sidebar = page.get_by_test_id("stSidebar")
    slider = sidebar.get_by_role("slider", name="Epochs")
    value = int(slider.input_value())
    key, after = ("ArrowLeft", value - 1) if value > 2 else ("End", 50)
    # What is to be trained stands above the tabs: the server writes it there.
    since_event(page, "keydown", ".st-key-top", f"element.textContent.includes(' {after} epochs')")
    slider.press(key)
    return took(page)


def open_cell(page: Page, number: int) -> float:
    """Click on a cell that is done; say how long it took until its curve was on screen."""
    x, y = page.evaluate(
        """(number) => {  // at once, as they may be drawn anew between two questions
            const labels = document.querySelectorAll(".st-key-map-directions .heatmap-label text");
            const { x, y, width, height } = labels[number % 2 && labels.length - 1].getBoundingClientRect();
            return [x + width / 2, y + height / 2];
        }""",
        number,
    )
    page.evaluate(f"window.before = document.querySelector('{CURVE}')?.ariaLabel")
    since_event(page, "pointerdown", CURVE, "element !== null && element.ariaLabel !== window.before")
    page.mouse.click(x, y)
    try:
        page.wait_for_function("window.took !== undefined", polling=50, timeout=1000 * LOST)
    except TimeoutError:
        return LOST
    return took(page)


def draw_map(browser: Browser, address: str) -> dict[str, list[float]]:
    """Draw one map as somebody new, and use the page meanwhile."""
    context = browser.new_context(viewport={"width": 1440, "height": 1200})
    page = context.new_page()
    page.goto(f"{address}/?tab=Compare&map=new")
    usable(page)
    page.get_by_role("button", name="Draw the map").wait_for()
    settled(page)
    page.wait_for_timeout(1000)
    note_cells(page)
    page.get_by_role("button", name="Draw the map").click()
    page.wait_for_function("window.first !== undefined", polling=50)
    moves: list[float] = []
    opened: list[float] = []
    while not page.evaluate("window.last"):
        moves.append(move_slider(page))
        page.wait_for_timeout(200)
        if page.locator(".st-key-map-directions .heatmap-label text").count() > 9:
            opened.append(open_cell(page, len(opened)))
            page.wait_for_timeout(200)
    times = page.evaluate("[window.first, window.last]")
    context.close()
    return {
        "first cell": [times[0]],
        "all 63 cells": [times[1]],
        "slider moved meanwhile": moves,
        "cell opened meanwhile": opened,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mnist", type=Path, help="folder with MNIST/raw; else what the app finds")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    seconds = {name: list[float]() for name in GOALS}
    with (
        tempfile.TemporaryDirectory() as home,
        chromium() as browser,
        served(environment(Path(home), options.mnist)) as address,
    ):
        for number in range(options.rounds):
            print(f"round {number + 1}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            for name, values in draw_map(browser, address).items():
                seconds[name] += values
    print(f"{'seconds':26}{'count':>7}{'least':>9}{'median':>9}{'most':>9}{'goal':>9}")
    missed = False
    for name, values in seconds.items():
        if not values:
            continue
        median = statistics.median(values)
        missed = missed or median > GOALS[name]
        row = f"{name:26}{len(values):7}{min(values):9.2f}{median:9.2f}{max(values):9.2f}{GOALS[name]:9.1f}"
        print(row + ("" if median <= GOALS[name] else "   missed"))
    sys.exit(missed)


if __name__ == "__main__":
    main()
