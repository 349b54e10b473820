"""When the page follows its URL: at the first visit, and when the person goes Back or Forward."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import state
from dashboard.address import KEYS, parse
from dashboard.lab import shared
from dashboard.lab.job_files import run_files
from dashboard.ui.learning_curves import Axis
from mnist_core import Preprocessing, Run, TrainingConfig
from mnist_core.storage.file_store import new_id
from tests.dashboard.page import finish, go, open_page, open_tab, press, rerun, settings, shown, texts
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
    return str(page.session_state["address"].run)


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
    assert "batch 200 instead of 150, 1 epoch instead of 0" in page.info[0].value
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
    assert ("50 epochs instead of 500" in page.info[0].value) == bool(more)
    press(page, "Train")
    assert not page.info
    assert not shown(page).state.ended or shown(page).history


def test_a_link_to_a_damaged_run_says_so(ended: Run) -> None:
    run_id = store(ended)
    path = run_files().path(run_id)
    path.write_bytes(path.read_bytes()[:-30])
    page = open_page(run=run_id)
    assert "The run in this link is damaged." in page.info[0].value
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
    assert "This is your most recent run" in page.info[0].value
    assert not press(page, "Train").info


def test_a_visit_without_a_link_passes_over_runs_that_are_no_longer_there(ended: Run) -> None:
    one = person(ONE)
    there = store(ended, one)
    one.jobs.add(new_id())
    damaged = store(ended, one)
    run_files().path(damaged).write_bytes(b"damaged")
    page = open_page(one)
    assert _shown_id(page) == there
    assert page.info[0].value == "This is your most recent run. Press Train to begin a new one."


def test_a_visit_without_a_link_by_somebody_whose_runs_are_all_gone_is_a_first_visit() -> None:
    one = person(ONE)
    one.jobs.add(new_id())
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


def test_back_and_forward_through_five_addresses(ended: Run) -> None:
    one = person(ONE)
    first, second = store(ended, one), store(replace(ended, config=replace(ended.config, seed=4)), one)
    page = open_page(one, run=first)
    addresses = [dict(page.query_params)]

    def step(page: AppTest) -> None:
        assert page.query_params not in addresses
        addresses.append(dict(page.query_params))

    step(go(page, run=second))
    step(open_tab(page, "Compare"))
    page.segmented_control(key="curve_quantity").set_value("loss")
    page.segmented_control(key="curve_axis").set_value(Axis.SECONDS.value)
    step(rerun(page))
    page.segmented_control(key="compare_view").set_value("Map")
    step(rerun(page))
    press(open_tab(page, "Learn"), "How it works")
    step(page)
    places = range(len(addresses))
    for place in (*reversed(places[:-1]), *places[1:], 2):
        go(page, **(dict.fromkeys(KEYS, "") | addresses[place]))
        assert page.query_params == addresses[place]
        assert page.session_state["address"] == parse(addresses[place])[0]
        assert page.session_state["tab"] == addresses[place].get("tab", "Train")
        assert settings(page).seed == (0 if addresses[place]["run"] == first else 4)
    assert [page.segmented_control(key=key).value for key in ("curve_quantity", "curve_axis")] == [
        "accuracy",
        "epoch",
    ]


def test_a_second_person_and_a_restarted_server_show_what_the_address_says(ended: Run) -> None:
    one = person(ONE)
    run_ids = [store(ended, one) for _ in range(3)]
    page = open_tab(open_page(one, run=run_ids[0]), "Compare")
    go(page, compare=f"{run_ids[2]},{run_ids[0]},{run_ids[1]}", pair="CA", curves="loss-test-seconds")
    shown_before = page.session_state["address"]
    for restart in (False, True):
        if restart:
            shared.reset()
            shared.digits_loader().wait(60)
        other = open_page(person(OTHER), **page.query_params)
        assert other.session_state["address"] == shown_before
        assert other.query_params == page.query_params
        assert other.segmented_control(key="curve_quantity").value == "loss"
        assert other.selectbox(key="pair_a").value == "C"
        assert not other.info


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
    run_files().path(run_id).unlink()
    shared.reset()  # the server starts again
    shared.digits_loader().wait(60)
    rerun(page)
    assert "Not trained yet" in texts(page)
    press(page, "Train")
    assert finish(page).history
