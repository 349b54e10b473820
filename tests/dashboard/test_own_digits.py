"""The page with digits of one's own: their name in its words and its files, and every tab still works."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import state
from dashboard.lab.setting_choices import digits_to_hold_out
from mnist_core import Digits, Split
from tests.dashboard.page import finish, open_tab, press, rerun, texts
from tests.dashboard.runs import stored


@pytest.fixture
def own(sample: Digits, server: object, monkeypatch: pytest.MonkeyPatch) -> Digits:
    """2,000 digits of a school, which the page finds in place of MNIST."""
    train, test = (
        Split(split.images[:n], split.labels[:n]) for split, n in ((sample.train, 1_600), (sample.test, 400))
    )
    own = Digits(train, test, "our-school")
    monkeypatch.setattr("dashboard.lab.digits_loader.load_digits", lambda *_, **__: own)
    return own


def test_a_run_has_their_name_and_every_tab_shows_it(
    own: Digits, app: AppTest, fit: Callable[[Split], object]
) -> None:
    rerun(app)
    assert r"handwritten digits from our\-school" in texts(app)
    assert r"The digits of our\-school: 1,600 to train with, 400 to test with." in texts(app)
    press(app, "Train")
    run = finish(app)
    assert stored(run.id).source == "our-school"
    for tab in state.TABS:
        open_tab(app, tab)
    app.session_state[state.sharing_open.key] = True
    rerun(app)
    assert r"This run learned the digits of our-school" in texts(app).replace("\\", "")


def test_an_eighth_of_them_is_held_out(own: Digits) -> None:
    assert digits_to_hold_out(own) == (200, 1_600)
    assert digits_to_hold_out(None) == (5_000, 60_000)
    assert digits_to_hold_out(replace(own, source="sample")) == (500, 4_000)
