"""The first screen says what this is about, before anything is pressed."""

from streamlit.testing.v1 import AppTest

from dashboard.lab import shared
from tests.dashboard.page import press, rerun, texts


def test_it_says_what_is_learned_from_how_many_digits_and_what_to_do_in_which_order(app: AppTest) -> None:
    said = texts(rerun(app))
    assert "**4,000 examples**" in said
    assert "**1,000 others**" in said
    places = [said.index(step) for step in ("**Set**", "**Train**:", "**Draw** a digit", "**Look inside**:")]
    assert places == sorted(places)


def test_there_is_one_train_button(app: AppTest) -> None:
    assert [one.label for one in rerun(app).button].count("Train") == 1


def test_it_gives_way_to_the_curves(app: AppTest) -> None:
    assert "**4,000 examples**" not in texts(press(rerun(app), "Train"))


def test_while_the_digits_are_loading_it_says_so(app: AppTest) -> None:
    rerun(app)
    shared.digits_loader().digits = None
    assert "The digits are being loaded." in texts(rerun(app))
