"""The tab Learn in a real Chromium: the challenges by keyboard, mouse and touch, and the lesson."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.learn.challenges.catalogue import CHALLENGES
from tests.browser.rules import expect_access, expect_fits, expect_prints
from tests.support.browser import (
    DIGITS,
    Swipe,
    Visit,
    draw,
    eventually,
    headline,
    open_tab,
    press,
    press_space,
    settled,
)

CURVE, FIRST_STEP, TOO_FAST, SEED, PAIR, BREAK, PREPARATION, MAP, FEW = (one.title for one in CHALLENGES)


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
        """Sketch a curve that rises, in one sweep of the mouse or a finger; before that with the keyboard."""
        sketch = self.page.locator(".sketch")
        expect(sketch).to_be_visible()
        sketch.scroll_into_view_if_needed()
        settled(self.page)
        if self.way == "keyboard":
            self._sketch_with_keys(sketch)
        box, scrolled = sketch.bounding_box(), "document.querySelector('[data-testid=stMain]').scrollTop"
        assert box
        left, right = box["x"] + 60, box["x"] + box["width"] - 20
        low, high = box["y"] + box["height"] * 0.7, box["y"] + box["height"] * 0.15
        before = self.page.evaluate(scrolled)
        self.move([(left + (right - left) * k / 9, low + (high - low) * k / 9) for k in range(10)])
        eventually(
            lambda: _values(self.page),
            lambda drawn: drawn == sorted(set(drawn)) and drawn[0] < 50 < drawn[-1],
        )
        assert self.page.evaluate(scrolled) == before

    def _sketch_with_keys(self, sketch: Locator) -> None:
        sketch.get_by_role("slider").first.focus()
        for key in ("PageUp", "PageUp", "ArrowUp", "ArrowLeft", "ArrowUp", "Tab", "End", "PageDown"):
            self.page.keyboard.press(key)
        eventually(lambda: _values(self.page), lambda drawn: drawn == [31, 90, 10, 10, 10, 10])

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
        items = self.page.locator(".st-key-learn-list")
        back = _main(self.page).get_by_role("button", name="All challenges")
        expect(items.or_(back).first).to_be_visible()
        settled(self.page)
        if back.is_visible():
            self.press("All challenges")
        expect(items.get_by_role("button", name=CURVE)).to_be_visible()
        return items

    def begin(self, title: str) -> None:
        """Open a challenge from the list."""
        self.list()
        self.press(title, within=".st-key-learn-list")
        expect(_main(self.page).get_by_role("heading", name=title)).to_be_visible()
        self.fits()

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
            expect_access(self.page, themes=["light"])
            width = self.page.evaluate("innerWidth")
            expect_fits(self.page, ".st-key-learn", 375)
            expect_fits(self.page, ".st-key-learn", width)
            expect_prints(self.page, ".st-key-learn", 2)

    def fits(self) -> None:
        expect_fits(self.page, ".st-key-learn")


WAYS: dict[str, dict[str, Any]] = {
    "keyboard": {},
    "mouse": {"person": "other", "color_scheme": "dark"},
    "touch": {"color_scheme": "dark", "width": 375, "height": 812, "touch": True},
}


def _main(page: Page) -> Locator:
    return page.locator(".st-key-learn")


def _middle(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _values(page: Page) -> list[int]:
    return [
        int(one.get_attribute("aria-valuenow") or -1) for one in page.locator(".sketch [role=slider]").all()
    ]


def _sketch_the_curve(hand: Hand) -> None:
    hand.begin(CURVE)
    expect(_main(hand.page).get_by_role("button", name="This is my guess")).to_be_disabled()
    hand.sketch()
    hand.commit()
    hand.press("Train with these settings")
    hand.sees(".st-key-sketched-curve .scatterlayer .trace")
    expect(hand.page.locator(".st-key-sketched-curve .scatterlayer .trace")).to_have_count(3)
    # The headline tells the end at once: no film is shown behind another tab.
    expect(hand.page.locator(".st-key-headline")).to_contain_text("10 of 10")
    expect(hand.page.locator("html[data-film]")).to_have_count(0)


def _choose_the_picture_of_the_first_step(hand: Hand) -> None:
    hand.begin(FIRST_STEP)
    pictures = hand.page.locator(".st-key-first-step-choice button")
    if hand.way == "keyboard":
        pictures.nth(1).click()  # with the mouse
        expect(pictures.nth(1)).to_have_attribute("aria-pressed", "true")
    picture = pictures.nth(2)
    hand.press_on(picture)
    expect(picture).to_have_attribute("aria-pressed", "true")
    hand.commit()
    hand.press("Take the first step")
    hand.sees(".st-key-first-step-result canvas")
    expect(_main(hand.page)).to_contain_text("No other picture comes as near")


def _find_the_edge(hand: Hand) -> None:
    hand.begin(TOO_FAST)
    hand.slide("too-fast-guess", "0.5", 3)
    hand.commit()
    for rate in (0.5, 2, 1):
        hand.press(f"Train at {rate}")
    hand.sees(".st-key-losses-of-rates .main-svg")
    expect(_main(hand.page)).to_contain_text("The edge is between 0.5 and 1")


def _compare_two_seeds(hand: Hand) -> None:
    hand.begin(SEED)
    hand.slide("seed-count", "200")
    hand.choose("seed-answer", "No, chance explains it")
    hand.commit()
    hand.press("Train five seeds")
    hand.sees(".st-key-seed-differences .main-svg", ".st-key-seed-accuracies .main-svg")
    expect(_main(hand.page)).to_contain_text("you expected 200")


def _name_the_confused_pair(hand: Hand) -> None:
    hand.begin(PAIR)
    hand.choose("pair-one", "4")
    hand.choose("pair-other", "9")
    hand.commit()
    hand.press("Train with these settings")
    hand.sees(".st-key-confused-pair .main-svg", ".st-key-pair-margin .main-svg")
    hand.press("See these mistakes in Look inside")
    expect(hand.page.locator(".st-key-gallery canvas").first).to_be_visible()


def _compare_the_readers_of_the_inputs(hand: Hand) -> None:
    hand.begin(PREPARATION)
    hand.choose("preparation-right", "moments")
    hand.press("This is my guess")
    train = _main(hand.page).get_by_role("button", name="Train the four models")
    expect(train.or_(_main(hand.page).get_by_role("heading", name="What happened"))).to_be_visible()
    if train.is_visible():  # else somebody has trained them already
        hand.press_on(train)
    hand.sees(".st-key-preparation-inputs canvas", ".numbers")
    expect(_main(hand.page)).to_contain_text("these read it as 3: moments.")


def _find_the_map_in_five_tries(hand: Hand) -> None:
    hand.begin(MAP)
    train = _main(hand.page).get_by_role("button", name="Train them all")
    for number, rate in enumerate(("0.05", "0.1", "0.2", "0.5", "1")):
        heading = _main(hand.page).get_by_role("heading", name=f"Try {number + 1} of 5")
        expect(train.or_(heading)).to_be_visible()
        if train.is_visible():  # after the first try, unless somebody has trained them already
            hand.press_on(train)
        expect(heading).to_be_visible()
        hand.slide(f"map-rate-{number}", rate, 1)
        hand.press("Try these")
    hand.sees(".st-key-learn-map .main-svg")


def _guess_how_few_digits_are_enough(hand: Hand) -> None:
    hand.begin(FEW)
    hand.slide("few-digits-gap", "20", 4)
    hand.press("This is my guess")  # what follows may be there already
    train = _main(hand.page).get_by_role("button", name="Train them all")
    happened = _main(hand.page).get_by_role("heading", name="What happened")
    expect(train.or_(happened)).to_be_visible()
    if train.is_visible():  # else somebody has trained them already
        hand.press_on(train)
    expect(happened).to_be_visible()
    hand.sees(".st-key-few-digits .main-svg")


def _break_the_reader(hand: Hand) -> None:
    hand.begin(BREAK)
    hand.choose("break-digit", "1")  # what is drawn is a 7, which it will read
    hand.choose("break-way", "add a stroke")
    hand.commit()
    draw(hand.page, DIGITS[7], board="break-paper")
    expect(_main(hand.page)).to_contain_text("You have broken it: it reads your 1 as 7")
    hand.sees(".st-key-break-evidence canvas")
    expect(_main(hand.page)).to_contain_text("the stroke there did the most")


# Each journey does some of the challenges one after the other. What is ours is tried with the keyboard, a
# mouse and a finger, the mouse beside the keyboard; Streamlit's own controls with the keyboard, and with the
# others in --thorough.
PICTURES = (_sketch_the_curve, _choose_the_picture_of_the_first_step)
CONTROLS = (_find_the_edge, _compare_two_seeds, _name_the_confused_pair)
READERS = (
    _compare_the_readers_of_the_inputs,
    _find_the_map_in_five_tries,
    _guess_how_few_digits_are_enough,
)
JOURNEYS = [
    pytest.param("keyboard", PICTURES + CONTROLS, id="keyboard-training"),
    pytest.param("keyboard", (_break_the_reader, *READERS), id="keyboard-reading"),
    pytest.param("touch", (*PICTURES, _break_the_reader), id="touch-pictures"),
    pytest.param("touch", CONTROLS + READERS, id="touch-rest", marks=pytest.mark.thorough),
    pytest.param("mouse", PICTURES + CONTROLS + READERS, id="mouse", marks=pytest.mark.thorough),
]


@pytest.mark.parametrize(("way", "challenges"), JOURNEYS)
def test_challenges_lead_from_a_guess_to_what_happened_and_why(
    visit: Visit, swipe: Swipe, trained_address: str, way: str, challenges: tuple[Callable[[Hand], None], ...]
) -> None:
    page = visit(f"{trained_address}&tab=Learn", **WAYS[way])
    expect(_main(page).get_by_role("button", name=CURVE)).to_be_visible()
    for challenge in challenges:
        challenge(Hand(way, page, swipe))


def test_what_was_done_is_there_after_a_reload_and_can_be_forgotten(
    visit: Visit, swipe: Swipe, lab: str
) -> None:
    page = visit(f"{lab}/?tab=Learn")
    hand = Hand("keyboard", page, swipe)
    for title in (CURVE, PAIR):
        hand.begin(title)
        page.wait_for_url(re.compile("learn="))
        page.go_back()  # as soon as the browser has the new address
        expect(page.locator(".st-key-learn-list")).to_be_visible()
    hand.begin(FIRST_STEP)
    hand.press_on(page.locator(".st-key-first-step-choice button").first)
    hand.commit()
    hand.press("Take the first step")
    expect(_main(page).get_by_role("heading", name="Why")).to_be_visible()
    expect(hand.list().get_by_text("done")).to_have_count(1)
    page.reload()
    expect(_main(page).get_by_text("done")).to_have_count(1)
    hand.press(FIRST_STEP)
    expect(page.locator(".st-key-first-step-result canvas").first).to_be_visible()
    items = hand.list()
    hand.press("Forget my guesses")
    expect(items.get_by_text("done")).to_have_count(0)
    kept = "Object.keys(localStorage).filter((name) => name.endsWith('learn'))"
    eventually(lambda: page.evaluate(kept), lambda names: names == [])


def test_the_lesson_follows_a_run_fits_a_phone_and_can_be_presented(visit: Visit, lab: str) -> None:
    # The widest numbers. Formulas that do not fit would have to be scrolled.
    page = visit(f"{lab}/?learning_rate=5&batch_size=1&epochs=2&tab=Learn")
    lesson = page.locator(".st-key-learn")
    lesson.get_by_role("button", name="How it works").click()
    expect(lesson.get_by_role("heading", name="9 · The test")).to_be_visible()
    expect(page.get_by_text("an untrained model")).to_be_attached()
    expect_fits(page, ".st-key-learn", 375)
    page.set_viewport_size({"width": 1440, "height": 900})
    press(page, "Next")  # begins a run that is paused
    expect(headline(page)).to_contain_text("Paused")
    press(page, "Next")
    expect(page.get_by_text("your run at epoch 0.")).to_be_attached()
    expect_fits(page, ".st-key-learn", 375)

    page.set_viewport_size({"width": 1440, "height": 900})
    settled(page)
    heading = page.get_by_role("heading", name="5 · The loss")
    heading.evaluate("heading => heading.scrollIntoView({ block: 'start' })")
    place = "heading => Math.round(heading.getBoundingClientRect().top)"
    before = heading.evaluate(place)
    press_space(page)
    expect(page.get_by_text("your run at epoch 2")).to_be_attached()
    # Not the scroll offset: where a number above takes another line, the browser moves it to keep the place.
    eventually(lambda: heading.evaluate(place), lambda now: abs(now - before) <= 1)
    expect_fits(page, ".st-key-learn", 375)

    page.set_viewport_size({"width": 1440, "height": 900})
    size = "() => document.querySelector('.st-key-learn p').getBoundingClientRect().height"
    settled(page)
    usual = page.evaluate(size)
    lesson.get_by_text("Presenter's view").click()
    page.wait_for_function(f"usual => ({size})() > usual", arg=usual)
    expect(page.locator(".st-key-slow_motion input")).to_be_checked()
    settled(page)
    page.emulate_media(reduced_motion="reduce")
    page.eval_on_selector("[data-testid=stMain]", "main => main.scrollTo(0, 0)")
    for key, title in (
        ("ArrowRight", "1 · A digit"),
        ("ArrowRight", "2 · One weight"),
        ("ArrowRight", "3 · Ten sums"),
        ("PageUp", "2 · One weight"),
    ):
        page.keyboard.press(key)
        place_of = lesson.get_by_role("heading", name=title)
        expect(place_of).to_be_in_viewport()
        page.wait_for_function(
            "heading => Math.abs(heading.getBoundingClientRect().top - 16) < 9", arg=place_of.element_handle()
        )
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-slow_motion input")).not_to_be_checked()


def test_a_challenge_is_presented_with_the_keyboard_alone_and_question_guess_and_curve_stay_in_sight(
    visit: Visit, lab: str
) -> None:
    page = visit(f"{lab}/?tab=Learn&learn=curve", width=1280, height=720)
    switch, learn = page.locator(".st-key-presenting input"), _main(page)
    expect(learn.locator(".sketch")).to_be_visible()
    settled(page)
    switch.press("Space")
    page.keyboard.press("Space")  # at once: it does not turn the switch off again
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(headline(page)).to_be_hidden()
    expect(switch).to_be_checked()
    settled(page)
    bottom = "element => element.getBoundingClientRect().bottom"
    assert learn.get_by_role("button", name="This is my guess").evaluate(bottom) <= 720
    knob = learn.locator(".sketch-knob").nth(4)
    x, y = _middle(knob)
    page.mouse.click(x, y - 90)  # what is under the mouse moves, however large the page is
    eventually(lambda: _middle(knob), lambda now: math.dist(now, (x, y - 90)) < 3)
    learn.get_by_role("slider").first.focus()
    page.keyboard.press("PageUp")
    expect(learn.get_by_role("button", name="This is my guess")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(learn.get_by_role("button", name="Train with these settings")).to_be_visible()
    chart = page.locator(".st-key-sketched-curve")
    expect(chart.locator(".scatterlayer .trace").first).to_be_visible()
    chart.evaluate("chart => (chart.once = true)")
    settled(page)
    page.keyboard.press("Enter")
    expect(learn).to_contain_text("The run is training")
    expect(chart.locator(".scatterlayer .trace")).to_have_count(3)  # while it learns
    expect(learn.get_by_role("heading", name="What happened")).to_have_count(0)
    page.keyboard.press("Space")
    expect(learn).to_contain_text("or the space key")
    page.keyboard.press("Space")
    expect(learn.get_by_role("heading", name="What happened")).to_be_visible()
    assert chart.evaluate("chart => chart.once")  # drawn on, and not anew
    assert page.eval_on_selector("[data-testid=stMain]", "main => main.scrollTop") == 0
    assert chart.evaluate(bottom) <= 720
    expect(learn.get_by_text("Your guess:")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()


def test_while_presenting_enter_goes_on_from_what_is_chosen(visit: Visit, lab: str) -> None:
    page = visit(f"{lab}/?tab=Learn&learn=pair", width=1280, height=720)
    learn = _main(page)
    expect(learn.locator(".st-key-pair-one")).to_be_visible()
    settled(page)
    presenting = page.locator(".st-key-presenting input")
    presenting.press("Space")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    for key, digit in (("pair-one", "4"), ("pair-other", "9")):
        settled(page)
        choice = learn.locator(f".st-key-{key}").get_by_role("radio", name=digit)
        choice.press("Space")
        expect(choice).to_be_checked()
    expect(learn.get_by_role("button", name="This is my guess")).to_be_enabled()
    settled(page)
    choice.press("Enter")
    expect(learn).to_contain_text("Your guess: 4 and 9")
    settled(page)
    page.keyboard.press("Enter")
    expect(learn).to_contain_text("The run is training")
    page.keyboard.press("Escape")  # and no longer in slow motion
    expect(learn.get_by_role("heading", name="What happened")).to_be_visible()
    settled(page)
    presenting.press("Space")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    chart = page.locator(".st-key-confused-pair .main-svg").first
    expect(chart).to_be_visible()
    assert chart.evaluate("element => element.getBoundingClientRect().bottom") <= 720
