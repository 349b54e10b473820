"""What all visitors share: made when it is first asked for, and the same for everybody."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event, enumerate
from types import SimpleNamespace

import pytest
import streamlit as st

from dashboard.lab import shared
from dashboard.lab.digits_loader import DigitsLoader
from mnist_core import Digits, Preprocessing, TrainingConfig
from tests.dashboard.runs import LIMIT, ONE, begin_slowly, person

CONFIG = TrainingConfig(epochs=1, preprocessing=Preprocessing.RAW)


@pytest.fixture(autouse=True)
def started(server: Path) -> None:
    shared.digits_loader().wait(LIMIT)


def test_everybody_shares_the_same(sample: Digits) -> None:
    assert shared.digits() is shared.digits_loader().digits is sample
    assert shared.jobs() is shared.jobs()
    assert shared.people() is shared.people()


def test_visitors_who_come_at_once_share_the_same() -> None:
    shared.reset()
    start = threading.Barrier(8)

    def ask(_: int) -> tuple[object, object]:
        start.wait()
        return shared.jobs(), shared.digits_loader()

    with ThreadPoolExecutor(8) as visitors:
        assert len(set(visitors.map(ask, range(8)))) == 1


def test_clearing_streamlits_caches_leaves_runs_people_and_digits_as_they_are(sample: Digits) -> None:
    one = person(ONE)
    run = begin_slowly(CONFIG, one)
    detector = shared.novelty_detector()
    before = (shared.digits_loader(), shared.jobs(), shared.people())
    st.cache_resource.clear()
    st.cache_data.clear()
    assert (shared.digits_loader(), shared.jobs(), shared.people()) == before
    assert shared.digits() is sample
    assert shared.jobs().run(run.id) is run
    assert not run.state.ended
    assert person(ONE) is one
    assert shared.novelty_detector() is detector


def test_a_reset_forgets_everything() -> None:
    before = (shared.digits_loader(), shared.jobs(), shared.people())
    shared.reset()
    after = (shared.digits_loader(), shared.jobs(), shared.people())
    assert not set(before) & set(after)


def test_the_download_is_tried_again_for_all_now_and_then_and_the_sample_stays_in_use_meanwhile(
    sample: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    others, go_on, tries = replace(sample, source="mnist"), Event(), []

    def load(**_: object) -> Digits:
        tries.append(1)
        assert go_on.wait(LIMIT)
        return others

    runs, loader = shared.jobs(), shared.digits_loader()
    loader.wait(LIMIT)
    _wait_until_ready(loader)
    monkeypatch.setattr("dashboard.lab.digits_loader.load_digits", load)
    ready = SimpleNamespace(finish=lambda progress: None)
    monkeypatch.setattr("dashboard.lab.digits_loader.prepared_for", lambda *_: ready)
    shared.reload_digits()  # too early
    assert shared.digits_loader() is loader
    monkeypatch.setattr("dashboard.lab.digits_loader.BETWEEN_DOWNLOADS", 0.0)
    for _ in range(3):
        shared.reload_digits()
    assert shared.digits() is sample
    go_on.set()
    shared.digits_loader().wait(LIMIT)
    assert (shared.digits(), len(tries)) == (others, 1)
    assert shared.jobs() is runs


def _wait_until_ready(loader: DigitsLoader) -> None:
    for thread in enumerate():
        if thread.name == "loading":
            thread.join(LIMIT)
    assert loader.doing is None


def test_the_detector_is_fitted_once_to_the_training_digits(
    sample: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[object] = []
    monkeypatch.setattr("dashboard.lab.shared.fit_novelty_detector", fitted.append)
    first = shared.novelty_detector()
    assert first is not None
    assert shared.novelty_detector() is first
    first.result(LIMIT)
    assert fitted == [sample.train]

    others = replace(sample)
    shared.digits_loader().digits = others
    second = shared.novelty_detector()
    assert second is not None
    assert second is not first
    second.result(LIMIT)
    assert fitted == [sample.train, others.train]


def test_without_digits_there_is_no_detector() -> None:
    shared.digits_loader().digits = None
    assert shared.digits() is None
    assert shared.novelty_detector() is None
