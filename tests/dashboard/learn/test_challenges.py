"""Each challenge from the guess to the reveal, on the page as the server sees it."""

import math
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from benchmarks.strokes import draw
from dashboard import state
from dashboard.address import KEYS
from dashboard.learn import state as learn_state
from dashboard.learn.challenges.catalogue import CHALLENGES
from dashboard.learn.computed_once import input_readers, map_of_settings, readings_by_digits
from dashboard.learn.progress import Attempt, read_progress, write_progress
from mnist_core import Preprocessing, Run, TrainingConfig
from mnist_core.inference.verdict import judge
from mnist_core.preprocessing.drawing import ink_of, prepare_drawing
from mnist_core.training.worker import State
from tests.dashboard.page import go, labels, open_page, open_tab, press, rerun, sent, settings, shown, texts
from tests.dashboard.runs import LIMIT, ONE, begin_slowly, digits, found_run, join, person, store
from tests.support.canvas import Canvas
from tests.support.paths import ROOT
from tests.support.sources import wait_for

pytestmark = pytest.mark.slow

STAMPS = count(1.0)
SEVEN = [[(84.0, 67.0), (196.0, 65.0), (168.0, 126.0), (140.0, 182.0), (123.0, 230.0)]]
TOO_EARLY = re.compile("What happened|### Why")


@pytest.fixture(autouse=True)
def started(server: Path) -> None:
    """Every page of this module is served by a server that has just started."""


def _open(name: str = "", **address: str) -> AppTest:
    return open_page(tab="Learn", **({"learn": name} if name else {}), **address)


def _click(page: AppTest, key: str, value: object) -> AppTest:
    """Do something in a component of our own."""
    page.session_state[key] = {"click": {"value": value, "stamp": next(STAMPS)}}
    return rerun(page)


def _finish(page: AppTest, name: str) -> AppTest:
    """Wait for all runs of a challenge, and show what comes of them."""
    for run_id in page.session_state[learn_state.progress.key][name].runs:
        run = found_run(run_id)
        if name == "first-step":  # its run pauses after one step
            wait_for(lambda run=run: run.history and run.history[-1].step == 1)  # type: ignore[misc]
        else:
            join(run)
    return rerun(page)


def _guess_curve(page: AppTest) -> None:
    _click(page, "sketch", [20, 30, 40, 50, 60, 90])


def _guess_first_step(page: AppTest) -> None:
    _click(page, "first-step-choice", 1)


def _guess_seed(page: AppTest) -> None:
    page.select_slider(key="seed-count").set_value(10)
    page.segmented_control(key="seed-answer").set_value("no")
    rerun(page)


def _guess_pair(page: AppTest) -> None:
    page.segmented_control(key="pair-one").set_value(9)
    page.segmented_control(key="pair-other").set_value(4)
    rerun(page)


@pytest.mark.parametrize(
    ("name", "guess", "train", "told"),
    [
        ("curve", _guess_curve, "Train with these settings", "Your sketch"),
        ("first-step", _guess_first_step, "Take the first step", "You chose B, the outline of a 3"),
        ("seed", _guess_seed, "Train five seeds", "exactly one of the two runs is right; you expected 10"),
        ("pair", _guess_pair, "Train with these settings", "mixes up 4 and 9"),
    ],
)
def test_a_challenge_goes_from_the_guess_to_the_reveal_and_back(
    name: str, guess: Callable[[AppTest], None], train: str, told: str
) -> None:
    page = _open(name)
    assert next(one for one in page.button if one.label == "This is my guess").disabled
    guess(page)
    assert not TOO_EARLY.search(texts(page))
    press(page, "This is my guess")
    assert not TOO_EARLY.search(texts(page))
    assert "This is my guess" not in labels(page)
    press(page, train)
    run = shown(page)
    assert settings(page).preprocessing is run.config.preprocessing
    assert settings(page).learning_rate == run.config.learning_rate
    _finish(page, name)
    if name == "first-step":
        assert run.state is State.STOPPED
        assert [report.step for report in run.history] == [0, 1]
    assert re.search(f"What happened.*{told}", texts(page), re.DOTALL) or told in texts(page)
    assert "### Why" in texts(page)
    press(page, "Try again")
    assert not TOO_EARLY.search(texts(page))
    press(page, "All challenges")
    assert texts(page).count(":material/check: done") == 1


@pytest.mark.parametrize(("name", "guess"), [("curve", _guess_curve), ("first-step", _guess_first_step)])
def test_a_guess_stays_although_a_request_breaks_the_run_off_in_which_it_comes(
    name: str, guess: Callable[[AppTest], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = _open(name)
    broken_off: list[bool] = []

    class Drafts(state.Entry[dict[str, str]]):
        def get(self) -> dict[str, str]:
            if len(broken_off) < 2:  # each look at the session state can be where a run is broken off
                broken_off.append(True)
                st.stop()
            return super().get()

    monkeypatch.setattr(learn_state, "drafts", Drafts("learn_drafts", {}))
    guess(page)
    rerun(page)
    assert not [one for one in page.button if one.label == "This is my guess"]  # not come so far
    assert not next(one for one in rerun(page).button if one.label == "This is my guess").disabled


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("curve", "20,30,40,50,60,90"),
        ("first-step", "outline"),
        ("too-fast", "0.5"),
        ("seed", "50:yes"),
        ("pair", "3-5"),
        ("break", "7:gap"),
        ("preparation", "raw.moments:example"),
        ("map", "1000:0.5"),
        ("few-digits", "500:15:5"),
    ],
)
def test_who_guesses_again_begins_with_the_guess_before(name: str, guess: str) -> None:
    page = _open()
    page.session_state[learn_state.drafts.key] = {name: guess}
    go(page, learn=name)
    press(page, "Try these" if name == "map" else "This is my guess")
    assert page.session_state[learn_state.progress.key][name].guess == guess


@pytest.mark.parametrize(
    ("name", "controls", "button", "guess"),
    [
        ("too-fast", {"too-fast-guess": 0.5}, "This is my guess", "0.5"),
        ("map", {"map-batch-0": 50, "map-rate-0": 0.2}, "Try these", "50:0.2"),
        ("few-digits", {"few-digits-gap": 15, "few-digits-cost": 5}, "This is my guess", "10:15:5"),
    ],
)
def test_the_guess_is_what_the_page_says_when_the_button_is_pressed(
    name: str, controls: dict[str, object], button: str, guess: str
) -> None:
    page = _open(name)
    for key, value in controls.items():  # the server hears of these and of the press at once
        page.select_slider(key=key).set_value(value)
    press(page, button)
    assert page.session_state[learn_state.progress.key][name].guess == guess


def test_too_fast_is_found_with_the_rates_that_are_offered_one_after_the_other() -> None:
    page = _open("too-fast")
    page.select_slider(key="too-fast-guess").set_value(0.2)
    rerun(page)
    press(page, "This is my guess")
    for _ in range(8):
        train = next((label for label in labels(page) if label.startswith("Train at")), None)
        if train is None:
            break
        assert not TOO_EARLY.search(texts(page))
        _finish(press(page, train), "too-fast")
    assert "The edge is between 0.5 and 1" in texts(page)
    assert "You expected 0.2; it takes 5 times as much" in texts(page)


def test_the_reader_is_broken_if_it_takes_a_drawing_for_another_digit_and_mended_if_not(
    canvas: Canvas,
) -> None:
    page = _open("break")
    page.segmented_control(key="break-digit").set_value(1)  # what is drawn is a 7, which it will read
    page.segmented_control(key="break-way").set_value("stroke")
    press(rerun(page), "This is my guess")
    press(page, "Train a reader")
    _finish(page, "break")
    assert "What happened" not in texts(page)
    canvas.image_data = draw(SEVEN)
    rerun(rerun(page))
    assert "You have broken it: it reads your 1 as 7" in texts(page)
    assert "higher than that of 1" in texts(page)
    straight = [[(140.0, 50.0), (140.0, 140.0), (141.0, 235.0)]]
    canvas.image_data = draw(straight)
    rerun(rerun(page))
    assert "Mended: it reads your 1 again" in texts(page)
    assert "Train with the input *raw*" in texts(page)


def test_a_reader_of_raw_pixels_breaks_easily_and_prepared_digits_are_offered(ended: Run) -> None:
    page = _open("break", run=store(ended))
    page.segmented_control(key="break-digit").set_value(1)
    page.segmented_control(key="break-way").set_value("lean")
    press(rerun(page), "This is my guess")
    assert "these break easily" in texts(page)
    page.button(key="prepare-break").click()
    assert settings(rerun(page)).preprocessing is Preprocessing.DIRECTIONS
    join(shown(page))
    assert "these break easily" not in texts(rerun(page))


def test_of_a_drawing_that_is_no_digit_the_forced_choice_is_held_against_the_goal(canvas: Canvas) -> None:
    page = _open("break")
    page.segmented_control(key="break-digit").set_value(0)
    page.segmented_control(key="break-way").set_value("shape")
    press(rerun(page), "This is my guess")
    press(page, "Train a reader")
    _finish(page, "break")
    star = [
        (140 + 90 * math.sin(0.8 * math.pi * k), 140 - 90 * math.cos(0.8 * math.pi * k)) for k in range(6)
    ]
    canvas.image_data = draw([star])
    rerun(rerun(page))
    drawing = prepare_drawing(ink_of(canvas.image_data))
    choice = judge(shown(page).history[-1].model, drawing).digit
    assert choice != 0
    assert "It does not take this for a digit at all." in texts(page)
    assert f"{choice} minus 0" in sent(page)


def test_a_challenge_sets_the_sidebar_until_it_is_left(ended: Run) -> None:
    before = store(ended, person(ONE))
    page = _open("pair", run=before)
    leaves: list[Callable[[], AppTest]] = [
        lambda: press(page, "All challenges"),
        lambda: press(press(page, "Try again"), "All challenges"),
        lambda: open_tab(page, "Train"),
        lambda: go(page, run=before, learning_rate="0.1"),
        lambda: go(page, run=before, learn=""),
    ]
    for leave in leaves:
        page.session_state["learning_rate"] = 0.1
        _guess_pair(page)
        press(page, "This is my guess")
        assert "shows yours again when you leave this challenge" in texts(page)
        press(page, "Train with these settings")
        _finish(page, "pair")
        assert settings(page).learning_rate == 0.01
        challenge = dict(page.query_params)
        assert settings(leave()).learning_rate == 0.1
        go(page, **(dict.fromkeys(KEYS, "") | challenge))
        assert settings(page).learning_rate == 0.01  # Forward brings the challenge's settings once more
        assert settings(press(page, "All challenges")).learning_rate == 0.1
        go(page, **(dict.fromkeys(KEYS, "") | challenge | {"run": before}))
        if "Try again" in labels(page):
            press(page, "Try again")


def test_what_was_changed_since_a_challenge_set_the_sidebar_stays() -> None:
    page = _open("pair")
    _guess_pair(page)
    press(page, "This is my guess")
    press(page, "Train with these settings")
    _finish(page, "pair")
    page.session_state["learning_rate"] = 0.5
    press(rerun(page), "All challenges")
    assert settings(page).learning_rate == 0.5


def test_the_example_goes_through_all_five_preparations() -> None:
    page = _open("preparation")
    page.pills(key="preparation-right").set_value(["moments", "directions"])
    press(rerun(page), "This is my guess")
    assert "**Your guess:** these read it as 3: moments, directions" in texts(page)
    press(page, "Train the four models")
    input_readers.get(digits()).result(LIMIT)
    rerun(page)
    assert "of the five answers rightly" in texts(page)
    assert "Just shrunk, the digit is" in texts(page)


def test_a_drawing_of_ones_own_is_asked_for_its_digit_first(canvas: Canvas) -> None:
    canvas.image_data = draw(SEVEN)
    page = rerun(_open("preparation"))
    assert "This is your drawing" in texts(page)
    assert next(one for one in page.button if one.label == "This is my guess").disabled
    page.segmented_control(key="preparation-digit").set_value(7)
    press(rerun(page), "This is my guess")
    assert "read it as 7: none of them" in texts(page)


def test_five_different_tries_lead_to_the_map() -> None:
    page = _open("map")
    for number, rate in enumerate((0.02, 0.05, 0.1, 0.2, 0.5)):
        assert f"Try {number + 1} of 5" in texts(page)
        assert not TOO_EARLY.search(texts(page))
        page.select_slider(key=f"map-rate-{number}").set_value(rate)
        press(rerun(page), "Try these")
        if number == 0:  # the first is a guess: nothing has been trained yet
            press(page, "Train them all")
            map_of_settings.get(digits()).result(LIMIT)
            rerun(page)
    assert "Your best try, a batch of 200" in texts(page)
    assert "McNemar's test" in texts(page)


def test_few_digits_are_guessed_and_then_learned_side_by_side() -> None:
    page = _open("few-digits")
    page.select_slider(key="few-digits-count").set_value(200)
    page.select_slider(key="few-digits-gap").set_value(20)
    page.select_slider(key="few-digits-cost").set_value(5)
    rerun(page)
    press(page, "This is my guess")
    assert "200 digits; 20 points apart; 5 points for the wrong labels." in texts(page)
    assert not TOO_EARLY.search(texts(page))
    press(page, "Train them all")
    readings_by_digits.get(digits()).result(LIMIT)
    rerun(page)
    assert "Half of this gain" in texts(page)
    assert "and not with 200, as you guessed" in texts(page)
    assert "overfitting" in texts(page)
    assert "training, wrong labels" in sent(page)
    press(page, "Open the tab Compare")
    assert page.session_state["tab"] == "Compare"


def test_every_challenge_has_one_number_in_the_list_on_its_page_and_in_the_guide_for_teachers() -> None:
    guide = (ROOT / "docs" / "teachers.md").read_text()
    for number, challenge in enumerate(CHALLENGES, start=1):
        title = f"{number} · {challenge.title}"
        page = press(_open(), title)
        assert page.query_params["learn"] == challenge.name
        assert f"## {title}" in texts(page)
        assert f"\n## {title}\n" in guide


@pytest.mark.parametrize("name", ["nothing", "../lesson", "<b>", "CURVE"])
def test_a_link_to_a_page_that_is_not_there_opens_the_list(name: str) -> None:
    page = _open(name)
    assert "How it works" in labels(page)
    assert "learn" not in page.query_params
    assert name not in texts(page)


def test_going_back_leads_to_the_page_before() -> None:
    page = press(press(_open(), "How it works"), "All challenges")
    assert "softmax regression" in texts(go(page, learn="lesson"))


def test_what_the_browser_kept_is_read_once_and_joined_with_what_was_done_since() -> None:
    page = _open()
    page.session_state["store-learn"] = {
        "content": write_progress({"curve": Attempt(done=True), "pair": Attempt("0-1")})
    }
    rerun(page)
    assert texts(page).count(":material/check: done") == 1
    progress = page.session_state[learn_state.progress.key]
    assert progress == {"curve": Attempt(done=True), "pair": Attempt("0-1")}
    assert read_progress(write_progress(progress)) == progress
    press(page, "Forget my guesses")
    assert page.session_state[learn_state.progress.key] == {}
    assert ":material/check: done" not in texts(page)


def test_where_the_browser_keeps_nothing_the_page_does_not_say_that_guesses_stay() -> None:
    page = _open()
    assert "Your guesses stay in this browser" in texts(page)
    page.session_state["store-learn"] = {"content": False}
    assert "gone once you close the page" in texts(rerun(page))
    assert "stay in this browser" not in texts(page)


@pytest.mark.parametrize("kept", ["{", "[1]", '{"curve": {"guess": "<script>"}}', 7, ["curve"]])
def test_garbage_in_the_browsers_store_is_nothing(kept: object) -> None:
    page = _open()
    page.session_state["store-learn"] = {"content": kept}
    rerun(page)
    assert page.session_state[learn_state.progress.key] == {}
    assert not page.exception


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("curve", "1,2"),
        ("first-step", "mean"),
        ("too-fast", "0.3"),
        ("seed", "7:no"),
        ("pair", "9-4"),
        ("break", "7:magic"),
        ("preparation", "hog:3"),
        ("map", "1:1,2:2"),
        ("few-digits", "7:20:5"),
    ],
)
def test_a_guess_that_the_page_did_not_write_is_asked_for_again(name: str, guess: str) -> None:
    page = _open(name)
    page.session_state[learn_state.progress.key] = {name: Attempt(guess, ("0" * 32,))}
    rerun(page)
    assert not TOO_EARLY.search(texts(page))


def test_a_run_that_is_gone_is_trained_again() -> None:
    page = _open("pair")
    page.session_state[learn_state.progress.key] = {"pair": Attempt("4-9", ("0" * 32,), done=True)}
    assert "Train with these settings" in labels(rerun(page))


def test_it_says_that_ones_own_run_is_stopped_and_stops_it_only_then() -> None:
    one = person(ONE)
    run = begin_slowly(TrainingConfig(), one)
    page = open_page(one, tab="Learn", learn="pair", run=run.id)
    page.session_state[learn_state.progress.key] = {"pair": Attempt("4-9")}
    rerun(page)
    assert "Your run that is still training is stopped" in texts(page)
    assert run.state is State.RUNNING
    press(page, "Train with these settings")
    assert join(run).state is State.STOPPED


def test_the_presenters_view_turns_slow_motion_on_and_off() -> None:
    page = _open()
    (toggle,) = [one for one in page.toggle if one.label == "Presenter's view"]
    toggle.set_value(True)
    rerun(page)
    assert page.session_state[state.slow_motion.key]
    (toggle,) = [one for one in page.toggle if one.label == "Presenter's view"]
    toggle.set_value(False)
    rerun(page)
    assert not page.session_state[state.slow_motion.key]
