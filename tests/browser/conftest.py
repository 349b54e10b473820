"""A real Chromium and a real server for the tests of this folder."""

import functools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

ROOT = Path(__file__).parents[2]
APP = ROOT / "streamlit_app.py"
START_LIMIT = 60  # seconds; torch alone may take ten to import on a busy machine
STOP_LIMIT = 20
LOOK_LIMIT = 30  # seconds; Playwright's 5 are short for a first page on a busy machine
QUIET = ["background-networking", "component-update", "sync"]
# Where a browser leaves before its first message, Streamlit closes the connection once more and logs that it
# could not. Nothing of ours is in that traceback.
LEFT_EARLY = re.compile(
    r"^Exception in ASGI application\n(?:(?!Exception in ASGI).)*?Disconnected: Cannot call \"send\"[^\n]*$",
    re.DOTALL | re.MULTILINE,
)
COMPLAINT = re.compile(r"traceback|warning|error|exception|uncaught", re.IGNORECASE)

expect.set_options(timeout=1000 * LOOK_LIMIT)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium or another one on the path; a test that needs it skips where there is none."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("no chromium on the path: apt-get install chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", *(f"--disable-{name}" for name in QUIET)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def serve(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Serve a script: `serve(script, *options, **environment)` returns its address.

    At the end of the module each server gets a Ctrl-C, must leave by itself, and its log must be clean.
    """
    with _servers(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="session")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], dict[str, str]]:
    """Make the environment of a server with empty folders of its own and no network: the sample it is."""

    def environment() -> dict[str, str]:
        return {
            "MNIST_ROOT": "",
            "DIGIT_LAB_HOME": str(tmp_path_factory.mktemp("home")),
            "DIGIT_LAB_CACHE": str(tmp_path_factory.mktemp("cache")),
            "https_proxy": "http://127.0.0.1:9",
            "http_proxy": "http://127.0.0.1:9",
            "no_proxy": "",
        }

    return environment


@pytest.fixture(scope="session")
def lab(
    chromium: Browser, offline: Callable[[], dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the app, with the sample: one server for all modules, as it is for all people."""
    with _servers(tmp_path_factory) as start:
        yield start(APP, **offline())


@pytest.fixture(scope="session")
def browser_context(chromium: Browser) -> Callable[..., BrowserContext]:
    """One for each kind of screen, so that Streamlit's own code is fetched and compiled once."""
    return functools.cache(chromium.new_context)


@pytest.fixture
def visit(browser_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., Page]]:
    """Open an address in a new page; any warning in its console fails the test, but for the expected."""
    complaints: list[str] = []
    pages: list[Page] = []

    def open_page(
        address: str = "about:blank",
        *,
        width: int = 1440,
        height: int = 900,
        color_scheme: Literal["light", "dark"] = "light",
        reduced_motion: Literal["reduce", "no-preference"] = "no-preference",
        touch: bool = False,
        expected: str = "(?!)",  # a regular expression; this one matches nothing
    ) -> Page:
        def hear(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and not re.search(expected, message.text):
                complaints.append(message.text)

        context = browser_context(reduced_motion=reduced_motion, has_touch=touch, is_mobile=touch)
        page = context.new_page()
        pages.append(page)
        page.set_viewport_size(ViewportSize(width=width, height=height))
        page.emulate_media(color_scheme=color_scheme)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", hear)
        page.goto(address)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert complaints == []


@pytest.fixture
def swipe() -> Callable[[Page, list[tuple[float, float]]], None]:
    """Put a finger down at the first of some points of the page, move it along them, and lift it."""

    def move(page: Page, points: list[tuple[float, float]]) -> None:
        session = page.context.new_cdp_session(page)
        for index, (x, y) in enumerate(points):
            kind = "touchMove" if index else "touchStart"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        session.detach()

    return move


@contextmanager
def _servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    servers: list[tuple[subprocess.Popen[bytes], Path]] = []

    def start(script: Path, *options: str, **environment: str) -> str:
        port = _free_port()
        log = tmp_path_factory.mktemp("server") / "log.txt"
        command = [sys.executable, "-m", "streamlit", "run", str(script)]
        command += [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
        command += ["--server.fileWatcherType=none", "--browser.gatherUsageStats=false", *options]
        with log.open("wb") as output:
            server = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        servers.append((server, log))
        base = next((option.partition("=")[2] for option in options if "baseUrlPath" in option), "")
        address = f"http://127.0.0.1:{port}/{base}".rstrip("/")
        _wait_until_healthy(f"{address}/_stcore/health", server, log)
        return address

    yield start

    for server, _ in servers:
        server.send_signal(signal.SIGINT)
    problems = [problem for server, log in servers if (problem := _problem(server, log))]
    assert problems == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _problem(server: subprocess.Popen[bytes], log: Path) -> str | None:
    """What went wrong with a server that was asked to leave, if anything."""
    try:
        code = server.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
        return f"still there {STOP_LIMIT} s after Ctrl-C:\n{log.read_text()}"
    text = LEFT_EARLY.sub("", log.read_text())
    if code != 0 or COMPLAINT.search(text):
        return f"left with {code}:\n{text}"
    return None


def _wait_until_healthy(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if server.poll() is not None:
            pytest.fail(f"the server left with {server.returncode}:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.05)
    pytest.fail(f"no answer from {url} within {START_LIMIT} s:\n{log.read_text()}")
