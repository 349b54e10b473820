"""How quick the page is, in Chromium: `python benchmarks/page.py [--mnist FOLDER] [--rounds 10]`.

Prints the distribution of
- the time from the start command to a page that can be used,
- the time from the click on Train to the last point of the curve, default settings,
- the server's time for a live tick, from the request on the wire to the end of its answer, which
  includes the way through the loopback and the browser's driver,
- the time from a slider's move in the middle of a run to its new value on screen,
- the time from the end of a stroke to the new answer on screen,
beside the limits that the project has set itself, and exits with 1 where a median is over its limit.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import Page, WebSocket, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

ROOT = Path(__file__).parents[1]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LIMITS = {  # seconds, medians
    "start to a usable page": 5.0,
    "click on Train to the final curve": 1.5,
    "server time of a live tick": 0.020,
    "slider moved in a run, redrawn": 0.3,
    "end of a stroke to the answer": 0.25,
}
STROKE = [(0.3, 0.24), (0.5, 0.23), (0.7, 0.23), (0.6, 0.45), (0.5, 0.65), (0.44, 0.82)]


@contextmanager
def served(port: int, home: Path, mnist: str) -> Iterator[str]:
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    environment = {**os.environ, "DIGIT_LAB_HOME": str(home), "MNIST_ROOT": mnist}
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def wait_for_server(address: str) -> None:
    while True:
        try:
            requests.get(f"{address}/_stcore/health", timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.01)


def usable(page: Page) -> None:
    button = page.get_by_test_id("stSidebar").get_by_role("button", name="Train", exact=True)
    button.and_(page.locator(":enabled")).wait_for()


def since_event(page: Page, event: str, selector: str, changed: str) -> None:
    """Make the page note the time of `event`, and of the first frame after it in which `changed` holds."""
    page.evaluate(
        """([event, selector, changed]) => {
            window.took = undefined;
            const done = new Function("element", `return ${changed}`);
            window.addEventListener(event, () => {
                const began = performance.now();
                const look = () => done(document.querySelector(selector))
                    ? (window.took = (performance.now() - began) / 1000) : requestAnimationFrame(look);
                requestAnimationFrame(look);
            }, { once: true, capture: true });
        }""",
        [event, selector, changed],
    )


def took(page: Page) -> float:
    page.wait_for_function("window.took !== undefined")
    return float(page.evaluate("window.took"))


def start(browser_page: Page, port: int, home: Path, mnist: str) -> float:
    began = time.perf_counter()
    with served(port, home, mnist) as address:
        wait_for_server(address)
        browser_page.goto(address)
        usable(browser_page)
        return time.perf_counter() - began


def click_to_curve(page: Page) -> float:
    page.wait_for_timeout(500)
    since_event(
        page,
        "click",
        '[aria-label^="Accuracy over the epochs: after 10 epochs"]',
        "element !== null && document.body.innerText.includes('Finished:')",
    )
    page.get_by_test_id("stSidebar").get_by_role("button", name="Train", exact=True).click()
    return took(page)


def stroke_to_answer(page: Page) -> float:
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("Draw a digit").first.wait_for()
    page.wait_for_timeout(500)
    box = page.locator(".st-key-board-paper").bounding_box()
    assert box is not None
    points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in STROKE]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points:
        page.mouse.move(*point, steps=3)
    since_event(page, "pointerup", ".answer", "element !== null && /[0-9]/.test(element.textContent)")
    page.mouse.up()
    return took(page)


def slider_redrawn(page: Page) -> float:
    slider = page.get_by_role("slider", name="Epochs")
    value = int(slider.input_value())
    reply = f'document.querySelector("[data-testid=stSidebar]").innerText.includes("{value + 1}")'
    since_event(page, "keydown", "body", reply)
    slider.press("ArrowRight")
    return took(page)


class Ticks:
    """Listens to the websocket: how long from each request to the end of the script run it asked for."""

    def __init__(self, page: Page) -> None:
        self.seconds: list[float] = []
        self._asked = 0.0
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda _: self._ask())
        socket.on("framereceived", self._answer)

    def _ask(self) -> None:
        self._asked = time.perf_counter()

    def _answer(self, frame: bytes | str) -> None:
        if isinstance(frame, bytes) and ForwardMsg.FromString(frame).WhichOneof("type") == "script_finished":
            self.seconds.append(time.perf_counter() - self._asked)


def print_row(name: str, seconds: list[float]) -> bool:
    median, limit = statistics.median(seconds), LIMITS[name]
    row = f"{name:36}{min(seconds):9.3f}{median:9.3f}{max(seconds):9.3f}{limit:9.3f}"
    print(row + ("" if median <= limit else "   over"))
    return median <= limit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mnist", default=os.environ.get("MNIST_ROOT", ""), help="folder with MNIST/raw")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    executable = shutil.which("chromium")
    if executable is None:
        sys.exit("no chromium on the path: apt-get install chromium")
    mnist = str(Path(options.mnist).resolve()) if options.mnist else ""
    results: dict[str, list[float]] = {name: [] for name in LIMITS}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        for round_number in range(options.rounds + 1):  # the first prepares what is on disk from then on
            seconds = start(page, 18600 + round_number, home, mnist)
            results["start to a usable page"] += [seconds] if round_number else []
        with served(18599, home, mnist) as address:
            wait_for_server(address)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            ticks = Ticks(page)
            page.goto(address)
            usable(page)
            for _ in range(options.rounds):
                results["click on Train to the final curve"].append(click_to_curve(page))
            page.get_by_role("tab", name="Draw").click()
            for _ in range(options.rounds):
                results["end of a stroke to the answer"].append(stroke_to_answer(page))
            page.get_by_role("tab", name="Train").click()
            page.get_by_test_id("stSidebar").get_by_text("Slow motion").click()
            page.get_by_test_id("stSidebar").get_by_role("button", name="Train", exact=True).click()
            page.get_by_text(re.compile("Learning, ")).wait_for()
            ticks.seconds.clear()
            page.wait_for_timeout(5000)
            results["server time of a live tick"] += ticks.seconds
            for _ in range(options.rounds):
                results["slider moved in a run, redrawn"].append(slider_redrawn(page))
                page.wait_for_timeout(300)
    print(f"{'seconds':36}{'min':>9}{'median':>9}{'max':>9}{'limit':>9}")
    within = [print_row(name, seconds) for name, seconds in results.items()]
    sys.exit(0 if all(within) else 1)


if __name__ == "__main__":
    main()
