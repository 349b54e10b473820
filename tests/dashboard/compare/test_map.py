"""The view Map of the tab Compare, as it is used: drawn, cancelled, continued, opened from a link."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.compare import map_form
from dashboard.lab import map_job as sweep_work
from dashboard.lab import shared
from dashboard.lab.map_job import MapJob, MapWorker
from dashboard.lab.people import Person
from dashboard.lab.setting_choices import SETTINGS
from mnist_core import Cell, Grid, Preprocessing
from mnist_core.storage.file_store import FileUnreadable
from mnist_core.sweep.search import ClusterError
from mnist_core.training.worker import State
from tests.dashboard.page import button, choice, labels, open_page, press, rerun, send_twice, sent, texts
from tests.dashboard.runs import LIMIT, ONE, OTHER, digits, person
from tests.dashboard.sweeps import GRID, AtOnce, Stepwise
from tests.support.sources import wait_for

STAMPS = count(1.0)

pytestmark = pytest.mark.usefixtures("server")


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stepwise]:
    """What the maps of a test are computed with: nothing is done before the test says so."""
    executor = Stepwise()
    monkeypatch.setattr(sweep_work, "connect_scheduler", lambda: executor)
    yield executor
    for future in executor.futures:
        future.cancel()


@pytest.fixture
def complete(server: object, monkeypatch: pytest.MonkeyPatch) -> MapJob:
    """A map of ONE that is done."""
    monkeypatch.setattr(sweep_work, "connect_scheduler", AtOnce)
    return _draw(person(ONE))


def _draw(owner: Person, grid: Grid = GRID) -> MapJob:
    drawn = shared.jobs().begin_map(grid, digits(), owner.jobs)
    assert drawn.join(LIMIT)
    return drawn


def _map(visitor: Person, name: str = "new") -> AppTest:
    return open_page(visitor, tab="Compare", map=name)


def _found(map_id: str) -> MapJob:
    found = shared.jobs().map(map_id)
    assert found is not None
    return found


def _shown(page: AppTest) -> MapJob:
    """The map in the address."""
    return _found(str(page.query_params["map"]))


def _click(page: AppTest, row: int, column: int, how: str = "raw") -> AppTest:
    page.session_state[f"map-{how}"] = {"click": {"value": {"index": [row, column]}, "stamp": next(STAMPS)}}
    return rerun(page)


def test_the_map_is_chosen_at_the_top_of_the_tab_and_stands_in_the_address() -> None:
    page = open_page(person(ONE), tab="Compare")
    assert "Every run that you train is listed here" in texts(page)
    page.session_state["compare_view"] = "Map"
    rerun(page)
    assert page.query_params["map"] == "new"
    assert "63 cells, 3 epochs each" in texts(page)
    page.session_state["compare_view"] = "Runs"
    rerun(page)
    assert "map" not in page.query_params
    assert not {"Draw the map"} & labels(page)


@pytest.mark.slow
def test_the_button_begins_what_the_form_says_and_the_page_follows_it(steps: Stepwise) -> None:
    visitor = person(ONE)
    page = _map(visitor)
    page.session_state["map_rates"] = (0.1, 0.5)
    page.session_state["map_sizes"] = (100, 500)
    page.session_state["map_inputs"] = [Preprocessing.RAW, Preprocessing.DESKEW]
    page.session_state["map_epochs"] = 2
    rerun(page)
    assert "18 cells, 2 epochs each" in texts(page)
    page.session_state["map_epochs"] = 1  # which the server hears of with the press
    press(page, "Draw the map")
    drawn = _shown(page)
    assert drawn.grid == Grid(
        (0.1, 0.2, 0.5), (100, 200, 500), (Preprocessing.RAW, Preprocessing.DESKEW), 1, validation=500
    )
    assert drawn.id in visitor.jobs
    assert button(page, "Draw the map").disabled
    wait_for(lambda: bool(steps.futures))
    steps.work(1)
    wait_for(lambda: len(drawn.results) == 1)
    rerun(page)
    assert "1 of 18 cells on 7 workers" in texts(page)
    assert "The best cell so far is" in texts(page)
    press(page, "Cancel")
    assert drawn.join(LIMIT)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "setting", "values"),
    [
        ("How few digits", "training_digits", (10, 20, 50, 100, 200, 500, 1_000, 2_000, None)),
        ("Wrong labels", "wrong_labels", (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)),
    ],
)
def test_a_preset_makes_another_setting_change_from_row_to_row(
    preset: str, setting: str, values: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_work, "connect_scheduler", AtOnce)
    page = _map(person(ONE))
    assert choice(page, "map_preset").value == "Rates and batches"
    choice(page, "map_preset").select(preset)
    rerun(page)
    assert choice(page, "map_preset").value == preset
    page.slider(key="map_epochs").set_value(1)
    send_twice(page)  # the second time, the preset is still marked in the browser
    assert page.slider(key="map_epochs").value == 1
    assert choice(page, "map_preset").value is None
    page.session_state["map_rates"] = (0.1, 0.2)
    rerun(page)
    assert "All with batch 100, as in the sidebar." in texts(page)
    press(page, "Draw the map")
    drawn = _shown(page)
    assert drawn.join(LIMIT)
    assert getattr(drawn.grid, setting) == values  # of 3,500 digits: none that are more than there are
    rerun(page)
    words = SETTINGS[setting]
    assert json.dumps([words.show(value) for value in values])[1:-1] in sent(page).replace("\\u00a0", " ")
    changes: dict[str, Any] = {setting: values[-1], "learning_rate": 0.2}
    last = replace(drawn.grid.cells[0], **changes)
    page = _click(page, len(values) - 1, 1)
    assert page.session_state["map_cell"] == last
    press(page, "Take these settings")
    assert page.session_state[setting] == words.nearest(values[-1])


def test_without_an_input_nothing_can_be_drawn_and_the_reason_is_said() -> None:
    page = _map(person(ONE))
    page.session_state["map_inputs"] = []
    rerun(page)
    assert "Inputs: expected at least one value, got none." in texts(page)
    assert button(page, "Draw the map").disabled


def test_too_many_cells_cannot_be_drawn_and_the_reason_is_said() -> None:
    page = _map(person(ONE))
    page.session_state["map_rates"], page.session_state["map_sizes"] = (0.001, 5.0), (1, 10_000)
    page.session_state["map_inputs"] = list(Preprocessing)[:3]
    rerun(page)
    assert "These are 468 cells, and a map has at most 400" in texts(page)
    assert button(page, "Draw the map").disabled


def test_a_complete_map_says_what_won_and_what_it_was_chosen_by(complete: MapJob) -> None:
    page = _map(person(ONE))
    assert page.query_params["map"] == complete.id
    said = texts(page)
    assert "6 of 6 cells." in said
    assert complete.winner is not None
    assert f"**Winner: batch {complete.winner.cell.batch_size} · " in said
    assert f"{100 * complete.winner.test.accuracy:.2f}" in said
    assert "the last 500 training digits" in said
    assert "any of them will do" in said
    assert not {"Cancel", "Continue the map"} & labels(page)


def test_a_click_on_a_cell_opens_its_curve_and_its_settings_go_to_the_sidebar(complete: MapJob) -> None:
    page = _click(_map(person(ONE)), 1, 0)
    assert page.session_state["map_cell"] == Cell(Preprocessing.RAW, 500, 0.001)
    assert "rate 0.001 \\u00b7 raw, epoch by epoch" in sent(page)
    press(page, "Take these settings")
    assert page.session_state["batch_size"] == 500
    assert page.session_state["learning_rate"] == 0.001
    assert page.session_state["epochs"] == 1
    assert page.session_state["preprocessing"] == Preprocessing.RAW
    assert page.session_state["validation"] is True
    assert "The sidebar now has these settings: raw · batch 500 · learning rate 0.001" in sent(page)


@pytest.mark.parametrize("index", [[9, 0], [0, 9], [-1, 0], ["0", 0], [True, 0], None])
def test_a_click_that_no_page_sends_opens_nothing(index: object, complete: MapJob) -> None:
    page = _map(person(ONE))
    page.session_state["map-raw"] = {"click": {"value": {"index": index}, "stamp": next(STAMPS)}}
    rerun(page)
    assert "map_cell" not in page.session_state


def test_the_list_of_cells_opens_one_without_a_mouse(complete: MapJob) -> None:
    page = _map(person(ONE))
    (cells,) = [box for box in page.selectbox if box.label == "Cell"]
    cells.select_index(1)
    rerun(page)
    assert page.session_state["map_cell"] == GRID.cells[1]


@pytest.mark.parametrize("by", ["Cancel", "a lost cluster"])
def test_what_has_ended_early_keeps_what_is_done_says_why_and_goes_on(
    by: str, steps: Stepwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = person(ONE)
    drawn = shared.jobs().begin_map(GRID, digits(), person(ONE).jobs)
    wait_for(lambda: bool(steps.futures))
    steps.work(1)
    wait_for(lambda: bool(drawn.results))
    page = _map(visitor)
    if by == "Cancel":
        press(page, by)
        assert "1 of 6 cells, stopped." in texts(page)
    else:
        lost = ClusterError("tcp://secret:1", "has lost its scheduler", "start it")
        next(future for future in steps.futures if not future.done()).set_exception(lost)
        assert drawn.join(LIMIT)
        rerun(page)
        why = "The cluster that this server computes maps on has lost its scheduler."
        assert f"1 of 6 cells, stopped. {why}" in texts(page)
        assert "secret" not in sent(page)
    monkeypatch.setattr(sweep_work, "connect_scheduler", AtOnce)
    press(page, "Continue the map")
    assert _shown(page).join(LIMIT)
    rerun(page)
    assert _shown(page).state is State.FINISHED
    assert "6 of 6 cells." in texts(page)


def test_others_see_a_map_by_its_link_and_can_take_its_settings_but_not_control_it(steps: Stepwise) -> None:
    drawn = shared.jobs().begin_map(GRID, digits(), person(ONE).jobs)
    wait_for(lambda: bool(steps.futures))
    steps.work(1)
    wait_for(lambda: bool(drawn.results))
    page = _map(person(OTHER), drawn.id)
    assert "1 of 6 cells" in texts(page)
    assert "begun in another browser" in sent(page)
    assert not {"Cancel", "Continue the map"} & labels(page)
    assert not button(page, "Draw the map").disabled  # they may have one of their own
    press(page, "Take these settings")
    assert page.session_state["validation"] is True
    drawn.stop()
    assert drawn.join(LIMIT)


def test_ownership_is_checked_where_the_action_is(steps: Stepwise, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = shared.jobs().begin_map(GRID, digits(), person(ONE).jobs)
    monkeypatch.setattr(map_form, "shown_map", lambda: _found(drawn.id))
    monkeypatch.setattr(map_form, "visitor", lambda: person(OTHER))
    map_form.cancel_map()
    assert not drawn.state.ended
    drawn.stop()
    assert drawn.join(LIMIT)
    map_form.continue_map()
    assert _found(drawn.id) is drawn


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a" * 32, "The map in this link is no longer on this server."),
        ("../../etc/passwd", "The map in this link is no longer on this server."),
        ("<script>", "The map in this link is no longer on this server."),
    ],
)
def test_a_link_to_no_map_is_said_kindly(name: str, words: str) -> None:
    page = _map(person(ONE), name)
    assert words in sent(page)
    assert "<script>" not in sent(page)
    assert page.query_params["map"] == "new"


def _last_watch(drawn: MapJob) -> float:
    assert isinstance(drawn.work, MapWorker)
    return drawn.work.progress.last_watch


def test_a_map_that_is_watched_from_another_tab_goes_on(steps: Stepwise) -> None:
    drawn = shared.jobs().begin_map(GRID, digits(), person(ONE).jobs)
    page = _map(person(ONE))
    before = _last_watch(drawn)
    page.session_state["tab"] = "Train"
    rerun(page)
    assert _last_watch(drawn) > before
    drawn.stop()
    assert drawn.join(LIMIT)


def test_an_owner_can_delete_a_map_and_bring_it_back_and_nobody_else(complete: MapJob) -> None:
    assert not {"Delete", "Undo delete"} & labels(_map(person(OTHER), complete.id))
    page = press(_map(person(ONE)), "Delete")
    assert shared.jobs().get(complete.id) is None
    assert page.query_params["map"] == "new"
    assert "1 map deleted." in sent(page)
    press(page, "Undo delete")
    assert page.query_params["map"] == complete.id
    assert "6 of 6 cells." in texts(page)
    assert "Undo delete" not in labels(page)


def test_a_map_that_cannot_be_read_just_now_is_shown_at_the_next_look(
    complete: MapJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise FileUnreadable(damaged=False)

    shared.jobs().forget_ended()
    with monkeypatch.context() as patch:
        patch.setattr("dashboard.lab.job_registry.load_job", fail)
        page = _map(person(OTHER), complete.id)
        assert "It cannot be read from the disk just now." in sent(page)
    assert "6 of 6 cells." in texts(rerun(page))
