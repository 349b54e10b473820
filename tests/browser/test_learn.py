"""The tab Learn in a real Chromium: each challenge by keyboard, mouse and touch, and what is kept."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.learn.challenges.catalogue import CHALLENGES
from tests.browser.conftest import Visits
from tests.browser.test_access import PANEL, _severe
from tests.support.browser import DIGITS, Swipe, draw, open_tab, settled

CURVE, FIRST_STEP, TOO_FAST, SEED, PAIR, BREAK, PREPARATION, MAP = (one.title for one in CHALLENGES)


@dataclass(frozen=True)
class Hand:
    """A person with the tab Learn open, who uses the keyboard, a mouse, or a finger on a phone."""

    way: str
    page: Page
    swipe: Swipe

    def press(self, name: str, within: str = ".st-key-learn") -> None:
        """Press a button, once it is enabled and nothing runs that would replace it."""
        button = (
            self.page.locator(within).get_by_role("button", name=name).and_(self.page.locator(":enabled"))
        )
        self.press_on(button.first)

    def press_on(self, target: Locator, key: str = "Enter") -> None:
        expect(target).to_be_visible()
        settled(self.page)
        if self.way == "keyboard":
            target.press(key)
        elif self.way == "mouse":
            target.click()
        else:
            target.tap()

    def choose(self, key: str, name: str) -> None:
        """Choose one of several."""
        option = self.page.locator(f".st-key-{key} button", has_text=re.compile(f"^{name}$"))
        self.press_on(option, "Space")
        settled(self.page)

    def slide(self, key: str, value: str, steps: int | None = None) -> None:
        """Move a slider by so many steps to the right, or to its end, where it has this value."""
        box = self.page.locator(f".st-key-{key}")
        slider, track = box.locator("input[type=range]"), box.locator("[role=group] > div").first
        expect(slider).to_be_attached()
        settled(self.page)
        if self.way != "keyboard":
            last = int(slider.get_attribute("max") or 0)
            place = last if steps is None else int(slider.input_value()) + steps
            self._point_at(track, place / last)
        else:
            for press in ["End"] if steps is None else ["ArrowRight"] * steps:
                slider.press(press)
        expect(slider).to_have_attribute("aria-valuetext", value)

    def _point_at(self, track: Locator, share: float) -> None:
        track.scroll_into_view_if_needed()
        box = track.bounding_box()
        assert box
        x, y = box["x"] + share * (box["width"] - 1), box["y"] + box["height"] / 2
        if self.way == "mouse":
            self.page.mouse.click(x, y)
        else:
            self.page.touchscreen.tap(x, y)

    def sketch(self) -> None:
        """Sketch a curve that rises, in one sweep where there is a pointer."""
        sketch = self.page.locator(".sketch")
        expect(sketch).to_be_visible()
        sketch.scroll_into_view_if_needed()
        settled(self.page)
        if self.way == "keyboard":
            self._sketch_with_keys(sketch)
            return
        box, scrolled = sketch.bounding_box(), "document.querySelector('[data-testid=stMain]').scrollTop"
        assert box
        left, right = box["x"] + 60, box["x"] + box["width"] - 20
        low, high = box["y"] + box["height"] * 0.7, box["y"] + box["height"] * 0.15
        before = self.page.evaluate(scrolled)
        self.move([(left + (right - left) * k / 9, low + (high - low) * k / 9) for k in range(10)])
        drawn = _values(self.page)
        assert drawn == sorted(set(drawn))
        assert drawn[0] < 50 < drawn[-1]
        assert self.page.evaluate(scrolled) == before

    def _sketch_with_keys(self, sketch: Locator) -> None:
        sketch.get_by_role("slider").first.focus()
        for key in ("PageUp", "PageUp", "ArrowUp", "ArrowLeft", "ArrowUp", "Tab", "End", "PageDown"):
            self.page.keyboard.press(key)
        assert _values(self.page) == [31, 90, 10, 10, 10, 10]

    def move(self, points: list[tuple[float, float]]) -> None:
        """Move the mouse with its button down, or a finger, along points of the page."""
        if self.way == "touch":
            self.swipe(self.page, points)
            self.page.touchscreen.tap(1, 1)  # Chromium takes the first tap after a swipe for a part of it
            return
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        for point in points:
            self.page.mouse.move(*point)
        self.page.mouse.up()

    def list(self) -> Locator:
        """Return to the list of challenges."""
        open_tab(self.page, "Learn")
        expect(_main(self.page).get_by_text("Presenter's view")).to_be_visible()
        settled(self.page)
        if _main(self.page).get_by_role("button", name="All challenges").is_visible():
            self.press("All challenges")
        items = self.page.locator(".st-key-learn-list")
        expect(items.get_by_role("button", name=CURVE)).to_be_visible()
        return items

    def begin(self, title: str) -> None:
        """Open a challenge from the list."""
        self.list()
        self.press(title, within=".st-key-learn-list")
        expect(_main(self.page).get_by_role("heading", name=title)).to_be_visible()
        self.fits()

    def forget(self) -> None:
        """Forget what was guessed, if anything was."""
        items = self.list()
        settled(self.page)
        if items.get_by_text("done").count():
            self.press("Forget my guesses")
        expect(items.get_by_text("done")).to_have_count(0)

    def commit(self) -> None:
        """Commit to the guess; the answer is not shown yet."""
        self.press("This is my guess")
        self.fits()
        expect(_main(self.page).get_by_role("heading", name=re.compile("What happened|Why"))).to_have_count(0)

    def sees(self, *parts: str) -> None:
        """Expect the reveal with all its parts, nothing cut off, and nothing that breaks a rule of access."""
        for name in ("What happened", "Why"):
            expect(_main(self.page).get_by_role("heading", name=name)).to_be_visible()
        for part in parts:
            expect(self.page.locator(part).first).to_be_visible()
        self.fits()
        if self.way == "keyboard":
            assert _severe(self.page, PANEL) == []

    def fits(self) -> None:
        settled(self.page)
        assert _sideways(self.page) == []


WAYS: dict[str, dict[str, Any]] = {
    "keyboard": {},
    "mouse": {"person": "other", "color_scheme": "dark"},
    "touch": {"color_scheme": "dark", "width": 375, "height": 812, "touch": True},
}


@pytest.fixture(scope="module")
def hands(visits: Visits, lab: str, swipe: Swipe) -> Iterator[Callable[[str], Hand]]:
    """Give the page as somebody has it open who does one challenge after the other in one of the ways."""
    with visits.closed_at_the_end() as visit:
        pages: dict[str, Page] = {}

        def hand(way: str) -> Hand:
            if way not in pages:
                pages[way] = visit(f"{lab}/?tab=Learn", **WAYS[way])
                expect(_main(pages[way]).get_by_role("button", name=CURVE)).to_be_visible()
            return Hand(way, pages[way], swipe)

        yield hand


@pytest.fixture(params=WAYS)
def hand(request: pytest.FixtureRequest, hands: Callable[[str], Hand]) -> Hand:
    """One person for each way."""
    return hands(request.param)


# A mouse presses Streamlit's own controls as a finger does; what is ours is tried with both each time.
controls = pytest.mark.parametrize(
    "hand", ["keyboard", pytest.param("mouse", marks=pytest.mark.thorough), "touch"], indirect=True
)


def _main(page: Page) -> Locator:
    return page.locator(".st-key-learn")


def _values(page: Page) -> list[int]:
    return [
        int(one.get_attribute("aria-valuenow") or -1) for one in page.locator(".sketch [role=slider]").all()
    ]


def test_the_curve_is_sketched_and_lies_under_that_of_the_run(hand: Hand) -> None:
    hand.begin(CURVE)
    expect(_main(hand.page).get_by_role("button", name="This is my guess")).to_be_disabled()
    hand.sketch()
    hand.commit()
    hand.press("Train with these settings")
    hand.sees(".st-key-sketched-curve .scatterlayer .trace")
    expect(hand.page.locator(".st-key-sketched-curve .scatterlayer .trace")).to_have_count(2)


def test_the_picture_of_the_first_step_is_chosen(hand: Hand) -> None:
    hand.begin(FIRST_STEP)
    picture = hand.page.locator(".st-key-first-step-choice button").nth(2)
    hand.press_on(picture)
    expect(picture).to_have_attribute("aria-pressed", "true")
    hand.commit()
    hand.press("Take the first step")
    hand.sees(".st-key-first-step-result canvas")
    expect(_main(hand.page)).to_contain_text("No other picture comes as near")


@controls
def test_the_edge_is_found(hand: Hand) -> None:
    hand.begin(TOO_FAST)
    hand.slide("too-fast-guess", "0.5", 3)
    hand.commit()
    for rate in (0.5, 2, 1):
        hand.press(f"Train at {rate}")
    hand.sees(".st-key-peak-losses .main-svg")
    expect(_main(hand.page)).to_contain_text("The edge is between 0.5 and 1")


@controls
def test_two_seeds_are_compared(hand: Hand) -> None:
    hand.begin(SEED)
    hand.slide("seed-count", "200")
    hand.choose("seed-answer", "No, chance explains it")
    hand.commit()
    hand.press("Train five seeds")
    hand.sees(".st-key-seed-accuracies .main-svg")
    expect(_main(hand.page)).to_contain_text("you expected 200")


@controls
def test_the_confused_pair_is_named(hand: Hand) -> None:
    hand.begin(PAIR)
    hand.choose("pair-one", "4")
    hand.choose("pair-other", "9")
    hand.commit()
    hand.press("Train with these settings")
    hand.sees(".st-key-confused-pair .main-svg", ".st-key-pair-margin .main-svg")
    hand.press("See these mistakes in Look inside")
    expect(hand.page.locator(".st-key-gallery canvas").first).to_be_visible()


@controls
def test_the_readers_of_five_inputs_are_compared(hand: Hand) -> None:
    hand.begin(PREPARATION)
    hand.choose("preparation-right", "moments")
    hand.press("This is my guess")
    train = _main(hand.page).get_by_role("button", name="Train the four models")
    expect(train.or_(_main(hand.page).get_by_role("heading", name="What happened"))).to_be_visible()
    if train.is_visible():  # else somebody has trained them already
        hand.press_on(train)
    hand.sees(".st-key-preparation-inputs canvas", ".numbers")
    expect(_main(hand.page)).to_contain_text("You expect these to read it as 3: moments.")


@controls
def test_five_tries_lead_to_the_map(hand: Hand) -> None:
    hand.begin(MAP)
    train = _main(hand.page).get_by_role("button", name="Train them all")
    expect(train.or_(_main(hand.page).get_by_role("heading", name="Try 1 of 5"))).to_be_visible()
    if train.is_visible():  # else somebody has trained them already
        hand.press_on(train)
    for number, rate in enumerate(("0.05", "0.1", "0.2", "0.5", "1")):
        expect(_main(hand.page).get_by_role("heading", name=f"Try {number + 1} of 5")).to_be_visible()
        hand.slide(f"map-rate-{number}", rate, 1)
        hand.press("Try these")
    hand.sees(".st-key-learn-map .main-svg")


@controls
def test_the_reader_is_broken_by_a_drawing_and_says_where(hand: Hand, trained_address: str) -> None:
    hand.page.goto(f"{trained_address}&tab=Learn")
    hand.begin(BREAK)
    hand.choose("break-digit", "1")  # what is drawn is a 7, which it will read
    hand.choose("break-way", "add a stroke")
    hand.commit()
    hand.press("Open the tab Draw")
    draw(hand.page, DIGITS[7])
    expect(hand.page.locator(".answer")).to_have_text("7")
    open_tab(hand.page, "Learn")
    expect(_main(hand.page)).to_contain_text("You have broken it: it reads your 1 as 7")
    hand.sees(".st-key-break-evidence canvas")
    expect(_main(hand.page)).to_contain_text("the stroke there did the most")


def test_what_was_done_is_there_after_a_reload_and_can_be_forgotten(hands: Callable[[str], Hand]) -> None:
    hand = hands("keyboard")
    hand.forget()
    hand.begin(FIRST_STEP)
    hand.press_on(hand.page.locator(".st-key-first-step-choice button").first)
    hand.commit()
    hand.press("Take the first step")
    expect(_main(hand.page).get_by_role("heading", name="Why")).to_be_visible()
    expect(hand.list().get_by_text("done")).to_have_count(1)
    hand.page.reload()
    expect(_main(hand.page).get_by_text("done")).to_have_count(1)
    hand.press(FIRST_STEP)
    expect(hand.page.locator(".st-key-first-step-result canvas").first).to_be_visible()
    hand.forget()
    kept = "Object.keys(localStorage).filter((name) => name.endsWith('learn'))"
    assert hand.page.evaluate(kept) == []


def test_a_presenter_goes_from_part_to_part_with_the_arrow_keys(hands: Callable[[str], Hand]) -> None:
    hand = hands("keyboard")
    page = hand.page
    size = "() => document.querySelector('.st-key-learn p').getBoundingClientRect().height"
    hand.list()
    hand.press("How it works")
    expect(_main(page).get_by_role("heading", name="9 · The test")).to_be_visible()
    before = page.evaluate(size)
    _main(page).get_by_text("Presenter's view").click()
    page.wait_for_function(f"before => ({size})() > before", arg=before)
    expect(page.locator(".st-key-slow_motion input")).to_be_checked()
    page.evaluate("document.activeElement.blur()")
    page.emulate_media(reduced_motion="reduce")
    for heading in ("1 · A digit", "Four inputs", "2 · One weight"):
        page.keyboard.press("ArrowRight")
        place = _main(page).get_by_role("heading", name=heading)
        expect(place).to_be_in_viewport()
        page.wait_for_function(
            "heading => Math.abs(heading.getBoundingClientRect().top - 80) < 9", arg=place.element_handle()
        )
    page.keyboard.press("PageUp")
    expect(_main(page).get_by_role("heading", name="Four inputs")).to_be_in_viewport()
    _main(page).get_by_text("Presenter's view").click()
    expect(page.locator(".st-key-slow_motion input")).not_to_be_checked()


def test_back_leads_back_as_soon_as_the_browser_has_the_new_address(hands: Callable[[str], Hand]) -> None:
    page = hands("keyboard").page
    for title in (CURVE, PAIR):
        hands("keyboard").begin(title)
        page.wait_for_url(re.compile("learn="))
        page.go_back()
        expect(page.locator(".st-key-learn-list")).to_be_visible()


def _sideways(page: Page) -> list[str]:
    """Find what reaches out of the page to the right."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".st-key-learn :not(input[type=range])")]
            .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)
            .map(one => one.outerHTML.slice(0, 120))"""
    )
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("the page scrolls sideways")
    return found
