"""The page served on this machine, and a Chromium to look at it with."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
THREE = [
    (0.33, 0.25),
    (0.5, 0.18),
    (0.68, 0.25),
    (0.64, 0.4),
    (0.5, 0.46),
    (0.68, 0.54),
    (0.7, 0.72),
    (0.5, 0.82),
]


def start_server(
    home: Path, mnist: Path | None, script: str = "streamlit_app.py"
) -> tuple[subprocess.Popen[bytes], str]:
    """Serve a script with its runs in `home`; give the process, and its address once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script, f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", "--server.headless=true"]
    environment = {
        **os.environ,
        "DIGIT_LAB_HOME": str(home),
        "MNIST_ROOT": str(mnist.resolve() if mnist else ""),
    }
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    while server.poll() is None:
        try:
            requests.get(f"{address}/_stcore/health", timeout=5)
            break
        except requests.ConnectionError:
            time.sleep(0.01)
    return server, address


@contextmanager
def served(home: Path, mnist: Path | None, script: str = "streamlit_app.py") -> Iterator[str]:
    """Serve a script until the block ends; give its address."""
    server, address = start_server(home, mnist, script)
    try:
        yield address
    finally:
        server.terminate()
        server.wait()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the Chromium that is on the path."""
    executable = shutil.which("chromium")
    if executable is None:
        sys.exit("no chromium on the path: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


def press_train(page: Page) -> None:
    """Press Train, in the sidebar where it is open, as soon as it can be pressed."""
    buttons = page.get_by_role("button", name="Train", exact=True)
    buttons.and_(page.locator(":enabled:visible")).first.click()


def begin_three(page: Page) -> None:
    """Draw a 3 on the board with the mouse, and leave the button pressed."""
    board = page.locator(".st-key-board-paper")
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    assert box is not None
    points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in THREE]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points:
        page.mouse.move(*point, steps=4)
