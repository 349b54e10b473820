"""The list of the runs that this browser began, to open them again."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import state
from dashboard.lab.job_files import run_files
from dashboard.sidebar.my_runs import LISTED
from mnist_core import Preprocessing, Run, TrainingConfig
from mnist_core.storage.file_store import new_id
from tests.dashboard.page import open_page, press, rerun, settings, shown, texts
from tests.dashboard.runs import ONE, OTHER, begin_slowly, person, store


@pytest.fixture(autouse=True)
def started(server: Path) -> None:
    """Every page of this module is served by a server that has just started."""


def _open_list(page: AppTest) -> AppTest:
    page.session_state["my-runs"] = True
    return rerun(page)


def _listed(page: AppTest) -> dict[str, str]:
    """What the list says of each run, by its id, in order."""
    return {one.key[5:]: one.label for one in page.button if one.key and one.key.startswith("open-")}


def test_the_list_has_the_own_runs_with_accuracy_and_settings_the_newest_first(ended: Run) -> None:
    one = person(ONE)
    older = store(ended, one)
    begin_slowly(TrainingConfig(), person(OTHER))
    newer = begin_slowly(TrainingConfig(50, preprocessing=Preprocessing.RAW), one)
    page = _open_list(open_page(one))
    assert list(_listed(page)) == [newer.id, older]
    accuracy = 100 * ended.history[-1].test.accuracy
    assert _listed(page)[older] == f"{accuracy:.1f} % · directions · batch 100 · learning rate 0.2 · 2 epochs"
    assert "raw · batch 50" in _listed(page)[newer.id]


def test_a_run_of_the_list_opens_with_its_settings_and_becomes_the_one_to_compare(ended: Run) -> None:
    one = person(ONE)
    older = store(ended, one)
    newer = begin_slowly(TrainingConfig(), one)
    page = _open_list(open_page(one))
    assert shown(page) is newer
    assert page.button(key=f"open-{newer.id}").disabled
    page.button(key=f"open-{older}").click()
    rerun(page)
    assert shown(page).id == older
    assert (settings(page).learning_rate, settings(page).epochs) == (0.2, 2)
    assert page.session_state[state.previous_run.key] == newer.id
    assert "Changed since this run" not in texts(page)


def test_runs_that_are_gone_or_damaged_are_left_out(ended: Run) -> None:
    one = person(ONE)
    there = store(ended, one)
    damaged = store(ended, one)
    run_files().path(damaged).write_bytes(b"damaged")
    one.jobs.add(new_id())
    assert list(_listed(_open_list(open_page(one)))) == [there]


def test_without_another_run_there_is_no_list() -> None:
    one = person(ONE)
    page = open_page(one)
    assert "The newest runs of this browser" not in texts(_open_list(page))
    press(page, "Train")
    assert "The newest runs of this browser" not in texts(_open_list(page))


def test_a_long_list_ends_after_the_newest(ended: Run) -> None:
    one = person(ONE)
    runs = [store(ended, one) for _ in range(LISTED + 2)]
    assert list(_listed(_open_list(open_page(one)))) == runs[:1:-1]
