"""The Train tab: the curves of the run that is shown, and of the one before."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.lab import run_job, shared
from dashboard.lab.job_queue import Waiting
from dashboard.lab.people import Person
from dashboard.lab.run_job import RunJob, run_of_model
from mnist_core import Metrics, Preprocessing, Progress, Run, SoftmaxRegressor, TrainingConfig
from mnist_core.run_file import Segment
from tests.dashboard.page import (
    film,
    finish,
    labels,
    metrics,
    open_page,
    open_tab,
    press,
    rerun,
    sent,
    settings,
    shown,
    texts,
)
from tests.dashboard.runs import LIMIT, ONE, OTHER, begin, begin_slowly, digits, join, person, store, stored
from tests.support.sources import wait_for


@pytest.fixture(autouse=True)
def started(server: Path) -> None:
    """Every page of this module is served by a server that has just started."""


def test_the_legend_names_what_the_previous_run_had_that_this_one_has_not(ended: Run) -> None:
    one = person(ONE)
    page = open_page(one, run=store(ended, one))
    assert "previous run" not in sent(page)
    page.sidebar.select_slider(key="learning_rate").set_value(0.5)
    rerun(page)
    press(page, "Train")
    finish(page)
    assert "previous run: learning rate 0.2" in sent(page)


def test_the_legend_says_if_the_previous_run_had_the_same_settings(ended: Run) -> None:
    one = person(ONE)
    page = open_page(one, run=store(ended, one))
    press(page, "Train")
    finish(page)
    assert "previous run: same settings" in sent(page)


def test_the_curves_mark_what_was_changed_when_the_run_was_continued(ended: Run) -> None:
    faster = replace(ended.config, learning_rate=0.5, batch_size=50, epochs=1)
    run = replace(ended, config=faster, earlier=(Segment(ended.config, 1.0),))
    page = open_page(run=store(run))
    assert "batch 50, learning rate 0.5" in sent(page)


def test_a_run_that_was_continued_with_the_same_settings_is_marked_as_continued(ended: Run) -> None:
    run = replace(ended, config=replace(ended.config, epochs=1), earlier=(Segment(ended.config, 1.0),))
    assert '"continued"' in sent(open_page(run=store(run)))


@pytest.mark.parametrize("tab", ["Train", "Draw", "Look inside", "Learn"])
def test_the_numbers_are_there_whichever_tab_is_open(ended: Run, tab: str) -> None:
    page = open_tab(open_page(run=store(ended)), tab)
    assert [metric.label for metric in page.metric][:3] == ["Test accuracy", "Test loss", "Epoch"]
    assert f"{100 * ended.history[-1].test.accuracy:.1f} %" in [metric.value for metric in page.metric]
    assert "Finished" in texts(page)


def test_it_says_what_is_learned_from_how_many_digits_and_what_to_do_in_which_order(app: AppTest) -> None:
    said = texts(rerun(app))
    assert "**4,000 examples**" in said
    assert "**1,000 others**" in said
    steps = ("Press **Train**:", "**Draw** a digit", "**Prepare the digits first**:", "**Look inside**:")
    places = [said.index(step) for step in steps]
    assert places == sorted(places)


def test_there_is_one_train_button(app: AppTest) -> None:
    assert [one.label for one in rerun(app).button].count("Train") == 1


def test_it_gives_way_to_the_curves(app: AppTest) -> None:
    assert "**4,000 examples**" not in texts(press(rerun(app), "Train"))


def test_while_the_digits_are_loading_it_says_so(app: AppTest) -> None:
    rerun(app)
    shared.digits_loader().digits = None
    assert "The digits are being loaded." in texts(rerun(app))


CONFIG = TrainingConfig(epochs=3, preprocessing=Preprocessing.RAW)


@pytest.fixture
def owner() -> Person:
    return person(ONE)


def _finish(run: RunJob) -> None:
    run.set_pace(0)
    join(run)


def test_before_a_run_there_are_no_numbers_but_the_settings_of_the_first_one(app: AppTest) -> None:
    rerun(app).sidebar.slider(key="epochs").set_value(1)
    assert set(metrics(rerun(app))) == {"Test accuracy", "Test loss", "Epoch"}
    assert set(metrics(app).values()) == {"–"}
    assert "raw · batch 100 · learning rate 0.01 · 1 epoch  \nNot trained yet" in texts(app)


def test_during_a_run_its_own_settings_are_shown_whatever_the_controls_say(owner: Person) -> None:
    page = open_page(owner, run=begin_slowly(CONFIG, owner).id)
    page.sidebar.slider(key="epochs").set_value(9)
    rerun(page)
    assert "raw · batch 100 · learning rate 0.01 · 3 epochs  \nTraining, about" in texts(page)


def test_each_end_of_a_run_is_said(owner: Person, ended: Run) -> None:
    page = open_page(owner, run=store(ended, owner))
    assert "Finished: 80 steps in" in texts(page)
    assert metrics(page)["Epoch"] == "2 of 2"

    run = begin_slowly(CONFIG, owner)
    page = open_page(owner, run=run.id)
    step = run.history[-1].step
    press(page, "Pause")
    assert f"Paused after {step} steps" in texts(page)
    press(page, "Stop")
    join(run)
    assert f"Stopped after {step} steps. The model keeps what it learned." in texts(rerun(page))


def test_before_the_first_step_a_run_is_starting(owner: Person) -> None:
    page = open_page(owner, run=begin_slowly(replace(CONFIG, early_reports=True), owner).id)
    assert "Starting" in texts(page)
    assert metrics(page)["Epoch"] == "0 of 3"


@pytest.mark.parametrize(
    ("before", "words"), [(1, "1 other is before you, about 8 s"), (3, "3 others are before you, about 8 s")]
)
def test_a_run_that_waits_for_its_turn_says_its_place_and_how_long(
    owner: Person, monkeypatch: pytest.MonkeyPatch, before: int, words: str
) -> None:
    run = begin_slowly(CONFIG, owner)
    with monkeypatch.context() as busy:
        busy.setattr(RunJob, "waiting", Waiting(before, 8.2))
        assert f"Waiting: {words}" in texts(open_page(owner, run=run.id))
    assert "Waiting" not in texts(open_page(owner, run=run.id))


def test_a_run_that_failed_says_why(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Iterator[Progress]:
        raise MemoryError("no room for the gradients")
        yield

    monkeypatch.setattr("dashboard.lab.job_registry.train", fail)
    run = begin(CONFIG, owner)
    join(run)
    assert "The run failed: no room for the gradients" in texts(open_page(owner, run=run.id))


def test_a_run_that_was_stopped_before_its_first_report_says_so(
    owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Event(), Event()

    def wait(*_: object, **__: object) -> Iterator[Progress]:
        begun.set()
        assert go_on.wait(LIMIT)
        yield ended

    monkeypatch.setattr("dashboard.lab.job_registry.train", wait)
    run = begin(CONFIG, owner)
    assert begun.wait(LIMIT)
    ended = Progress(1, 0.1, Metrics(1, 0), Metrics(1, 0), 0.0, SoftmaxRegressor(Preprocessing.RAW))
    run.stop("A new run was begun.")
    go_on.set()
    join(run)
    assert "Stopped before it began. A new run was begun." in texts(open_page(owner, run=run.id))


def test_a_model_from_a_file_is_not_said_to_be_trained_here(owner: Person) -> None:
    run = shared.jobs().add_run(run_of_model(SoftmaxRegressor(Preprocessing.RAW), digits()), owner.jobs)
    page = open_page(owner, run=run.id)
    assert "Not trained here yet" in texts(page)
    assert "raw · from a model file, which does not say how it was trained" in texts(page)
    assert metrics(page)["Test accuracy"] != "–"


# Runs that cannot be saved


@pytest.fixture
def unsaved(owner: Person, server: Path) -> RunJob:
    """A run that has ended and could not be saved, because there is a file in the place of the folder."""
    run = begin_slowly(CONFIG, owner)
    (server / "runs").write_text("a file in the place of the folder")
    _finish(run)
    return run


def test_a_run_that_cannot_be_saved_is_a_warning_and_can_be_saved_once_the_disk_is_writable(
    unsaved: RunJob, owner: Person, server: Path
) -> None:
    page = open_page(owner, run=unsaved.id)
    assert "This run could not be saved (File exists)." in page.warning[0].value
    press(page, "Try to save again")
    assert "This run could not be saved (File exists)." in page.warning[0].value
    (server / "runs").unlink()
    press(page, "Try to save again")
    assert not page.warning
    assert "Try to save again" not in labels(page)
    assert stored(unsaved.id).history[-1].step == unsaved.history[-1].step


def test_whoever_watches_a_run_that_cannot_be_saved_is_warned_too_but_cannot_save_it(
    unsaved: RunJob,
) -> None:
    page = open_page(person(OTHER), run=unsaved.id)
    assert "could not be saved" in page.warning[0].value
    assert "Try to save again" not in labels(page)


def test_a_run_that_is_saved_is_no_warning(owner: Person) -> None:
    run = begin_slowly(CONFIG, owner)
    _finish(run)
    page = open_page(owner, run=run.id)
    assert not page.warning
    assert shown(page) is run


# The film, and what comes next


def test_the_first_answer_to_train_has_a_curve(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_job, "MOMENT", 60.0)  # seconds, for a busy machine
    page = press(open_page(owner), "Train")
    assert film(page, "templates")["steps"][:3] == [0, 1, 3]
    finish(page)


def test_how_long_a_run_takes_is_not_said_of_its_first_steps(owner: Person) -> None:
    run = begin_slowly(replace(CONFIG, early_reports=True), owner)
    run.go_to_next_report()
    wait_for(lambda: len(run.history) == 2)
    run.resume()
    assert "3 epochs  \nTraining" in texts(page := open_page(owner, run=run.id))
    assert "s left" not in texts(page)
    _finish(run)


def test_only_a_first_run_at_full_speed_is_played_and_of_any_other_the_newest_pictures_travel(
    owner: Person, ended: Run
) -> None:
    run = begin_slowly(replace(CONFIG, early_reports=True), owner)
    run.go_to_next_report()
    wait_for(lambda: len(run.history) == 2)
    paused = film(open_page(owner, run=run.id), "templates")
    assert (paused["first"], paused["learning"], paused["steps"]) == (False, True, [0, 1])
    assert (paused["until"], paused["accuracy"]) == (120, [one.test.accuracy for one in run.history])
    run.resume()  # in slow motion, in which Pause is for the run
    slow = film(open_page(owner, run=run.id), "templates")
    assert (slow["first"], slow["steps"]) == (False, [1])

    run.set_pace(0)
    _finish(run)
    first = film(open_page(owner, run=run.id), "templates")
    assert (first["first"], first["steps"]) == (True, [report.step for report in run.history])
    assert not film(open_page(person(OTHER), run=run.id), "templates")["first"]
    store(ended, owner)
    assert not film(open_page(owner, run=run.id), "templates")["first"]


def test_a_run_on_raw_pixels_leads_to_the_same_with_prepared_digits_and_its_gain(
    owner: Person, ended: Run
) -> None:
    page = press(open_page(owner, run=store(ended, owner)), "Prepare the digits first")
    run = finish(page)
    assert run.config == replace(ended.config, preprocessing=Preprocessing.DIRECTIONS)
    assert settings(page).preprocessing is Preprocessing.DIRECTIONS
    before, after = (100 * one.history[-1].test.accuracy for one in (ended, run))
    assert f"**{before:.1f} % → {after:.1f} %** with the same 7,850 numbers" in texts(page)
    assert "previous run: raw" in sent(page)
    assert "Prepare the digits first" not in labels(page)
    assert "Draw a digit" in labels(page)


def test_of_a_run_that_learns_nothing_is_offered_yet(owner: Person) -> None:
    page = open_page(owner, run=begin_slowly(CONFIG, owner).id)
    assert not {"Draw a digit", "Prepare the digits first"} & labels(page)
