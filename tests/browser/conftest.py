"""A real Chromium and a real server for the tests of this folder."""

import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    WebSocketRoute,
    expect,
)

from dashboard.lab.job_files import save_job
from mnist_core import Digits, Preprocessing, Run, TrainingConfig, train
from mnist_core.storage.file_store import new_id
from tests.support import browser as support
from tests.support.browser import LIMIT, OFFLINE, Swipe, Visit, served, usable

FAILED = pytest.StashKey[bool]()
BASE = "lab"  # the app does not stand at the root of its host: nothing in it may rely on that

expect.set_options(timeout=1000 * LIMIT)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, for its fixtures."""
    report = yield
    item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium or another one on the path; a test that needs it skips where there is none."""
    try:
        with support.chromium() as browser:
            yield browser
    except FileNotFoundError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], dict[str, str]]:
    """Make the environment of a server with empty folders of its own and no network: it has the sample."""

    def environment() -> dict[str, str]:
        folders = {
            f"DIGIT_LAB_{name}": str(tmp_path_factory.mktemp(name.lower())) for name in ("HOME", "CACHE")
        }
        return OFFLINE | folders

    return environment


@pytest.fixture(scope="session")
def lab_folders(offline: Callable[[], dict[str, str]]) -> dict[str, str]:
    """The environment of `lab`."""
    return offline()


@pytest.fixture(scope="session")
def lab(chromium: Browser, lab_folders: dict[str, str]) -> Iterator[str]:
    """The address of the app, with the sample: one server for all tests, as it is for all people.

    At the end it gets a Ctrl-C, must leave by itself, and its log must be clean.
    """
    with served(lab_folders, base=BASE) as address:
        yield address


@pytest.fixture(scope="session")
def components(chromium: Browser) -> Iterator[str]:
    """The address of a server with a page for each component: "?page=board", "chart" or "pictures"."""
    with served({}, Path(__file__).with_name("component_pages.py")) as address:
        yield address


@pytest.fixture(scope="session")
def trained(sample: Digits) -> Run:
    """A run with the sample digits that has ended, and reads what is drawn."""
    config = TrainingConfig(learning_rate=0.2, preprocessing=Preprocessing.DIRECTIONS)
    return Run(config, tuple(train(config, sample)), "sample")


@pytest.fixture(scope="session")
def trained_address(lab: str, lab_folders: dict[str, str], trained: Run) -> str:
    """A link to that run, which nobody of the tests has begun."""
    run_id = new_id()
    with pytest.MonkeyPatch.context() as own:
        own.setenv("DIGIT_LAB_HOME", lab_folders["DIGIT_LAB_HOME"])
        save_job(run_id, trained)
    return f"{lab}/?run={run_id}"


class Visits:
    """Opens pages, and hears what their consoles complain of.

    Each person has a browser of their own for each kind of screen. In it, a first page stays open: what it
    has compiled is there for the next ones, which are then open in 1 s in place of 3.
    """

    def __init__(self, chromium: Browser, lab: str) -> None:
        self.complaints: list[str] = []
        self._chromium = chromium
        self._lab = lab
        self._contexts: dict[tuple[str, bool], BrowserContext] = {}

    def open(
        self,
        address: str = "about:blank",
        *,
        person: str = "one",
        width: int = 1440,
        height: int = 900,
        color_scheme: Literal["light", "dark"] = "light",
        touch: bool = False,
        expected: str = "(?!)",  # a regular expression for complaints; this one matches nothing
    ) -> Page:
        def hear(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and not re.search(expected, message.text):
                self.complaints.append(message.text)

        page = self._context(person, touch).new_page()
        page.set_viewport_size(ViewportSize(width=width, height=height))
        page.emulate_media(color_scheme=color_scheme)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", hear)
        page.goto(address)
        return page

    def forget_people(self) -> None:
        """Make newcomers of everybody: a browser that has stored nothing is somebody new to the app."""
        for context in self._contexts.values():
            context.clear_cookies(name="digit_lab_person")
            context.pages[0].evaluate("localStorage.clear()")

    def _context(self, person: str, touch: bool) -> BrowserContext:
        if (person, touch) not in self._contexts:
            context = self._chromium.new_context(has_touch=touch, is_mobile=touch)
            context.set_default_timeout(1000 * LIMIT)
            self._compile(context.new_page())
            self._contexts[person, touch] = context
        return self._contexts[person, touch]

    def _compile(self, page: Page) -> None:
        """Have a browser compile the app, then cut that page off, which would come back with a new cookie."""
        connections: list[WebSocketRoute] = []

        def connect_once(connection: WebSocketRoute) -> None:
            if not connections:
                connections.append(connection.connect_to_server())

        page.route_web_socket(re.compile("_stcore/stream"), connect_once)
        page.goto(self._lab)
        usable(page)
        connections[0].close()


@pytest.fixture(scope="session")
def visits(chromium: Browser, lab: str) -> Visits:
    return Visits(chromium, lab)


@pytest.fixture(autouse=True)
def _no_complaints(visits: Visits) -> Iterator[None]:
    """Fail a test during which a page complained in its console."""
    yield
    heard, visits.complaints = visits.complaints, []
    assert heard == []


@pytest.fixture
def visit(visits: Visits, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Open an address in a new page, as somebody who has never been here; all are closed after the test.

    If the test failed, its report says what they showed.
    """
    visits.forget_people()
    pages: list[Page] = []

    def visit(*args: Any, **options: Any) -> Page:
        pages.append(visits.open(*args, **options))
        return pages[-1]

    yield visit
    for page in pages:
        if request.node.stash.get(FAILED, False) and not page.is_closed():
            request.node.add_report_section("teardown", "page", f"{page.url}\n{page.inner_text('body')}")
        page.close()


@pytest.fixture(scope="session")
def swipe() -> Swipe:
    """Put a finger down at the first of some points of the page, move it along them, and lift it."""

    def move(page: Page, points: list[tuple[float, float]]) -> None:
        session = page.context.new_cdp_session(page)
        for index, (x, y) in enumerate(points):
            kind = "touchMove" if index else "touchStart"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        session.detach()

    return move
