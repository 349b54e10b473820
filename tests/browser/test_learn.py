"""The tab Learn in a real Chromium: each challenge by keyboard, some by mouse and touch, and what is kept."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.learn.challenges.catalogue import CHALLENGES
from tests.browser.test_access import PANEL, _severe
from tests.support.browser import DIGITS, Visit, draw, open_tab, settled

CURVE, FIRST_STEP, TOO_FAST, SEED, PAIR, BREAK, PREPARATION, MAP = (one.title for one in CHALLENGES)


@pytest.fixture(scope="module")
def shared_page(visit_once: Visit, lab: str) -> Page:
    """The page as somebody has it open who does one challenge after the other."""
    page = visit_once(f"{lab}/?tab=Learn")
    expect(_main(page).get_by_role("button", name=CURVE)).to_be_visible()
    return page


@pytest.fixture
def learn(shared_page: Page) -> Page:
    """The same with the tab Learn open."""
    open_tab(shared_page, "Learn")
    return shared_page


def _main(page: Page) -> Locator:
    return page.locator(".st-key-learn")


def _press(page: Page, name: str | re.Pattern[str], key: str = "Enter") -> None:
    """Press a button by keyboard, once it is enabled."""
    button = _main(page).get_by_role("button", name=name).and_(page.locator(":enabled")).first
    expect(button).to_be_visible()
    settled(page)
    button.press(key)


def _tap(page: Page, name: str) -> None:
    """Tap a button, once it is enabled and nothing runs that would replace it."""
    button = _main(page).get_by_role("button", name=name).and_(page.locator(":enabled")).first
    expect(button).to_be_visible()
    settled(page)
    button.tap()


def _choose(page: Page, key: str, name: str) -> None:
    """Choose one of several by keyboard."""
    settled(page)
    page.locator(f".st-key-{key} button", has_text=re.compile(f"^{name}$")).press("Space")
    settled(page)


def _list(page: Page) -> Locator:
    """Return to the list by keyboard."""
    expect(_main(page).get_by_text("Presenter's view")).to_be_visible()
    settled(page)
    if _main(page).get_by_role("button", name="All challenges").is_visible():
        _press(page, "All challenges")
    return page.locator(".st-key-learn-list")


def _begin(page: Page, title: str) -> None:
    """Open a challenge from the list by keyboard."""
    item = _list(page).get_by_role("button", name=title)
    expect(item).to_be_visible()
    settled(page)
    item.press("Enter")
    expect(_main(page).get_by_role("heading", name=title)).to_be_visible()


def _is_revealed(page: Page, *parts: str) -> None:
    """Expect the reveal with all its parts, and nothing in it that breaks a rule of access in any theme."""
    for name in ("What happened", "Why"):
        expect(_main(page).get_by_role("heading", name=name)).to_be_visible()
    for part in parts:
        expect(page.locator(part).first).to_be_visible()
    settled(page)
    assert _severe(page, PANEL) == []


def _values(page: Page) -> list[int]:
    return [
        int(one.get_attribute("aria-valuenow") or -1) for one in page.locator(".sketch [role=slider]").all()
    ]


def _hides_the_answer(page: Page) -> None:
    expect(_main(page).get_by_role("heading", name=re.compile("What happened|Why"))).to_have_count(0)


def _forget(page: Page) -> None:
    """Forget what was guessed, if anything was."""
    items = _list(page)
    expect(items.get_by_role("button", name=CURVE)).to_be_visible()
    settled(page)
    if items.get_by_text("done").count():
        _press(page, "Forget my guesses")
    expect(_main(page).get_by_text("done")).to_have_count(0)


def test_the_curve_is_sketched_with_the_keyboard_and_lies_under_that_of_the_run(learn: Page) -> None:
    _forget(learn)
    _begin(learn, CURVE)
    expect(_main(learn).get_by_role("button", name="This is my guess")).to_be_disabled()
    learn.locator(".sketch [role=slider]").first.focus()
    for key in ("PageUp", "PageUp", "ArrowUp", "ArrowLeft", "ArrowUp"):
        learn.keyboard.press(key)
    learn.keyboard.press("Tab")
    learn.keyboard.press("End")
    learn.keyboard.press("PageDown")
    assert _values(learn) == [31, 90, 10, 10, 10, 10]
    _press(learn, "This is my guess")
    _hides_the_answer(learn)
    _press(learn, "Train with these settings")
    _is_revealed(learn, ".st-key-sketched-curve .scatterlayer .trace")
    expect(learn.locator(".st-key-sketched-curve .scatterlayer .trace")).to_have_count(2)


def test_the_picture_of_the_first_step_is_chosen_with_the_keyboard(learn: Page) -> None:
    _begin(learn, FIRST_STEP)
    picture = learn.locator(".st-key-first-step-choice button").nth(2)
    picture.press("Enter")
    expect(picture).to_have_attribute("aria-pressed", "true")
    _press(learn, "This is my guess")
    _hides_the_answer(learn)
    _press(learn, "Take the first step")
    _is_revealed(learn, ".st-key-first-step-result canvas")
    expect(_main(learn)).to_contain_text("No other picture comes as near")


def test_the_edge_is_found_with_the_keyboard(learn: Page) -> None:
    _begin(learn, TOO_FAST)
    slider = learn.locator(".st-key-too-fast-guess input[type=range]")
    for _ in range(3):
        slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "0.5")
    _press(learn, "This is my guess")
    _hides_the_answer(learn)
    for rate in (0.5, 2, 1):
        _press(learn, f"Train at {rate}")
    _is_revealed(learn, ".st-key-peak-losses .main-svg")
    expect(_main(learn)).to_contain_text("The edge is between 0.5 and 1")


def test_two_seeds_are_compared_with_the_keyboard(learn: Page) -> None:
    _begin(learn, SEED)
    learn.locator(".st-key-seed-count input[type=range]").press("End")
    _choose(learn, "seed-answer", "No, chance explains it")
    _press(learn, "This is my guess")
    _hides_the_answer(learn)
    _press(learn, "Train five seeds")
    _is_revealed(learn, ".st-key-seed-accuracies .main-svg")
    expect(_main(learn)).to_contain_text("you expected 200")


def test_the_confused_pair_is_named_with_the_keyboard(learn: Page) -> None:
    _begin(learn, PAIR)
    _choose(learn, "pair-one", "4")
    _choose(learn, "pair-other", "9")
    _press(learn, "This is my guess")
    _hides_the_answer(learn)
    _press(learn, "Train with these settings")
    _is_revealed(learn, ".st-key-confused-pair .main-svg", ".st-key-pair-margin .main-svg")
    _press(learn, "See these mistakes in Look inside")
    expect(learn.locator(".st-key-gallery canvas").first).to_be_visible()
    open_tab(learn, "Learn")


def test_the_readers_of_five_inputs_are_compared_with_the_keyboard(learn: Page) -> None:
    _begin(learn, PREPARATION)
    _choose(learn, "preparation-right", "moments")
    _press(learn, "This is my guess")
    _hides_the_answer(learn)
    _press(learn, "Train the four models")
    _is_revealed(learn, ".st-key-preparation-inputs canvas", ".numbers")
    expect(_main(learn)).to_contain_text("You expect these to read it as 3: moments.")


def test_five_tries_lead_to_the_map_with_the_keyboard(learn: Page) -> None:
    _begin(learn, MAP)
    _press(learn, "Train them all")
    for number in range(5):
        expect(_main(learn).get_by_role("heading", name=f"Try {number + 1} of 5")).to_be_visible()
        settled(learn)
        learn.locator(f".st-key-map-rate-{number} input[type=range]").press("ArrowRight")
        _hides_the_answer(learn)
        _press(learn, "Try these")
    _is_revealed(learn, ".st-key-learn-map .main-svg")


def test_the_reader_is_broken_by_a_drawing_and_says_where(learn: Page, trained_address: str) -> None:
    learn.goto(f"{trained_address}&tab=Learn")
    _begin(learn, BREAK)
    _choose(learn, "break-digit", "1")  # what is drawn is a 7, which it will read
    _choose(learn, "break-way", "add a stroke")
    _press(learn, "This is my guess")
    _press(learn, "Open the tab Draw")
    draw(learn, DIGITS[7])
    expect(learn.locator(".answer")).to_have_text("7")
    open_tab(learn, "Learn")
    expect(_main(learn)).to_contain_text("You have broken it: it reads your 1 as 7")
    _is_revealed(learn, ".st-key-break-evidence canvas")
    expect(_main(learn)).to_contain_text("the stroke there did the most")


def test_what_was_done_is_there_after_a_reload_and_can_be_forgotten(learn: Page) -> None:
    _forget(learn)
    _begin(learn, FIRST_STEP)
    learn.locator(".st-key-first-step-choice button").first.press("Enter")
    _press(learn, "This is my guess")
    _press(learn, "Take the first step")
    expect(_main(learn).get_by_role("heading", name="Why")).to_be_visible()
    _list(learn)
    expect(_main(learn).get_by_text("done")).to_have_count(1)
    learn.reload()
    expect(_main(learn).get_by_text("done")).to_have_count(1)
    _press(learn, FIRST_STEP)
    expect(learn.locator(".st-key-first-step-result canvas").first).to_be_visible()
    _forget(learn)
    assert learn.evaluate("Object.keys(localStorage).filter((name) => name.endsWith('learn'))") == []


def test_a_presenter_goes_from_part_to_part_with_the_arrow_keys(learn: Page) -> None:
    size = "() => document.querySelector('.st-key-learn p').getBoundingClientRect().height"
    expect(_list(learn)).to_be_visible()
    _press(learn, "How it works")
    expect(_main(learn).get_by_role("heading", name="9 · The test")).to_be_visible()
    before = learn.evaluate(size)
    _main(learn).get_by_text("Presenter's view").click()
    learn.wait_for_function(f"before => ({size})() > before", arg=before)
    expect(learn.locator(".st-key-slow_motion input")).to_be_checked()
    learn.evaluate("document.activeElement.blur()")
    learn.emulate_media(reduced_motion="reduce")
    for heading in ("1 · A digit", "Four inputs", "2 · One weight"):
        learn.keyboard.press("ArrowRight")
        place = _main(learn).get_by_role("heading", name=heading)
        expect(place).to_be_in_viewport()
        learn.wait_for_function(
            "heading => Math.abs(heading.getBoundingClientRect().top - 80) < 9", arg=place.element_handle()
        )
    learn.keyboard.press("PageUp")
    expect(_main(learn).get_by_role("heading", name="Four inputs")).to_be_in_viewport()
    _main(learn).get_by_text("Presenter's view").click()
    expect(learn.locator(".st-key-slow_motion input")).not_to_be_checked()


def test_the_curve_is_drawn_with_the_mouse_in_one_sweep(learn: Page, lab: str) -> None:
    _forget(learn)
    learn.goto(f"{lab}/?tab=Learn&learn=curve")
    sketch = learn.locator(".sketch")
    expect(sketch).to_be_visible()
    sketch.scroll_into_view_if_needed()
    settled(learn)
    box = sketch.bounding_box()
    assert box
    learn.mouse.move(box["x"] + 60, box["y"] + box["height"] * 0.7)
    learn.mouse.down()
    learn.mouse.move(box["x"] + box["width"] - 20, box["y"] + box["height"] * 0.15)
    learn.mouse.up()
    drawn = _values(learn)
    assert drawn == sorted(drawn)
    assert drawn[0] < 50 < drawn[-1]
    assert len(set(drawn)) == len(drawn)
    _main(learn).get_by_role("button", name="This is my guess").and_(learn.locator(":enabled")).click()
    expect(_main(learn).get_by_role("button", name="Train with these settings")).to_be_visible()
    assert drawn[1] > drawn[0]


def test_on_a_phone_the_curve_is_drawn_and_a_picture_chosen_with_a_finger_and_nothing_is_cut_off(
    visit: Visit, lab: str, swipe: Callable[[Page, list[tuple[float, float]]], None]
) -> None:
    page = visit(f"{lab}/?tab=Learn&learn=curve", width=375, height=812, touch=True, color_scheme="dark")
    sketch = page.locator(".sketch")
    expect(sketch).to_be_visible()
    sketch.scroll_into_view_if_needed()
    settled(page)
    box = sketch.bounding_box()
    assert box
    place = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    low, high = box["y"] + box["height"] * 0.7, box["y"] + box["height"] * 0.15
    left, right = box["x"] + 60, box["x"] + box["width"] - 20
    swipe(page, [(left + (right - left) * k / 9, low + (high - low) * k / 9) for k in range(10)])
    drawn = _values(page)
    assert drawn == sorted(drawn)
    assert drawn[0] < 50 < drawn[-1]
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == place
    commit = _main(page).get_by_role("button", name="This is my guess").and_(page.locator(":enabled"))
    expect(commit).to_be_visible()
    settled(page)
    commit.click()  # after a swipe, Chromium takes a tap for a part of it: so these two are clicks
    train = _main(page).get_by_role("button", name="Train with these settings").and_(page.locator(":enabled"))
    expect(train).to_be_visible()
    settled(page)
    train.click()
    expect(page.locator(".st-key-sketched-curve .main-svg").first).to_be_visible()
    assert _sideways(page) == []
    _tap(page, f"Next: {FIRST_STEP}")
    picture = page.locator(".st-key-first-step-choice button").nth(1)
    picture.tap()
    expect(picture).to_have_attribute("aria-pressed", "true")
    for challenge in CHALLENGES[2:]:
        _tap(page, "All challenges")
        item = page.locator(f".st-key-learn-item-{challenge.name}").get_by_role("button")
        expect(item).to_be_visible()
        assert _sideways(page) == []
        settled(page)
        item.tap()
        expect(_main(page).get_by_role("heading", name=challenge.title)).to_be_visible()
        settled(page)
        assert _sideways(page) == []


def _sideways(page: Page) -> list[str]:
    """Find what reaches out of the page to the right."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".st-key-learn *")]
            .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)
            .map(one => one.outerHTML.slice(0, 120))"""
    )
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("the page scrolls sideways")
    return found
