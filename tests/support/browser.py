"""Serve the app, open it in Chromium and use it, for tests/browser and for the benchmarks of the page."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from playwright.sync_api import Browser, Frame, Locator, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.support.paths import APP, ROOT

LIMIT = 120.0  # seconds; only what has failed waits so long, however busy the machine
EXECUTABLES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",  # Streamlit's code is compiled once, not for each page: 2 s in place of 3
)
OFFLINE = {
    "MNIST_ROOT": "",
    "https_proxy": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "no_proxy": "",
}

# If a browser leaves before its first message, Streamlit closes the connection once more and logs that it
# could not. Nothing in that traceback is ours. Our log escapes the message's own line break.
LEFT_EARLY = re.compile(
    r"^Exception in ASGI application(?:\\n)?\n"
    r"(?:(?!Exception in ASGI).)*?Disconnected: Cannot call \"send\"[^\n]*$",
    re.DOTALL | re.MULTILINE,
)
COMPLAINT = re.compile(r"traceback|warning|error|exception|uncaught|refused", re.IGNORECASE)

Stroke = Sequence[tuple[float, float]]  # (x, y), as shares of the board's side
T = TypeVar("T")
Visit = Callable[..., Page]  # the fixture of tests/browser that opens an address
Swipe = Callable[[Page, list[tuple[float, float]]], None]  # moves a finger along points of a page


class ServerError(Exception):
    """A server did not start, did not leave, or logged a complaint."""


@dataclass
class Server:
    """A Streamlit server on this machine, which answers at `address`."""

    process: subprocess.Popen[bytes]
    address: str
    log: IO[bytes]

    def text(self) -> str:
        """Return what the server has logged so far."""
        self.log.seek(0)
        return self.log.read().decode()

    def stop(self, number: int = signal.SIGINT) -> None:
        """Send a signal, by default that of Ctrl-C; ServerError if the server stays, or has complained."""
        self.process.send_signal(number)
        try:
            code = self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            log = self.text()
            self.kill()
            raise ServerError(f"still there {LIMIT:.0f} s after signal {number}:\n{log}") from None
        log = self.text()
        self.log.close()
        if code != 0 or COMPLAINT.search(LEFT_EARLY.sub("", log)):
            raise ServerError(f"left with {code}:\n{log}")

    def kill(self) -> None:
        """End the server at once."""
        self.process.kill()
        self.process.wait()
        self.log.close()


def start_server(
    environment: Mapping[str, str],
    script: Path = APP,
    *,
    base: str = "",
    command: str = "",
    cwd: Path = ROOT,
) -> Server:
    """Serve a script, or what a module serves as a command; return when it answers.

    With additions to the environment, under a base path, and in a folder.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    begin = [command] if command else ["streamlit", "run", str(script), "--server.address=127.0.0.1"]
    flags = [f"--server.port={port}", "--server.headless=true", f"--server.baseUrlPath={base}"]
    log = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the server ends
    process = subprocess.Popen(
        [sys.executable, "-m", *begin, *flags],
        cwd=cwd,
        env={**os.environ, "DIGIT_LAB_PROCESSES": "", "PYTHONPATH": str(ROOT), **environment},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    server = Server(process, f"http://127.0.0.1:{port}/{base}".rstrip("/"), log)
    deadline = time.monotonic() + LIMIT
    while not _is_healthy(server.address):
        if process.poll() is not None or time.monotonic() > deadline:
            log_so_far = server.text()
            server.kill()
            raise ServerError(f"no answer from {server.address}:\n{log_so_far}")
        time.sleep(0.01)
    return server


def _is_healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5):
            return True
    except OSError:  # also what a server that is just coming up breaks off
        return False


@contextmanager
def served(environment: Mapping[str, str], script: Path = APP, *, base: str = "") -> Iterator[str]:
    """Serve a script until the block ends, and give its address; ServerError if anything went wrong."""
    server = start_server(environment, script, base=base)
    try:
        yield server.address
    finally:
        server.stop()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the Chromium that is on the path; FileNotFoundError if there is none."""
    executable = next(filter(None, map(shutil.which, EXECUTABLES)), None)
    if executable is None:
        raise FileNotFoundError("no chromium on the path: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


def eventually(read: Callable[[], T], holds: Callable[[T], bool]) -> T:
    """Read until what is read holds, and return it; AssertionError with what was read last."""
    deadline = time.monotonic() + LIMIT
    last: object = None
    while time.monotonic() < deadline:
        try:
            value = read()
        except PlaywrightError as error:  # what was being read has been replaced
            last = error
        else:
            if holds(value):
                return value
            last = value
        time.sleep(0.05)
    raise AssertionError(f"after {LIMIT:.0f} s: {last}")


def usable(page: Page) -> None:
    """Wait until Train can be pressed."""
    _of_sidebar(page, "Train").and_(page.locator(":enabled")).wait_for(state="attached")


def settled(page: Page) -> None:
    """Wait until no script runs and the page is painted: what is changed before that may be set back."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def press(page: Page, name: str) -> None:
    """Press a button of the sidebar, which is opened first where it is a drawer.

    Like the other functions that press something, it keeps to the pace of a person, who sees the page answer
    before pressing the next: what follows within milliseconds can replace it, see dashboard/ui/button.py.
    """
    usable(page)
    settled(page)
    drawer = page.get_by_test_id("stExpandSidebarButton")
    if drawer.is_visible():
        drawer.click()
    _of_sidebar(page, name).click()


def _of_sidebar(page: Page, name: str) -> Locator:
    return page.get_by_test_id("stSidebar").get_by_role("button", name=name, exact=True)


def switch(page: Page, name: str) -> None:
    """Turn a switch of the sidebar on or off."""
    settled(page)
    page.get_by_test_id("stSidebar").get_by_text(name, exact=True).click()


def press_space(page: Page) -> None:
    """Press the space key where no control has the focus."""
    settled(page)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")


def open_tab(page: Page, name: str) -> None:
    """Open one of the tabs; while the page runs, what was on it may still be there beside the new."""
    settled(page)
    page.get_by_role("tab", name=name, exact=True).click()
    settled(page)


def number(page: Page, label: str) -> Locator:
    """Find one of the large numbers above the tabs."""
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


# What `number` of "Epoch" says once a run has learned anything, for `expect`.
BEGUN = re.compile(r"^(0\.\d*[1-9]|[1-9])")


def run_id(page: Page) -> str:
    """Read the run of the address once it names one."""
    page.wait_for_url(_RUN)
    found = _RUN.search(page.url)
    assert found
    return found[1]


_RUN = re.compile("run=([0-9a-f]{32})")


def headline(page: Page) -> Locator:
    """Find what the page says of the run: its settings, and below them how far it has come."""
    return page.get_by_test_id("stMain").get_by_test_id("stProgress").last


def _strokes(*lines: str) -> list[Stroke]:
    """Read strokes from points "x,y x,y ..." in hundredths of the board."""
    points = [[point.split(",") for point in line.split()] for line in lines]
    return [[(int(x) / 100, int(y) / 100) for x, y in line] for line in points]


DIGITS = {
    0: _strokes("50,20 36,30 32,50 37,70 50,80 63,70 68,50 63,30 50,20"),
    1: _strokes("50,20 50,40 50,60 50,80"),
    2: _strokes("34,32 42,22 56,21 65,30 62,45 48,62 33,78 50,78 70,77"),
    3: _strokes("34,25 50,20 64,27 62,40 48,48 63,54 67,68 55,79 33,75"),
    4: _strokes("42,20 36,40 32,55 50,55 72,54", "62,30 60,55 58,82"),
    7: _strokes("30,24 50,23 70,23 60,45 50,65 44,82"),
}

# A board that has just come does not draw yet; once it does, its cursor says so when the mouse moves.
TAKES_STROKES = """canvas => {
    canvas.dispatchEvent(new MouseEvent("mousemove", { bubbles: true }));
    return getComputedStyle(canvas).cursor === "crosshair";
}"""


def draw(
    page: Page,
    strokes: Sequence[Stroke],
    *,
    frame: Frame | None = None,
    board: str = "board",
    left: float = 0,
    top: float = 0,
    scale: float = 1,
    steps: int = 3,
    lift: bool = True,
) -> None:
    """Draw strokes with the mouse on the board with this key, once it takes them.

    (left, top) and scale place them on the board, in shares of its side. Without `lift`, the button is still
    down after the last stroke. The board may be in a frame of the page.
    """
    place = frame or page
    canvas = place.locator(f".st-key-{board} canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
    place.wait_for_function(TAKES_STROKES, arg=canvas.element_handle())
    box = canvas.bounding_box()
    assert box is not None
    for index, stroke in enumerate(strokes):
        points = [
            (
                round(box["x"] + box["width"] * (left + scale * x), 3),
                round(box["y"] + box["height"] * (top + scale * y), 3),
            )
            for x, y in stroke
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points:
            page.mouse.move(*point, steps=steps)
        if lift or index < len(strokes) - 1:
            page.mouse.up()
