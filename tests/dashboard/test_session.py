"""What one session remembers."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.session import Entry


def entries() -> None:
    import streamlit as st

    from dashboard import session

    st.session_state["before"] = [session.notice.get(), session.drawn_digit.get(), session.uploads.get()]
    session.notice.set("Something happened.")
    session.drawn_digit.set(3)
    session.uploads.set(session.uploads.get() + 1)
    st.session_state["after"] = [session.notice.get(), session.drawn_digit.get(), session.uploads.get()]


def test_an_entry_has_its_default_until_it_is_set_and_then_keeps_what_was_set() -> None:
    page = AppTest.from_function(entries).run()
    assert page.session_state["before"] == ["", None, 0]
    assert page.session_state["after"] == ["Something happened.", 3, 1]
    page.run()
    assert page.session_state["before"] == ["Something happened.", 3, 1]
    assert page.session_state["after"] == ["Something happened.", 3, 2]


def test_what_one_session_remembers_another_does_not() -> None:
    AppTest.from_function(entries).run()
    assert AppTest.from_function(entries).run().session_state["before"] == ["", None, 0]


def test_an_entry_is_kept_under_its_key() -> None:
    page = AppTest.from_function(entries).run()
    assert page.session_state[session.notice.key] == "Something happened."


def test_no_two_entries_share_a_key() -> None:
    keys = [value.key for value in vars(session).values() if isinstance(value, Entry)]
    assert len(keys) == len(set(keys)) > 10


def clicks() -> None:
    import streamlit as st

    from dashboard import session

    st.session_state["taken"] = [session.take_click("chart"), session.take_click("chart")]


@pytest.mark.parametrize("value", [7, 0, {"x": 3, "y": 8}])
def test_a_click_is_taken_once(value: object) -> None:
    page = AppTest.from_function(clicks).run()
    assert page.session_state["taken"] == [None, None]
    page.session_state["chart"] = {"click": {"value": value, "stamp": 1}}
    assert page.run().session_state["taken"] == [value, None]
    assert page.run().session_state["taken"] == [None, None]


def test_a_second_click_at_the_same_place_is_another_click() -> None:
    page = AppTest.from_function(clicks)
    for stamp in (1, 2):
        page.session_state["chart"] = {"click": {"value": 7, "stamp": stamp}}
        assert page.run().session_state["taken"] == [7, None]


def test_a_chart_that_nobody_clicked_has_no_click() -> None:
    page = AppTest.from_function(clicks)
    page.session_state["chart"] = {"click": None}
    assert page.run().session_state["taken"] == [None, None]
    page.session_state["chart"] = {}
    assert page.run().session_state["taken"] == [None, None]


def controls() -> None:
    import streamlit as st

    from dashboard import session

    session.apply_next_controls()
    st.slider("Epochs", 1, 50, 10, key="epochs")
    st.slider("Seed", 0, 50, 0, key="seed")
    if st.button("Set"):
        session.set_controls_next_run({"epochs": 3, "seed": 3})
        session.set_controls_next_run({"epochs": 5})
    st.button("Set now", on_click=session.set_controls, args=({"epochs": 20},))


def test_controls_that_are_rendered_already_are_set_in_the_next_run_and_only_then() -> None:
    page = AppTest.from_function(controls).run()
    page.button[0].click().run()
    assert not page.exception
    assert [slider.value for slider in page.slider] == [10, 0]
    page.run()
    assert [slider.value for slider in page.slider] == [5, 3]
    page.slider[0].set_value(8).run()
    assert [slider.value for slider in page.slider] == [8, 3]


def test_controls_that_are_not_rendered_yet_are_set_at_once() -> None:
    page = AppTest.from_function(controls).run()
    page.button[1].click().run()
    assert page.slider[0].value == 20
