"""The answer while the pen moves, in Chromium: `python benchmarks/pen.py PATH [--mnist FOLDER]`.

PATH is a file of pen digits such as ../shared/pen_digits/dev.jsonl. Draws digits on the page with the mouse
and prints the time from a move of the pen to the changed bars; for how many drawings that are digits the
browser's last digit, of the final pixels, is the verdict's; and how many websocket frames come and go while
the pen is down, with and without a run that learns. Exits with 1 if a goal is missed.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Page, WebSocket

from benchmarks.browser import environment, print_row
from benchmarks.strokes import CANVAS, place, read_pen_digits
from tests.support.browser import (
    DIGITS,
    chromium,
    draw,
    headline,
    open_tab,
    press,
    served,
    settled,
    switch,
    usable,
)

MEDIAN, MOST = 0.033, 0.050  # seconds from a move to the bars: the median, and the 95th percentile
SECONDS = 10  # for which frames are counted

# Of the moves between two frames, which are read together, the first counts.
LISTEN = """() => {
    let began = null;
    window.moves = [];
    addEventListener("mousemove", (event) => (began ??= event.timeStamp), { capture: true });
    document.addEventListener("reading", ({ detail }) => {
        if (!detail.penDown) window.last = detail.large;
        else if (began !== null) window.moves.push((performance.now() - began) / 1000);
        began = null;
    });
}"""


def answer(page: Page) -> str:
    """Wait for the verdict on what was drawn, and return what it shows."""
    page.wait_for_function(
        "!document.querySelector('.so-far') && /[0-9?]/.test(document.querySelector('.answer').textContent)"
    )
    settled(page)
    return page.locator(".answer").inner_text()


def readings(page: Page, path: Path, count: int) -> tuple[list[tuple[str, str]], list[float]]:
    """Draw digits; return what the browser read last and the verdict, where it is a digit, and the delays."""
    rng, read, moves = random.Random(0), [], list[float]()
    page.evaluate(LISTEN)
    written = list(read_pen_digits(path))
    for digit in rng.sample(written, len(written)):
        strokes = [[(x / CANVAS, y / CANVAS) for x, y in stroke] for stroke in place(digit, rng)]
        page.evaluate("window.moves = [], window.last = null")
        draw(page, strokes, steps=1)
        shown = answer(page)
        moves += page.evaluate("window.moves")
        if "?" not in shown:
            read.append((str(page.evaluate("window.last")), shown))
        page.get_by_role("button", name="Clear").click()
        page.get_by_text("Draw a digit from 0 to 9.").first.wait_for()
        if len(read) == count:
            break
    return read, moves


def frames(page: Page, heard: list[object], *, pen: bool) -> int:
    """Count the frames of some seconds, in which a pen that is down moves, or nothing happens."""
    if pen:
        draw(page, DIGITS[3], lift=False)
    heard.clear()
    until, step = time.perf_counter() + SECONDS, 0
    while time.perf_counter() < until:
        if pen:
            page.mouse.move(400 + step % 40, 300 + step % 30)
        page.wait_for_timeout(50)
        step += 1
    count = len(heard)
    page.mouse.up()
    return count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("path", type=Path, help="a file of pen digits, one JSON object per line")
    parser.add_argument("--mnist", type=Path, help="folder with MNIST; else what the app finds")
    parser.add_argument("--count", type=int, default=400, help="of drawings that are digits")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as home,
        chromium() as browser,
        served(environment(Path(home), options.mnist)) as address,
    ):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        heard: list[object] = []

        def hear(socket: WebSocket) -> None:
            for kind in ("framesent", "framereceived"):
                socket.on(kind, lambda frame: heard.append(frame))

        page.on("websocket", hear)
        page.goto(f"{address}/?input=directions&rate=0.5")
        usable(page)
        press(page, "Train")
        headline(page).filter(has_text="Finished:").wait_for()
        page.evaluate("document.querySelector('.film-skip')?.click()")
        open_tab(page, "Draw")
        draw(page, [])  # waits until the board takes strokes
        settled(page)
        still = frames(page, heard, pen=True)
        page.get_by_role("button", name="Clear").click()
        read, moves = readings(page, options.path, options.count)
        open_tab(page, "Train")
        switch(page, "Slow motion")
        page.get_by_role("slider", name="Epochs").press("End")
        page.wait_for_timeout(500)
        press(page, "Train")
        headline(page).filter(has_text="Training, about").wait_for()
        open_tab(page, "Draw")
        draw(page, [])
        settled(page)
        without, drawn = frames(page, heard, pen=False), frames(page, heard, pen=True)
    same = sum(last == shown[:1] or last in shown.split() for last, shown in read)
    print(f"load {os.getloadavg()[0]:.1f}; {len(moves):,} moves; seconds, least, median, most, limit")
    met = print_row("move of the pen to the bars", moves, MEDIAN)
    met &= print_row("the same, 95th percentile", [statistics.quantiles(moves, n=20)[-1]], MOST)
    print(f"the digit of the final pixels is the verdict's: {same} of {len(read)}")
    print(f"frames in {SECONDS} s, pen down, no run: {still}")
    print(f"frames in {SECONDS} s of a run, without a pen: {without}, with it: {drawn}")
    return 0 if met and same == len(read) and still == 0 and drawn <= 1.05 * without else 1


if __name__ == "__main__":
    raise SystemExit(main())
