"""What a visitor can do with runs: everything with their own, and nothing with those of others."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import state
from dashboard.address import Address
from dashboard.lab import shared
from dashboard.lab.people import Person
from dashboard.lab.run_job import RunJob
from mnist_core import Digits, Preprocessing, Run, SoftmaxRegressor, TrainingConfig, train
from mnist_core.training.worker import State
from tests.dashboard.runs import LIMIT, ONE, OTHER, begin_slowly, found_run, join, person, store, stored
from tests.support.sources import wait_for

CONFIG = TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW, reports_per_epoch=3)


@pytest.fixture(autouse=True)
def started(server: Path) -> None:
    """Everything here happens on a server that has just started."""


@pytest.fixture
def owner() -> Person:
    return person(ONE)


@pytest.fixture(params=["somebody else", "nobody"])
def stranger(request: pytest.FixtureRequest) -> Person | None:
    """Who did not begin the run: with a cookie of their own, or without one."""
    return person(OTHER) if request.param == "somebody else" else None


def act() -> None:
    import streamlit as st

    from dashboard import run_actions

    st.session_state["returned"] = []
    for name, *arguments in st.session_state["actions"]:
        st.session_state["returned"].append(getattr(run_actions, name)(*arguments))
        st.session_state["after"](run_actions.shown_run())


def do(
    visitor: Person | None,
    run: RunJob | None,
    *actions: tuple[object, ...],
    after: Callable[[RunJob | None], None] = lambda _: None,
) -> AppTest:
    """Let a visitor whose page shows a run do some things; `after` each, look at the run that is shown."""
    page = AppTest.from_function(act, default_timeout=LIMIT)
    if visitor is not None:
        page.session_state[state.visitor.key] = visitor
    page.session_state["address"] = Address(run=run.id if run else "")
    page.session_state["actions"], page.session_state["after"] = actions, after
    page.run()
    assert not page.exception, page.exception[0].message
    return page


def _shown(page: AppTest) -> RunJob:
    return found_run(page.session_state["address"].run)


# Of others

ACTIONS = (
    ("pause_or_resume",),
    ("go_to_next_report",),
    ("stop",),
    ("set_pace",),
    ("continue_run", CONFIG),
    ("save_again",),
)


@pytest.mark.parametrize("paused", [False, True], ids=["running", "paused"])
def test_nobody_but_its_owner_can_control_a_run(
    owner: Person, stranger: Person | None, paused: bool, sample: Digits
) -> None:
    def look(at: RunJob | None) -> None:
        assert at is run
        looks.append((run.training, run.state, run.history, run.training.seconds_per_report, run.stop_reason))

    run = begin_slowly(CONFIG, owner)
    if paused:
        run.pause()
    looks: list[tuple[object, ...]] = []
    look(run)
    do(stranger, run, *ACTIONS, after=look)
    assert looks == len(looks) * looks[:1]
    assert len(looks) == 1 + len(ACTIONS)

    run.resume()
    run.set_pace(0)
    join(run)
    alone = list(train(CONFIG, sample))
    assert run.state is State.FINISHED
    assert [report.step for report in run.history] == [report.step for report in alone]
    assert run.history[-1].test == alone[-1].test


def test_nobody_but_its_owner_can_continue_a_run_or_save_it_again(
    owner: Person, stranger: Person | None, server: Path
) -> None:
    run = begin_slowly(CONFIG, owner)
    (server / "runs").write_text("a file in the place of the folder")
    run.set_pace(0)
    join(run)
    (server / "runs").unlink()
    history = run.history
    do(stranger, run, *ACTIONS)
    assert found_run(run.id) is run
    assert (run.state, run.history, run.unsaved) == (State.FINISHED, history, ["File exists"])
    assert not (server / "runs").exists()


@pytest.mark.parametrize("action", [("begin_run", CONFIG), ("copy_run",)])
def test_somebody_else_trains_a_run_of_their_own(
    owner: Person, stranger: Person | None, action: tuple[object, ...]
) -> None:
    run = begin_slowly(CONFIG, owner)
    page = do(stranger, run, action)
    visitor = page.session_state[state.visitor.key]
    assert _shown(page).id != run.id
    assert _shown(page).id in visitor.jobs
    assert run.id not in visitor.jobs
    assert _shown(page).id not in owner.jobs
    assert (run.state, run.stop_reason) == (State.RUNNING, None)
    assert run.id in owner.jobs


def test_a_model_from_a_file_leaves_the_run_of_somebody_else_alone(
    owner: Person, stranger: Person | None
) -> None:
    run = begin_slowly(CONFIG, owner)
    page = do(stranger, run, ("adopt_model", SoftmaxRegressor(Preprocessing.RAW)))
    assert _shown(page).id in page.session_state[state.visitor.key].jobs
    assert (run.state, run.stop_reason) == (State.RUNNING, None)


def test_what_somebody_without_a_cookie_begins_is_theirs_and_nobody_elses() -> None:
    page = do(None, None, ("begin_run", CONFIG))
    visitor = page.session_state[state.visitor.key]
    assert [run.job_id for run in visitor.jobs] == [_shown(page).id]
    do(None, _shown(page), ("stop",))
    assert _shown(page).stop_reason is None


# One's own


def test_an_owner_can_pause_step_resume_and_stop(owner: Person) -> None:
    run = begin_slowly(CONFIG, owner)
    do(owner, run, ("pause_or_resume",))
    assert (run.state, len(run.history)) == (State.PAUSED, 1)
    do(owner, run, ("go_to_next_report",))
    wait_for(lambda: len(run.history) == 2)
    states = [run.state]
    do(owner, run, ("pause_or_resume",), ("stop",), after=lambda _: states.append(run.state))
    join(run)
    assert states[:2] == [State.PAUSED, State.RUNNING]
    assert (run.state, run.why_stopped) == (State.STOPPED, "")


def test_the_owner_in_another_session_is_still_the_owner(owner: Person) -> None:
    run = begin_slowly(CONFIG, owner)
    do(person(ONE), run, ("pause_or_resume",))
    assert run.state is State.PAUSED


def test_the_pace_follows_the_switch_for_slow_motion(owner: Person) -> None:
    run = begin_slowly(CONFIG, owner)
    do(owner, run, ("set_pace",))
    assert run.training.seconds_per_report == 0


def test_an_owner_can_continue_a_run_that_has_ended_and_no_other(owner: Person, ended: Run) -> None:
    running = begin_slowly(CONFIG, owner)
    do(owner, running, ("continue_run", CONFIG))
    assert found_run(running.id) is running

    run_id = store(ended, owner)
    faster = replace(ended.config, epochs=1)
    run = found_run(run_id)
    do(owner, run, ("continue_run", faster))
    longer = join(found_run(run_id))
    assert longer.history[-1].epoch == ended.config.epochs + 1


def test_the_own_run_that_is_shown_stops_for_a_new_one_and_says_why(owner: Person) -> None:
    run = begin_slowly(CONFIG, owner)
    page = do(owner, run, ("begin_run", CONFIG))
    join(run)
    assert run.why_stopped == "It was stopped because a new run was begun in the same browser."
    assert page.session_state[state.previous_run.key] == run.id


def test_own_runs_that_are_not_shown_go_on(owner: Person) -> None:
    run = begin_slowly(CONFIG, owner)
    do(owner, None, ("begin_run", CONFIG))
    assert run.state is State.RUNNING


def test_an_owner_can_save_a_run_once_the_disk_can_be_written(owner: Person, server: Path) -> None:
    run = begin_slowly(CONFIG, owner)
    (server / "runs").write_text("a file in the place of the folder")
    run.set_pace(0)
    join(run)
    do(owner, run, ("save_again",))
    assert run.unsaved == ["File exists"]
    (server / "runs").unlink()
    do(owner, run, ("save_again",))
    assert run.unsaved == []
    assert stored(run.id).finished


# A copy


def test_a_copy_is_the_visitors_own_and_can_be_continued(owner: Person, stranger: Person | None) -> None:
    run = begin_slowly(CONFIG, owner)
    page = do(stranger, run, ("copy_run",))
    copy, visitor = _shown(page), page.session_state[state.visitor.key]
    assert copy.history == run.history
    assert "your own copy" in page.session_state[state.notice.key]
    do(visitor, copy, ("continue_run", CONFIG))
    longer = join(found_run(copy.id))
    assert longer.history[-1].epoch == 1 + 1  # the epoch that was begun is finished first
    assert len(run.history) == 1
    assert run.state is State.RUNNING


def test_a_copy_that_cannot_be_saved_is_not_made_and_says_so(owner: Person, server: Path) -> None:
    run = begin_slowly(CONFIG, owner)
    (server / "runs").write_text("a file in the place of the folder")
    page = do(person(OTHER), run, ("copy_run",))
    assert _shown(page) is run
    assert "cannot be copied" in page.session_state[state.notice.key]
    assert len(person(OTHER).jobs) == 0


def test_where_no_run_is_shown_nothing_is_copied(owner: Person) -> None:
    page = do(owner, None, ("copy_run",))
    assert page.session_state["address"].run == ""


# Whether a run can be continued


@pytest.mark.parametrize(
    ("config", "source", "expected"),
    [
        (TrainingConfig(), "sample", True),
        (TrainingConfig(50, 0.2, 3, 1), "sample", True),
        (TrainingConfig(preprocessing=Preprocessing.DIRECTIONS), "sample", False),
        (TrainingConfig(validation=500), "sample", False),
        (TrainingConfig(), "mnist", False),
    ],
)
def test_a_run_can_be_continued_with_its_own_input_and_digits(
    ended: Run, config: TrainingConfig, source: str, expected: bool
) -> None:
    shared.digits_loader().wait(LIMIT)
    run = found_run(store(replace(ended, source=source)))
    page = do(None, run, ("can_continue", run, config))
    assert page.session_state["returned"] == [expected]


def test_a_run_that_has_not_ended_cannot_be_continued(owner: Person) -> None:
    run = begin_slowly(CONFIG, owner)
    assert do(owner, run, ("can_continue", run, CONFIG)).session_state["returned"] == [False]


# Without digits


def test_without_digits_nothing_is_begun() -> None:
    shared.digits_loader().wait(LIMIT)
    shared.digits_loader().digits = None
    for name, argument in (("begin_run", CONFIG), ("adopt_model", SoftmaxRegressor(Preprocessing.RAW))):
        page = do(person(ONE), None, (name, argument))
        assert page.session_state["address"].run == ""
    assert len(person(ONE).jobs) == 0
