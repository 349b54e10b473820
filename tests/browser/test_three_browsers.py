"""The journeys of a person in Chromium, Firefox and WebKit, at the size of a desktop and of a phone.

The same steps for all, through WebDriver; a browser or a driver that is not installed is skipped. What each
part of the page does in detail is tested in Chromium, next to this file. The narrowest window is 447 px
wide in WebKitGTK, 500 in Firefox.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random

import pytest

from benchmarks.photos import make_photo
from mnist_core import Run, save_model
from tests.browser.test_draw import SEVEN
from tests.browser.test_frame import course_page
from tests.support.browser import DIGITS, served
from tests.support.webdriver import Driven, chromium, firefox, webkit

pytestmark = pytest.mark.thorough
DESKTOP, PHONE = (1440, 900), (375, 812)

# Finds elements also within components, which have shadow roots.
FIND = """
const find = (selector, root = document) => {
    const roots = [...root.querySelectorAll("*")].map((one) => one.shadowRoot).filter(Boolean);
    return [...root.querySelectorAll(selector), ...roots.flatMap((one) => find(selector, one))];
};
"""
# Presses the button, the tab or the like that has a name, once it can be pressed and no script runs.
PRESS = (
    FIND
    + """
const [where, name] = arguments;
if (!document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]')) return false;
const names = (one) => (one.getAttribute("aria-label") ?? one.innerText).split("\\n");
const places = find(where).flatMap((place) => find("button, summary, [role=tab]", place));
const found = places.filter((one) => !one.disabled && names(one).some((line) => line.trim() === name));
found.at(-1)?.click();
return found.length;
"""
)
# Opens the drawer that the sidebar is on a phone. Train closes it, once the code for that has come: it is in
# the component that takes over pushState, which in WebKit comes after the button.
OPEN_SIDEBAR = """
const closed = document.querySelector("[data-testid=stExpandSidebarButton]");
closed?.click();
const isReady = !String(history.pushState).includes("[native code]");
return !closed && isReady && document.querySelector(".st-key-train button") !== null;
"""
SAYS = f"{FIND} return find(arguments[0])[0]?.innerText?.includes(arguments[1])"
ANSWER = f"{FIND} return find('.answer').some((one) => one.innerText.trim() === arguments[0])"
BOARD = (
    FIND
    + """
const [canvas] = document.querySelectorAll(".st-key-board").length ? find("canvas.upper-canvas") : [];
if (!canvas || !document.querySelector('[data-test-script-state="notRunning"]')) return null;
canvas.scrollIntoView({ block: "center" });
canvas.dispatchEvent(new MouseEvent("mousemove", { bubbles: true }));
const { left, top, width, height } = canvas.getBoundingClientRect();
const above = document.elementFromPoint(left + width / 2, top + height / 2);
if (!above || above.closest("[data-testid=stSidebar]")) return null; // the drawer is still there
return getComputedStyle(canvas).cursor === "crosshair" && [left, top, width, height];
"""
)
# What a page saves is what a link names that it makes and clicks on.
KEEP_LINKS = """
HTMLAnchorElement.prototype.click = function () {
    if (this.hasAttribute("download")) window.saved = this.href;
};
"""
SAVED = """
if (!window.saved) return null;
const request = new XMLHttpRequest();
request.open("GET", window.saved, false);
request.send();
return request.responseText;
"""
PHOTO = "input[type=file][accept*='.webp']"
MODEL = "input[type=file][accept*='.safetensors']"
HEADLINE = ".st-key-headline"


@pytest.fixture(scope="module", params=[chromium, firefox, webkit], ids=lambda browser: browser.__name__)
def browser(request: pytest.FixtureRequest) -> Iterator[Driven]:
    opened: AbstractContextManager[Driven] = request.param()
    try:
        driven = opened.__enter__()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    yield driven
    opened.__exit__(None, None, None)


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, browser: Driven, lab: str) -> Driven:
    browser.resize(*request.param)
    browser.open(lab)
    browser.forget()
    browser.open(lab)
    return browser


def _press(page: Driven, name: str, where: str = "body") -> None:
    page.wait(PRESS, where, name)


def _train(page: Driven) -> str:
    """Train with the settings of the address, and return what it then says of the run."""
    page.wait(OPEN_SIDEBAR)  # on a phone it is a drawer
    _press(page, "Train", "[data-testid=stSidebar]")
    page.wait(SAYS, HEADLINE, "Finished")
    return _run_of(page)


def _draw(page: Driven, digit: int) -> None:
    for stroke in DIGITS[digit]:
        left, top, width, height = page.wait(BOARD)
        page.draw([(left + x * width, top + y * height) for x, y in stroke])


def _read_a_photo(page: Driven, folder: Path) -> None:
    """Have the photo of a 7 read."""
    photo = folder / "photo.jpg"
    photo.write_bytes(make_photo(SEVEN, Random(3)).jpeg)
    _press(page, "Read a photo")
    _upload(page, PHOTO, photo)
    page.wait(ANSWER, "7")


def _upload(page: Driven, control: str, file: Path) -> None:
    page.wait("return document.querySelector(arguments[0])", control)
    page.choose_file(control, file)


def _run_of(page: Driven) -> str:
    found = page.wait("return /run=[0-9a-f]{32}/.exec(location.href)?.[0]")
    assert isinstance(found, str)
    return found


def test_train_draw_read_a_photo_share_reopen_and_take_home(page: Driven, lab: str, tmp_path: Path) -> None:
    mine = _train(page)
    accuracy = page.wait("return document.querySelector('[data-testid=stMetricValue]')?.innerText")
    assert re.fullmatch(r"[89]\d\.\d %", accuracy.strip()), accuracy
    assert page.evaluate("return document.documentElement.scrollWidth <= innerWidth")

    page.open(f"{lab}/?preprocessing=directions&learning_rate=0.5")
    better = _train(page)
    assert better != mine
    _press(page, "Draw")
    _draw(page, 4)
    page.wait(ANSWER, "4")
    _press(page, "Clear")
    _read_a_photo(page, tmp_path)
    page.wait(SAYS, ".st-key-verdict", "Read from your photo.")

    _press(page, "Share")
    link = page.wait("return document.querySelector('input[aria-label=\"Link to this run\"]')?.value")
    assert link.endswith(better)
    page.evaluate(KEEP_LINKS)
    _press(page, "Web page", "[data-testid=stPopoverBody]")
    assert page.wait(SAVED).lstrip().lower().startswith("<!doctype html>")

    page.forget()  # somebody else opens the link
    page.open(link)
    page.wait(SAYS, HEADLINE, "Finished")
    page.wait(
        "return [...document.querySelectorAll('button')].some(one => one.textContent.includes(arguments[0]))",
        "Make a copy to train on",
    )


def test_a_room_is_opened_and_joined(page: Driven, lab: str) -> None:
    page.open(f"{lab}/?tab=Learn&learn=room")
    _press(page, "Open a room")
    code = page.wait("return document.querySelector('.room-code')?.innerText").replace(" ", "")
    page.wait("return document.cookie.includes('digit_lab_person')")  # or it is set after it was forgotten
    page.forget()
    page.open(f"{lab}/?tab=Learn&learn=room&room={code}")
    _press(page, "Join")
    page.wait(SAYS, ".st-key-learn", "You are in room")


def test_a_framed_page_trains_reads_takes_a_model_and_knows_the_person_again(
    browser: Driven,
    offline: Callable[[], dict[str, str]],
    trained: Run,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    if "webkit" in request.node.name:
        pytest.skip("WebKitGTK keeps no cookie in a frame of another site, so it uploads nothing there")
    model = tmp_path / "model.safetensors"
    save_model(model, trained.history[-1].model)
    with (
        course_page() as (course, framed),
        served({**offline(), "DIGIT_LAB_FRAME_ANCESTORS": course}) as address,
    ):
        framed.append(address.replace("127.0.0.1", "localhost"))
        browser.resize(*DESKTOP)
        browser.open(course)
        browser.enter("iframe")
        _press(browser, "Train", "[data-testid=stSidebar]")
        browser.wait(SAYS, HEADLINE, "Finished")
        _press(browser, "Share")
        _upload(browser, MODEL, model)
        browser.wait(SAYS, HEADLINE, "from a model file")
        _press(browser, "Draw")
        _draw(browser, 4)
        browser.wait(ANSWER, "4")
        _press(browser, "Clear")
        _read_a_photo(browser, tmp_path)
        browser.open(course)
        browser.enter("iframe")
        _press(browser, "Compare")
        browser.wait(f"{FIND} return find('.run-table tbody tr').length === 2")
        browser.open("about:blank")
