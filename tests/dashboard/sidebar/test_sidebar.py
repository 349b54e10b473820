"""Where the digits come from, how far loading is, and what can be done if it fails."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event, enumerate

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import state
from dashboard.lab import shared
from dashboard.lab.job_files import run_files
from dashboard.lab.people import Person
from dashboard.lab.run_job import RunSummary, ended_run, summary_of
from dashboard.sidebar.sidebar import LISTED, describe_runs
from mnist_core import Digits, Preprocessing, Run, TrainingConfig
from mnist_core.run_file import Segment
from mnist_core.storage.file_store import new_id
from mnist_core.training.worker import State
from tests.dashboard.page import (
    button,
    finish,
    labels,
    metrics,
    open_page,
    press,
    rerun,
    settings,
    shown,
    texts,
)
from tests.dashboard.runs import LIMIT, ONE, OTHER, begin_slowly, join, person, store, wait_for_report
from tests.support.sources import wait_for

LOADING = "dashboard.lab.digits_loader.load_digits"


def test_the_sample_is_said_to_be_one_and_the_download_can_be_tried_again(
    app: AppTest, sample: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.lab.digits_loader.BETWEEN_DOWNLOADS", 0.0)
    rerun(app)
    for thread in enumerate():
        if thread.name == "loading":
            thread.join(LIMIT)
    rerun(app)
    assert "A sample of MNIST: 4,000 to train with, 1,000 to test with." in texts(app)
    assert sample.note in texts(app)
    downloaded = replace(sample, source="mnist", note="")
    monkeypatch.setattr(LOADING, lambda **_: downloaded)
    press(app, "Try the download again")
    shared.digits_loader().wait(LIMIT)
    assert "The digits of MNIST: 4,000 to train with" in texts(rerun(app))
    assert "Try the download again" not in {one.label for one in app.button}


def test_digits_that_cannot_be_loaded_are_an_error_and_can_be_tried_again(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, sample: Digits
) -> None:
    def fail(**_: object) -> Digits:
        raise ValueError("train-images-idx3-ubyte: expected 47,040,016 bytes, found 12")

    monkeypatch.setattr(LOADING, fail)
    rerun(app)
    assert "expected 47,040,016 bytes" in app.error[0].value
    assert button(app, "Train").disabled
    monkeypatch.setattr(LOADING, lambda **_: sample)
    press(app, "Try again")
    assert not button(app, "Train").disabled
    assert not app.error


def test_a_download_shows_how_far_it_is(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, sample: Digits
) -> None:
    begun, go_on = Event(), Event()

    def download(*, progress: Callable[[int, int], None], **_: object) -> Digits:
        progress(3, 12)
        begun.set()
        assert go_on.wait(LIMIT)
        return sample

    monkeypatch.setattr(LOADING, download)
    shared.digits_loader()
    assert begun.wait(LIMIT)
    rerun(app)
    assert "Downloading MNIST, 25%" in texts(app)
    assert button(app, "Train").disabled
    go_on.set()
    shared.digits_loader().wait(LIMIT)
    assert not button(rerun(app), "Train").disabled


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
    assert _listed(page)[older] == f"{accuracy:.1f} % · raw · batch 100 · learning rate 0.2 · 2 epochs"
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
    assert "The most recent runs of this browser" not in texts(_open_list(page))
    press(page, "Train")
    assert "The most recent runs of this browser" not in texts(_open_list(page))


def test_a_long_list_ends_after_the_newest(ended: Run) -> None:
    one = person(ONE)
    runs = [store(ended, one) for _ in range(LISTED + 2)]
    assert list(_listed(_open_list(open_page(one)))) == runs[:1:-1]


CONTROLS = {"Pause", "Resume", "Continue", "Next", "Stop"}


@pytest.fixture
def owner() -> Person:
    return person(ONE)


@pytest.fixture
def slow(app: AppTest) -> AppTest:
    """A page whose next run makes two or three reports a second."""
    rerun(app).sidebar.toggle(key="slow_motion").set_value(True)
    return rerun(app)


def test_train_learns_with_the_settings_of_the_moment_and_shows_the_numbers(app: AppTest) -> None:
    rerun(app)
    app.sidebar.slider(key="epochs").set_value(2)
    app.sidebar.select_slider(key="batch_size").set_value(50)
    rerun(app)
    press(app, "Train")
    run = finish(app)
    last = run.history[-1]
    assert (run.config.epochs, run.config.batch_size, last.step) == (2, 50, 160)
    assert metrics(app)["Test accuracy"] == f"{100 * last.test.accuracy:.1f} %"
    assert metrics(app)["Test loss"] == f"{last.test.loss:.3f}"
    assert metrics(app)["Epoch"] == "2 of 2"


def test_a_slider_that_is_moved_during_a_run_changes_only_the_next_one(slow: AppTest) -> None:
    press(slow, "Train")
    run = shown(slow)
    slow.sidebar.slider(key="epochs").set_value(3)
    rerun(slow)
    assert shown(slow) is run
    assert run.config.epochs == 10
    press(slow, "Train")
    assert shown(slow).config.epochs == 3
    assert join(run).state is State.STOPPED


def test_pause_resume_step_and_stop_act_on_the_run_that_is_shown(slow: AppTest) -> None:
    press(slow, "Train")
    run = shown(slow)
    press(slow, "Pause")
    assert run.state is State.PAUSED
    assert labels(slow) & CONTROLS == {"Resume", "Next", "Stop"}
    press(slow, "Resume")
    press(slow, "Next")
    wait_for(lambda: run.state is State.PAUSED)
    press(slow, "Stop")
    assert (run.state, button(slow, "Stop").disabled) == (State.STOPPED, True)


def test_stop_counts_although_pause_was_pressed_just_before_it(slow: AppTest) -> None:
    press(slow, "Train")
    slow.session_state["presses"] = {"pause", "stop"}  # both were noted before the script came to them
    rerun(slow)
    assert shown(slow).state is State.STOPPED


def test_continue_is_enabled_exactly_when_its_hint_says_so(app: AppTest) -> None:
    press(rerun(app), "Train")
    finish(app)
    hints = {
        "preprocessing": ("moments", "Continue needs the input of this run"),
        "validation": (True, "Continue needs a setting under **More**"),
    }
    for key, (value, hint) in hints.items():
        before = app.session_state[key]
        app.session_state[key] = value
        rerun(app)
        assert button(app, "Continue").disabled
        assert hint in texts(app)
        assert "Continue trains further" not in texts(app)
        app.session_state[key] = before
        rerun(app)
        assert not button(app, "Continue").disabled
        assert "Continue trains further for the epochs set above" in texts(app)


def test_runs_that_would_read_the_same_are_numbered(ended: Run) -> None:
    def summary(run_id: str, run: Run) -> RunSummary:
        return summary_of(ended_run(run_id, run))

    last = ended.history[-1]
    longer = replace(last, epoch=2 * last.epoch, step=2 * last.step)
    continued = Run(ended.config, (*ended.history, longer), "sample", (Segment(ended.config, last.epoch),))
    runs = [summary("d", ended), summary("c", continued), summary("b", ended), summary("a", ended)]
    described = describe_runs(runs, {"b": "my *best*"})
    assert list(described) == ["d", "c", "b", "a"]
    assert len(set(described.values())) == 4
    assert described["a"].endswith("number 1")
    assert described["d"].endswith("number 2")
    assert described["c"].endswith(f"continued to epoch {2 * last.epoch:g}")
    assert r"my \*best\*" in described["b"]


def test_retrain_begins_a_new_run_at_each_change_and_only_then(app: AppTest) -> None:
    press(rerun(app), "Train")
    run = finish(app)
    app.sidebar.toggle(key="retrain").set_value(True)
    rerun(app)
    assert shown(app) is run
    app.sidebar.select_slider(key="learning_rate").set_value(0.1)
    rerun(app)
    again = shown(app)
    assert again is not run
    assert again.config.learning_rate == 0.1
    assert shown(rerun(app)) is again


def test_retrain_leaves_a_run_alone_that_differs_only_in_how_often_it_reports(
    owner: Person, ended: Run
) -> None:
    run_id = store(replace(ended, config=replace(ended.config, reports_per_epoch=3)), owner)
    page = open_page(owner, run=run_id)
    page.sidebar.toggle(key="retrain").set_value(True)
    rerun(page)
    assert shown(page).id == run_id


def test_retrain_does_nothing_to_the_run_of_somebody_else(owner: Person) -> None:
    run = begin_slowly(TrainingConfig(), owner)
    page = open_page(person(OTHER), run=run.id)
    page.sidebar.toggle(key="retrain").set_value(True)
    page.sidebar.slider(key="epochs").set_value(3)
    rerun(page)
    assert shown(page) is run
    assert run.state is State.RUNNING


def test_continue_trains_further_from_where_the_run_ended(owner: Person, ended: Run) -> None:
    page = open_page(owner, run=store(ended, owner))
    before = shown(page)
    press(page, "Continue")
    run = finish(page)
    assert metrics(page)["Epoch"] == "4 of 4"
    assert run.id == before.id
    assert run.history[: len(before.history)] == before.history


def test_a_run_with_another_kind_of_input_cannot_be_continued(owner: Person, ended: Run) -> None:
    page = open_page(owner, run=store(ended, owner))
    assert not button(page, "Continue").disabled
    page.sidebar.segmented_control(key="preprocessing").set_value(Preprocessing.DIRECTIONS)
    assert button(rerun(page), "Continue").disabled


def test_the_sidebar_says_what_train_will_change(owner: Person, ended: Run) -> None:
    page = open_page(owner, run=store(ended, owner))
    assert "Changed since this run" not in texts(page)
    page.sidebar.slider(key="epochs").set_value(7)
    page.sidebar.select_slider(key="batch_size").set_value(50)
    rerun(page)
    expected = "Changed since this run: **batch 50, 7 epochs**. Train begins a new run with it."
    assert expected in texts(page)
    assert "Pause and Resume keep" not in texts(page)


def test_during_a_run_the_sidebar_says_that_resume_keeps_its_settings(owner: Person) -> None:
    page = open_page(owner, run=begin_slowly(TrainingConfig(), owner).id)
    page.sidebar.slider(key="epochs").set_value(7)
    assert "Pause and Resume keep the settings of the run shown." in texts(rerun(page))


def test_a_visitor_who_clears_streamlits_caches_takes_no_run_from_anybody(owner: Person) -> None:
    run = begin_slowly(TrainingConfig(), owner)
    page = open_page(owner, run=run.id)
    st.cache_resource.clear()
    st.cache_data.clear()
    assert shown(rerun(page)) is run
    press(page, "Pause")
    assert run.state is State.PAUSED


# The run of somebody else


@pytest.mark.parametrize("visitor", ["somebody else", "nobody"])
def test_the_run_of_somebody_else_has_no_controls_but_can_be_copied_and_the_copy_trained(
    owner: Person, visitor: str
) -> None:
    run = begin_slowly(TrainingConfig(50, 0.2, 3), owner)
    page = open_page(person(OTHER) if visitor == "somebody else" else None, run=run.id)
    assert not labels(page) & CONTROLS
    assert "only that browser can control it" in texts(page)
    assert settings(page).epochs == 3

    press(page, "Make a copy to train on")
    copy = shown(page)
    assert copy.id != run.id
    assert copy.history == run.history
    assert "This is your own copy of the run." in page.info[0].value
    assert labels(page) & CONTROLS == {"Continue", "Next", "Stop"}
    press(page, "Continue")
    longer = finish(page)
    assert longer.id == copy.id
    assert longer.history[-1].epoch == 3 + 1  # the epoch that was begun is finished first
    assert (run.state, len(run.history)) == (State.RUNNING, 1)


def test_train_on_the_page_of_somebody_else_leaves_the_owners_run_running(owner: Person) -> None:
    run = begin_slowly(TrainingConfig(), owner)
    watching = open_page(person(OTHER), run=run.id)
    press(watching, "Train")
    assert shown(watching) is not run
    assert labels(watching) >= {"Next", "Stop"}
    assert (run.state, len(run.history), run.stop_reason) == (State.RUNNING, 1, None)


def test_the_owner_can_control_the_run_in_a_second_session_and_the_first_shows_it(owner: Person) -> None:
    run = begin_slowly(TrainingConfig(), owner)
    first, second = open_page(owner, run=run.id), open_page(person(ONE), run=run.id)
    press(second, "Pause")
    assert run.state is State.PAUSED
    assert "Resume" in labels(rerun(first))
    assert "Paused" in texts(first)


def test_whoever_watches_a_run_that_is_stopped_for_a_new_one_reads_the_reason(owner: Person) -> None:
    run = begin_slowly(TrainingConfig(), owner)
    pages = [open_page(owner, run=run.id), open_page(person(OTHER), run=run.id)]
    press(open_page(owner, run=run.id), "Train")
    join(run)
    for page in pages:
        assert "It was stopped because a new run was begun in the same browser." in texts(rerun(page))
        assert shown(page) is run


def test_before_any_run_there_is_nothing_to_continue_or_stop(app: AppTest) -> None:
    rerun(app)
    assert {one.label for one in app.sidebar.button if one.disabled} == {
        "Continue",
        "Stop",
        "Try the download again",  # it was tried just now
    }


def test_step_without_a_run_begins_one_that_is_paused_before_its_first_step(app: AppTest) -> None:
    press(rerun(app), "Next")
    run = wait_for_report(shown(app))
    assert (run.state, [report.step for report in run.history]) == (State.PAUSED, [0])
    press(app, "Next")
    wait_for(lambda: len(run.history) == 2)
    assert (run.state, run.history[-1].step) == (State.PAUSED, 1)
    assert shown(app) is run


# Room


def test_the_page_says_what_a_new_run_replaces_before_it_does(
    ended: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.lab.job_registry.SHARE_JOBS", 2)
    one = person(ONE)
    oldest, newest = store(ended, one), store(ended, one)
    one.jobs.rename([oldest], "the first")
    page = open_page(one)
    assert "Your oldest, the first, is then deleted to make room for a new run or map." in texts(page)
    press(page, "Train")
    assert shared.jobs().get(oldest) is None
    assert [job.job_id for job in one.jobs] == [shown(page).id, newest]


def test_train_is_refused_with_a_sentence_when_there_is_no_room_and_nothing_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = person(ONE)
    run = begin_slowly(TrainingConfig(), one)
    page = open_page(one, run=run.id)
    monkeypatch.setattr("mnist_core.storage.file_store.FileStore.has_room", lambda *_: False)
    press(page, "Train")
    assert "There is no room for anything new on this server just now." in texts(page)
    assert not shown(page).state.ended
    page.toggle(key="retrain").set_value(True)
    page.slider(key="epochs").set_value(7)
    assert shown(rerun(page)) is run  # no endless loop
