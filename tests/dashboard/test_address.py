"""The address of the page: it follows the run that is shown, and leads it when somebody goes to a link."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import state
from dashboard.address import SETTINGS, control_values, correct_settings, settings_query
from dashboard.lab import shared
from dashboard.lab.setting_choices import BATCH_SIZES, INPUTS, LEARNING_RATES, MAX_EPOCHS
from mnist_core import Preprocessing, Run, TrainingConfig
from mnist_core.run_file import run_store
from mnist_core.storage.file_store import new_id
from tests.dashboard.page import finish, go, open_page, press, rerun, settings, shown, texts
from tests.dashboard.runs import ONE, OTHER, begin_slowly, person, store

OTHER_SETTINGS = TrainingConfig(2_000, 0.5, 3, 7, Preprocessing.DESKEW, reports_per_epoch=7)


@pytest.fixture(autouse=True)
def started(server: Path) -> None:
    """Every page of this module is served by a server that has just started."""


@pytest.fixture
def two_runs() -> tuple[str, str]:
    """The ids of two runs with different settings, both of nobody in particular."""
    return begin_slowly(TrainingConfig(50, 0.2)).id, begin_slowly(OTHER_SETTINGS).id


def _shown_id(page: AppTest) -> str:
    return str(page.session_state[state.shown_run.key])


# Opening a link


def test_a_link_to_a_run_brings_its_settings_into_the_controls() -> None:
    run = begin_slowly(OTHER_SETTINGS)
    page = open_page(run=run.id)
    assert shown(page) is run
    assert settings(page) == replace(OTHER_SETTINGS, early_reports=True)
    assert page.query_params["run"] == run.id
    assert not page.info
    assert "Changed since this run" not in texts(page)


def test_settings_in_a_link_come_before_those_of_the_run_in_it() -> None:
    run = begin_slowly(OTHER_SETTINGS)
    page = open_page(run=run.id, epochs="5")
    assert shown(page) is run
    config = settings(page)
    assert (config.epochs, config.learning_rate, config.batch_size) == (5, 0.01, 100)
    assert settings(rerun(page)) == config
    assert "Changed since this run" in texts(page)


def test_an_address_out_of_range_is_corrected_with_a_notice_that_stays_until_a_run_begins() -> None:
    page = rerun(open_page(batch_size="150", epochs="0"))
    assert page.select_slider(key="batch_size").value == 200
    assert page.slider(key="epochs").value == 1
    assert page.query_params == {"batch_size": "200", "epochs": "1"}
    assert "batch size 200 instead of 150, epochs 1 instead of 0" in page.info[0].value
    press(page, "Train")
    assert not page.info


@pytest.mark.parametrize("run_id", ["0" * 32, "../../etc/passwd", "![x](y)", " "])
@pytest.mark.parametrize("more", [{}, {"epochs": "500"}], ids=["alone", "with settings"])
def test_a_link_to_a_run_that_is_not_there_says_so_and_leaves_the_page_usable(
    run_id: str, more: dict[str, str]
) -> None:
    page = open_page(run=run_id, **more)
    assert "The run in this link" in page.info[0].value
    assert run_id not in page.info[0].value or run_id == " "
    assert page.query_params == ({"epochs": "50"} if more else {})
    assert ("epochs 50 instead of 500" in page.info[0].value) == bool(more)
    press(page, "Train")
    assert not page.info
    assert not shown(page).state.ended or shown(page).history


def test_a_link_to_a_damaged_run_says_so(ended: Run) -> None:
    run_id = store(ended)
    path = run_store().path(run_id)
    path.write_bytes(path.read_bytes()[:-30])
    page = open_page(run=run_id)
    assert "damaged, or not a run" in page.info[0].value
    assert page.query_params == {}


# A visit without a link


def test_a_visit_without_a_link_opens_the_visitors_newest_run_and_says_so(ended: Run) -> None:
    one = person(ONE)
    begin_slowly(OTHER_SETTINGS, one)
    newest = store(ended, one)
    begin_slowly(OTHER_SETTINGS, person(OTHER))
    page = open_page(one)
    assert page.query_params["run"] == _shown_id(page) == newest
    assert (settings(page).learning_rate, settings(page).epochs) == (0.2, 2)
    assert "This is your last run" in page.info[0].value
    assert not press(page, "Train").info


def test_a_visit_without_a_link_passes_over_runs_that_are_no_longer_there(ended: Run) -> None:
    one = person(ONE)
    there = store(ended, one)
    one.runs.add(new_id())
    damaged = store(ended, one)
    run_store().path(damaged).write_bytes(b"damaged")
    page = open_page(one)
    assert _shown_id(page) == there
    assert page.info[0].value == "This is your last run. Press Train to begin a new one."


def test_a_visit_without_a_link_by_somebody_whose_runs_are_all_gone_is_a_first_visit() -> None:
    one = person(ONE)
    one.runs.add(new_id())
    page = open_page(one)
    assert page.query_params == {}
    assert not page.info


def test_a_newcomer_sees_no_run() -> None:
    begin_slowly(OTHER_SETTINGS, person(ONE))
    page = open_page(person(OTHER))
    assert page.query_params == {}
    assert not page.info


def test_a_link_to_settings_opens_no_run(ended: Run) -> None:
    one = person(ONE)
    store(ended, one)
    page = open_page(one, epochs="5")
    assert page.query_params == {"epochs": "5"}
    assert not page.info


# Back and Forward


def test_going_back_to_another_run_brings_its_settings(two_runs: tuple[str, str]) -> None:
    first, second = two_runs
    page = open_page(run=first)
    for run_id, expected in ((second, (2_000, 0.5, 3, 7)), (first, (50, 0.2, 10, 0))):
        go(page, run=run_id)
        config = settings(page)
        assert _shown_id(page) == page.query_params["run"] == run_id
        assert (config.batch_size, config.learning_rate, config.epochs, config.seed) == expected
        assert "Changed since this run" not in texts(page)


def test_the_run_that_was_left_is_the_previous_run(two_runs: tuple[str, str]) -> None:
    first, second = two_runs
    page = go(open_page(run=first), run=second)
    assert page.session_state[state.previous_run.key] == first


def test_going_back_to_before_the_first_run_shows_the_first_screen() -> None:
    page = rerun(press(open_page(), "Train"))
    assert "run" in page.query_params
    go(page, run="")
    assert _shown_id(page) == ""
    assert "handwritten digits from MNIST" in texts(page)


def test_going_to_a_run_that_is_gone_says_so(two_runs: tuple[str, str]) -> None:
    page = go(open_page(run=two_runs[0]), run="0" * 32)
    assert "no longer on this server" in page.info[0].value
    assert "run" not in page.query_params
    assert _shown_id(page) == ""


# Requests that the browser sent before it had the new address


def _ask_from_before(page: AppTest, run_id: str) -> AppTest:
    page.query_params.pop("run", None)
    if run_id:
        page.query_params["run"] = run_id
    return rerun(page)


@pytest.mark.parametrize("heard", [False, True])
def test_a_request_with_the_address_from_before_does_not_undo_train(*, heard: bool) -> None:
    page = open_page()
    press(page, "Train")
    begun = _shown_id(page)
    if heard:  # by the script: it is run again within one request where a run ends while the page is made
        rerun(page)
    for _ in range(3):
        _ask_from_before(page, "")
        assert _shown_id(page) == page.query_params["run"] == begun


def test_a_request_from_before_does_not_undo_the_second_of_two_runs(two_runs: tuple[str, str]) -> None:
    page = open_page(run=two_runs[0])
    press(page, "Train")
    page.query_params["run"] = two_runs[0]
    press(page, "Train")
    newest = _shown_id(page)
    _ask_from_before(page, two_runs[0])
    assert _shown_id(page) == page.query_params["run"] == newest


def test_at_once_after_train_one_can_go_back(two_runs: tuple[str, str]) -> None:
    page = open_page(run=two_runs[0])
    press(page, "Train")
    go(page, run=two_runs[0])
    assert _shown_id(page) == page.query_params["run"] == two_runs[0]


# Runs that vanish


@pytest.mark.parametrize("tab", ["Train", "Draw", "Look inside", "Learn"])
def test_a_run_that_vanishes_while_it_is_shown_leaves_the_first_screen(ended: Run, tab: str) -> None:
    one = person(ONE)
    run_id = store(ended, one)
    page = open_page(one, run=run_id)
    page.session_state["tab"] = tab
    rerun(page)
    run_store().path(run_id).unlink()
    shared.reset()  # the server starts again
    shared.digits_loader().wait(60)
    rerun(page)
    assert "Not trained yet" in texts(page)
    press(page, "Train")
    assert finish(page).history


@pytest.mark.parametrize(
    ("name", "asked", "corrected", "said"),
    [
        ("batch_size", "150", "200", "batch size 200 instead of 150"),
        ("batch_size", "0", "1", "batch size 1 instead of 0"),
        ("batch_size", "99999999", "10000", "batch size 10000 instead of 99,999,999"),
        ("batch_size", "1,000", "100", "batch size 100 instead of something that is not a number"),
        ("batch_size", "abc", "100", "batch size 100 instead of something that is not a number"),
        ("batch_size", "", "100", "batch size 100 instead of something that is not a number"),
        ("batch_size", "nan", "100", "batch size 100 instead of something that is not a number"),
        ("learning_rate", "99", "5", "learning rate 5 instead of 99"),
        ("learning_rate", "-1", "0.001", "learning rate 0.001 instead of -1"),
        ("learning_rate", "0.013", "0.01", "learning rate 0.01 instead of 0.013"),
        ("learning_rate", "1e-320", "0.001", "learning rate 0.001 instead of "),
        ("learning_rate", "1e999", "0.01", "learning rate 0.01 instead of something that is not a number"),
        ("learning_rate", "0,5", "0.01", "learning rate 0.01 instead of something that is not a number"),
        ("epochs", "9999", "50", "epochs 50 instead of 9,999"),
        ("epochs", "0", "1", "epochs 1 instead of 0"),
        ("epochs", "2.4", "2", "epochs 2 instead of 2.4"),
        ("seed", "-1", "0", "seed 0 instead of -1"),
        ("seed", "2147483648", "2147483647", "seed 2147483647 instead of 2,147,483,648"),
        ("preprocessing", "foo", "directions", "input directions instead of an unknown one"),
        ("preprocessing", "", "directions", "input directions instead of an unknown one"),
    ],
)
def test_a_setting_that_is_not_offered_becomes_the_nearest_and_this_is_said(
    name: str, asked: str, corrected: str, said: str
) -> None:
    address, notice = correct_settings({name: asked})
    assert address == {name: corrected}
    assert said in notice


@pytest.mark.parametrize(
    ("name", "asked", "written"),
    [
        ("batch_size", "1000", "1000"),
        ("batch_size", "100.0", "100"),
        ("learning_rate", ".5", "0.5"),
        ("learning_rate", "1.0", "1"),
        ("epochs", "7", "7"),
        ("seed", "2147483647", "2147483647"),
        ("preprocessing", "deskew", "deskew"),
        ("preprocessing", "moments", "moments"),
        ("preprocessing", "directions", "directions"),
        ("preprocessing", "RAW", "raw"),
    ],
)
def test_a_setting_that_is_offered_is_taken_without_a_word_however_it_is_written(
    name: str, asked: str, written: str
) -> None:
    assert correct_settings({name: asked}) == ({name: written}, "")


def test_one_sentence_says_all_that_was_changed() -> None:
    asked = {"batch_size": "150", "epochs": "9999", "seed": "3", "preprocessing": "foo"}
    address, notice = correct_settings(asked)
    assert address == {"batch_size": "200", "epochs": "50", "seed": "3", "preprocessing": "directions"}
    assert notice.endswith(
        "batch size 200 instead of 150, epochs 50 instead of 9,999, "
        "input directions instead of an unknown one."
    )


def test_a_notice_never_repeats_text_from_the_address() -> None:
    hostile = "![x](javascript:alert(1))"
    address, notice = correct_settings(dict.fromkeys(SETTINGS, hostile))
    assert len(address) == len(SETTINGS)
    assert "javascript" not in notice
    assert "javascript" not in "".join(address.values())


def test_what_is_not_a_setting_stays_as_it_is() -> None:
    address = {"run": "0" * 32, "from": "a mail"}
    assert correct_settings(address) == (address, "")


def test_settings_beside_a_run_are_corrected_too() -> None:
    address, notice = correct_settings({"run": "0" * 32, "epochs": "500"})
    assert address == {"run": "0" * 32, "epochs": "50"}
    assert "epochs 50 instead of 500" in notice


@pytest.mark.parametrize("preprocessing", INPUTS)
@pytest.mark.parametrize("batch_size", BATCH_SIZES)
def test_a_link_to_settings_that_are_offered_asks_for_just_these(
    batch_size: int, preprocessing: Preprocessing
) -> None:
    for rate, epochs in zip(LEARNING_RATES, range(MAX_EPOCHS, 0, -1), strict=False):
        config = TrainingConfig(batch_size, rate, epochs, 5, preprocessing)
        asked = dict(parse_qsl(settings_query(config), strict_parsing=True))
        assert correct_settings(asked) == (asked, "")
        assert asked == {
            "batch_size": str(batch_size),
            "learning_rate": f"{rate:g}",
            "epochs": str(epochs),
            "seed": "5",
            "preprocessing": preprocessing.value,
        }


def test_the_controls_show_the_settings_of_a_run() -> None:
    config = TrainingConfig(2_000, 0.5, 3, 7, Preprocessing.DESKEW)
    assert control_values(config) == {
        "batch_size": 2_000,
        "learning_rate": 0.5,
        "epochs": 3,
        "seed": 7,
        "preprocessing": Preprocessing.DESKEW,
        "validation": False,
    }


def test_the_controls_show_the_nearest_settings_of_a_run_from_elsewhere() -> None:
    config = TrainingConfig(60_000, 0.013, 1_000, 2**40, Preprocessing.RAW)
    assert control_values(config) == {
        "batch_size": 10_000,
        "learning_rate": 0.01,
        "epochs": MAX_EPOCHS,
        "seed": 2**31 - 1,
        "preprocessing": Preprocessing.RAW,
        "validation": False,
    }


def test_digits_held_out_are_in_a_link_and_in_the_controls_and_left_out_where_there_are_none() -> None:
    held_out = TrainingConfig(validation=500)
    assert parse_qsl(settings_query(held_out))[-1] == ("validation", "true")
    assert control_values(held_out)["validation"] is True
    assert "validation" not in settings_query(TrainingConfig())


@pytest.mark.parametrize("written", ["true", "false"])
def test_whether_digits_are_held_out_is_taken_from_an_address(written: str) -> None:
    assert correct_settings({"validation": written}) == ({"validation": written}, "")


def test_another_word_about_digits_held_out_means_none_and_this_is_said() -> None:
    address, notice = correct_settings({"validation": "5000"})
    assert address == {"validation": "false"}
    assert "no digits held out" in notice
