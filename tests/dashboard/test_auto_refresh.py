"""How often the pages that follow a run look at it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st

from dashboard.lab.job_queue import Waiting
from dashboard.lab.run_job import RunJob
from mnist_core import Run, TrainingConfig
from tests.dashboard.page import open_page
from tests.dashboard.runs import ONE, begin_slowly, person, store


@pytest.fixture(autouse=True)
def started(server: Path) -> None:
    """Every page of this module is served by a server that has just started."""


@pytest.fixture
def run() -> RunJob:
    return begin_slowly(TrainingConfig(epochs=1), person(ONE))


@pytest.fixture
def intervals(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """Seconds between two looks, as the fragments of the page ask for them."""
    asked: list[float | None] = []
    fragment = st.fragment

    def remember(view: Callable[[], None], *, run_every: float | None = None) -> Callable[[], None]:
        asked.append(run_every)
        return fragment(view)

    monkeypatch.setattr(st, "fragment", remember)
    return asked


@pytest.mark.parametrize(("sessions", "seconds"), [(0, 0.4), (1, 0.4), (10, 0.4), (30, 1.2), (500, 2.0)])
def test_pages_look_less_often_as_more_are_open(
    run: RunJob,
    intervals: list[float | None],
    monkeypatch: pytest.MonkeyPatch,
    sessions: int,
    seconds: float,
) -> None:
    monkeypatch.setattr("dashboard.auto_refresh.open_sessions", lambda: sessions)
    open_page(person(ONE), run=run.id)
    assert min(asked for asked in intervals if asked is not None) == pytest.approx(seconds)


def test_a_run_that_waits_for_its_turn_is_looked_at_every_two_seconds(
    run: RunJob, intervals: list[float | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunJob, "waiting", Waiting(3, 4.0))
    open_page(person(ONE), run=run.id)
    assert min(asked for asked in intervals if asked is not None) == 2.0


@pytest.mark.slow
def test_a_run_that_has_ended_is_not_followed(intervals: list[float | None], ended: Run) -> None:
    open_page(person(ONE), run=store(ended, person(ONE)))
    assert set(intervals) == {None}
