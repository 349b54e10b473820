"""How quick the page is, in Chromium: `python benchmarks/page.py [--mnist FOLDER] [--rounds 10]`.

Prints the distribution of
- the time from the start command to a page that can be used,
- the time from the first click on Train to a first point, each on a new server by a new browser, and the same
  for moments, chosen a second before and not prepared yet,
- the time from the click on Train to the last point of the curve, default settings,
- the server's time for a live tick, from the request to the end of the answer, beside a browser that looks
  at the same run,
- the time from a slider's move in the middle of a run to its new value on screen,
- the time from the end of a stroke to the new answer on screen,
- the time from a move of the pen to the bars that follow it, and its 95th percentile,
- in Look inside, the time from a click on a cell or on another page of mistakes, and from a step back in the
  run's history, to what follows on screen,
- the time between two pictures of the weights while it learns,
beside the limits that the project has set itself, and exits with 1 where a median is over its limit.
"""

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, Page, Position, ViewportSize

from benchmarks.browser import environment, print_row
from benchmarks.tick import ticks
from tests.support.browser import DIGITS, chromium, draw, headline, open_tab, press, served, switch, usable

LIMITS = {  # seconds, medians
    "start to a usable page": 5.0,
    "first click on Train to a first point": 0.5,
    "the same with a new input": 0.5,
    "click on Train to the final curve": 1.5,
    "server time of a live tick": 0.020,
    "slider moved in a run, redrawn": 0.3,
    "end of a stroke to the answer": 0.25,
    "move of the pen to the bars": 0.033,
    "the same, 95th percentile": 0.050,
    "click on a cell to its digits": 0.4,
    "click on a page to its mistakes": 0.4,
    "step of the history to its weights": 0.4,
    "from one picture of weights to the next": 0.5,
}
TICKS = 12
VIEWPORT = ViewportSize(width=1440, height=900)

# innerText would lay the page out anew in each frame, and take a core from what is measured.
FINISHED = "document.querySelector('[data-testid=stMain]').textContent.includes('Finished:')"


def since_event(page: Page, event: str, selector: str, changed: str) -> None:
    """Make the page note the time of `event`, and of the first frame after it in which `changed` holds.

    It looks when the page has changed; a look at every frame would make the browser draw every frame, and
    take half a core from what is measured.
    """
    page.evaluate(
        """([event, selector, changed]) => {
            window.took = undefined;
            const done = new Function("element", `return ${changed}`);
            window.addEventListener(event, () => {
                const began = performance.now();
                const observer = new MutationObserver(() => {
                    if (!done(document.querySelector(selector))) return;
                    observer.disconnect();
                    requestAnimationFrame(() => (window.took = (performance.now() - began) / 1000));
                });
                const everything = { subtree: true, childList: true, characterData: true, attributes: true };
                observer.observe(document.body, everything);
            }, { once: true, capture: true });
        }""",
        [event, selector, changed],
    )


def took(page: Page) -> float:
    page.wait_for_function("window.took !== undefined", polling=100)
    return float(page.evaluate("window.took"))


def start(page: Page, home: Path, mnist: Path | None) -> float:
    began = time.perf_counter()
    with served(environment(home, mnist)) as address:
        page.goto(address)
        usable(page)
        return time.perf_counter() - began


def first_point(browser: Browser, home: Path, mnist: Path | None, how: str = "raw") -> float:
    """Have a newcomer train on a new server, as soon as somebody can have read the first screen."""
    with (
        tempfile.TemporaryDirectory() as empty,
        served(environment(home, mnist) | ({"DIGIT_LAB_CACHE": empty} if how != "raw" else {})) as address,
        browser.new_context(viewport=VIEWPORT) as visit,
    ):
        page = visit.new_page()
        page.goto(address)
        usable(page)
        page.wait_for_function("window.Plotly")
        page.wait_for_timeout(500)
        if how != "raw":
            while not any(Path(empty).glob("*-directions.*")):  # which an empty cache is filled with first
                page.wait_for_timeout(100)
            page.get_by_test_id("stSidebar").get_by_text(how, exact=True).click()
            page.wait_for_timeout(1000)
        since_event(page, "click", ".st-key-accuracy", "element?.querySelector('.scatterlayer circle')")
        press(page, "Train")
        seconds = took(page)
        headline(page).filter(has_text="Finished:").wait_for()
    return seconds


def click_to_curve(page: Page) -> float:
    page.wait_for_timeout(500)
    page.evaluate("window.begun = false")  # what is said of the run before stays until the new one begins
    since_event(
        page,
        "click",
        '[aria-label^="Accuracy over the epochs: after 10 epochs"]',
        f"(window.begun ||= !{FINISHED}) && element !== null && {FINISHED}",
    )
    press(page, "Train")
    return took(page)


def stroke_to_answer(page: Page) -> float:
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("Draw a digit from 0 to 9.").first.wait_for()
    page.wait_for_timeout(500)
    draw(page, DIGITS[3], lift=False)
    since_event(page, "pointerup", ".answer", "element !== null && /[0-9]/.test(element.textContent)")
    page.mouse.up()
    return took(page)


def moves_to_bars(page: Page) -> list[float]:
    """Draw a digit, and say how long after each move of the pen the bars had changed.

    Of the moves between two frames, which are read together, the first counts.
    """
    page.evaluate(
        """() => {
            let began = null;
            window.moves = [];
            addEventListener("mousemove", (event) => (began ??= event.timeStamp), { capture: true });
            document.addEventListener("reading", ({ detail }) => {
                if (detail.penDown) window.moves.push((performance.now() - began) / 1000);
                began = null;
            });
        }"""
    )
    draw(page, DIGITS[3], steps=10)
    return [float(one) for one in page.evaluate("window.moves")]


def slider_redrawn(page: Page) -> float:
    slider = page.get_by_role("slider", name="Epochs")
    value = int(slider.input_value())
    reply = f'document.querySelector("[data-testid=stSidebar]").textContent.includes("{value - 1}")'
    since_event(page, "keydown", "body", reply)
    slider.press("ArrowLeft")
    return took(page)


def look_inside(page: Page, rounds: int, results: dict[str, list[float]]) -> None:
    open_tab(page, "Look inside")
    history = page.get_by_test_id("stMain").get_by_role("slider")
    for _ in range(rounds):
        results["step of the history to its weights"].append(
            changed(page, "keydown", ".st-key-weights", lambda: history.press("ArrowLeft"))
        )
    page.locator(".st-key-view").get_by_text("Mistakes", exact=True).click()
    cells = page.locator(".st-key-confusion .nsewdrag")
    box = cells.bounding_box()
    assert box is not None
    for digit in range(rounds):
        share = (digit % 10 + 0.5) / 10
        place = Position(x=share * box["width"], y=share * box["height"])
        results["click on a cell to its digits"].append(
            changed(page, "pointerup", ".st-key-gallery", partial(cells.click, position=place))
        )
    following = page.get_by_test_id("stMain").get_by_role("button", name=re.compile("next", re.IGNORECASE))
    for _ in range(rounds):
        results["click on a page to its mistakes"].append(
            changed(page, "click", ".st-key-gallery", following.click)
        )


def changed(page: Page, event: str, selector: str, act: Callable[[], None]) -> float:
    """Do something, and say how long after `event` the first of some pictures changed, or their words."""
    page.wait_for_timeout(500)
    look = "element.textContent + element.querySelector('canvas').toDataURL()"
    page.evaluate(f"window.before = ((element) => {look})(document.querySelector({selector!r}))")
    since_event(page, event, selector, f"element?.querySelector('canvas') && {look} !== window.before")
    act()
    return took(page)


def pictures_of_weights(page: Page) -> list[float]:
    """Watch the row of weights for some seconds of a run, and say how long each picture stayed."""
    moments = page.evaluate(
        """() => new Promise((done) => {
            const canvas = document.querySelector(".st-key-templates canvas");
            const moments = [];
            let before = "";
            const began = performance.now();
            const timer = setInterval(() => {
                const picture = canvas.toDataURL();
                if (picture !== before) moments.push(performance.now() / 1000);
                before = picture;
                if (performance.now() - began < 4000) return;
                clearInterval(timer);
                done(moments);
            }, 20);
        })"""
    )
    return [later - earlier for earlier, later in pairwise(moments)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mnist", type=Path, help="folder with MNIST/raw; else what the app finds")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        page = browser.new_page(viewport=VIEWPORT)
        home, rounds = Path(folder), range(options.rounds)
        start(page, home, options.mnist)  # prepares what is on disk from then on
        results = {name: list[float]() for name in LIMITS}
        results["start to a usable page"] = [start(page, home, options.mnist) for _ in rounds]
        first = [first_point(browser, home, options.mnist) for _ in rounds]
        results["first click on Train to a first point"] = first
        results["the same with a new input"] = [
            first_point(browser, home, options.mnist, "moments") for _ in rounds
        ]
        with served(environment(home, options.mnist)) as address:
            measure(browser.new_page(viewport=VIEWPORT), address, options.rounds, results)
    print(f"{'seconds':36}{'min':>9}{'median':>9}{'max':>9}{'limit':>9}")
    within = [print_row(name, seconds, LIMITS[name]) for name, seconds in results.items()]
    sys.exit(0 if all(within) else 1)


def measure(page: Page, address: str, rounds: int, results: dict[str, list[float]]) -> None:
    page.goto(address)
    press(page, "Train")
    headline(page).filter(has_text="Finished:").wait_for()
    page.evaluate("document.querySelector('.film-skip').click()")
    for _ in range(rounds):
        results["click on Train to the final curve"].append(click_to_curve(page))
    open_tab(page, "Draw")
    draw(page, DIGITS[3])
    for _ in range(rounds):
        results["end of a stroke to the answer"].append(stroke_to_answer(page))
    page.get_by_role("button", name="Clear").click()
    page.wait_for_timeout(1000)
    moves = moves_to_bars(page)
    results["move of the pen to the bars"] += moves
    results["the same, 95th percentile"].append(statistics.quantiles(moves, n=20)[-1])
    open_tab(page, "Train")
    switch(page, "Slow motion")
    page.get_by_role("slider", name="Epochs").press("End")  # long enough for all that is measured in a run
    page.wait_for_timeout(500)
    press(page, "Train")
    headline(page).filter(has_text="Training, about").wait_for()
    results["from one picture of weights to the next"] += pictures_of_weights(page)
    results["server time of a live tick"] += ticks(address, urlsplit(page.url).query, TICKS)
    for _ in range(rounds):
        results["slider moved in a run, redrawn"].append(slider_redrawn(page))
        page.wait_for_timeout(300)
    headline(page).filter(has_text="Finished:").wait_for()
    look_inside(page, rounds, results)


if __name__ == "__main__":
    main()
