"""What one session remembers."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import address, state
from dashboard.compare import state as compare_state
from dashboard.draw import state as draw_state
from dashboard.inside import state as inside_state
from dashboard.learn import state as learn_state
from dashboard.state import Entry
from dashboard.ui.run_table import TableChange


def entries() -> None:
    import streamlit as st

    from dashboard import state

    st.session_state["before"] = [state.notice.get(), state.sharing_open.get(), state.uploads.get()]
    state.notice.set("Something happened.")
    state.sharing_open.set(True)
    state.uploads.set(state.uploads.get() + 1)
    st.session_state["after"] = [state.notice.get(), state.sharing_open.get(), state.uploads.get()]


def test_an_entry_has_its_default_until_it_is_set_and_then_keeps_what_was_set() -> None:
    page = AppTest.from_function(entries).run()
    assert page.session_state["before"] == ["", False, 0]
    assert page.session_state["after"] == ["Something happened.", True, 1]
    page.run()
    assert page.session_state["before"] == ["Something happened.", True, 1]
    assert page.session_state["after"] == ["Something happened.", True, 2]


def test_what_one_session_remembers_another_does_not() -> None:
    AppTest.from_function(entries).run()
    assert AppTest.from_function(entries).run().session_state["before"] == ["", False, 0]


def test_an_entry_is_kept_under_its_key() -> None:
    page = AppTest.from_function(entries).run()
    assert page.session_state[state.notice.key] == "Something happened."


def test_no_two_entries_share_a_key() -> None:
    modules = (state, address, compare_state, draw_state, inside_state, learn_state)
    entries = {
        id(one): one.key for module in modules for one in vars(module).values() if isinstance(one, Entry)
    }
    assert len(entries) == len(set(entries.values())) > 30


def results() -> None:
    import streamlit as st

    from dashboard import state

    calls = st.session_state["calls"] = []

    def count(*arguments: object) -> int:
        calls.append(arguments)
        return len(calls)

    one, equal = [1], [1]
    asked = [
        (one, b"a"),
        (one, bytes(bytearray(b"a"))),
        (equal, b"a"),
        (equal, b"b"),
        (equal, None),
        (one, b"a"),
    ]
    st.session_state["results"] = [state.last_result("number", count, *each) for each in asked]
    st.session_state["other"] = state.last_result("other", count, one, b"a")


def test_a_result_is_computed_again_only_if_an_argument_is_another_object_or_other_bytes() -> None:
    page = AppTest.from_function(results).run()
    assert not page.exception
    assert page.session_state["results"] == [1, 1, 2, 3, 4, 5]
    assert page.session_state["other"] == 6


def clicks() -> None:
    import streamlit as st

    from dashboard import state
    from dashboard.ui.chart import heatmap_cell
    from dashboard.ui.pictures import picture_index
    from dashboard.ui.run_table import table_change

    readers = {"pictures": picture_index, "chart": heatmap_cell, "table": table_change}
    st.session_state["taken"] = {
        name: [state.consume_click(name, read), state.consume_click(name, read)]
        for name, read in readers.items()
    }


CHANGE = {"chosen": ["a", "b"], "baseline": "", "renamed": ["a", "the best"]}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("pictures", 0, 0),
        ("pictures", 7, 7),
        ("chart", {"trace": 0, "index": [3, 8], "x": 8, "y": 3}, (3, 8)),
        ("table", CHANGE, TableChange(("a", "b"), "", ("a", "the best"))),
        ("table", {**CHANGE, "renamed": None}, TableChange(("a", "b"), "", None)),
    ],
)
def test_a_click_is_taken_once(name: str, value: object, expected: object) -> None:
    page = AppTest.from_function(clicks).run()
    assert page.session_state["taken"][name] == [None, None]
    page.session_state[name] = {"click": {"value": value, "stamp": 1}}
    assert page.run().session_state["taken"][name] == [expected, None]
    assert page.run().session_state["taken"][name] == [None, None]


NOTHING: list[object] = [None, 7, "text", [], {}, {"click": None}, {"click": 7}, {"click": {"stamp": 1}}]
STAMPS: list[object] = [None, "now", [], {}, 10**400]
VALUES: list[object] = [
    *(None, True, -1, 1.5, "1", [], [1], {}, {"index": 3}, {"index": [1]}, {"index": [1, 2, 3]}),
    *({"index": [-1, 2]}, {"index": [True, 2]}, {"index": ["1", "2"]}, {"index": [[1], 2]}),
    *(
        {"chosen": ["a"]},
        {**CHANGE, "chosen": 7},
        {**CHANGE, "chosen": [["a"]]},
        {**CHANGE, "baseline": None},
    ),
    *({**CHANGE, "renamed": ["a"]}, {**CHANGE, "renamed": [1, 2]}, {**CHANGE, "renamed": 5}),
]


def test_what_no_page_of_ours_sends_is_no_click() -> None:
    page = AppTest.from_function(clicks).run()
    names = ("pictures", "chart", "table")
    hostile = NOTHING + [{"click": {"value": 7, "stamp": stamp}} for stamp in STAMPS]
    hostile += [{"click": {"value": value, "stamp": 1}} for value in VALUES]
    for hostile_state in hostile:
        for name in names:
            page.session_state[name] = hostile_state
        page.run()
        assert not page.exception
        assert page.session_state["taken"] == {name: [None, None] for name in names}, hostile_state


def test_a_second_click_at_the_same_place_is_another_click() -> None:
    page = AppTest.from_function(clicks)
    for stamp in (1, 2):
        page.session_state["pictures"] = {"click": {"value": 7, "stamp": stamp}}
        assert page.run().session_state["taken"]["pictures"] == [7, None]


def controls() -> None:
    import streamlit as st

    from dashboard import state

    state.apply_next_controls()
    st.slider("Epochs", 1, 50, 10, key="epochs")
    st.slider("Seed", 0, 50, 0, key="seed")
    if st.button("Set"):
        state.set_controls_next_run({"epochs": 3, "seed": 3})
        state.set_controls_next_run({"epochs": 5})
    st.button("Set now", on_click=state.set_controls, args=({"epochs": 20},))


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


def broken_off() -> None:
    """Set a control by a callback, or for the next run, and come to it only if the run is not broken off."""
    import streamlit as st

    from dashboard import state

    state.apply_next_controls()
    if st.session_state.get("break"):
        st.stop()  # as a request of the browser does it
    st.slider("Epochs", 1, 50, 10, key="epochs")
    st.button("Set", on_click=state.set_controls, args=({"epochs": 20},))
    if st.button("Set next"):
        state.set_controls_next_run({"epochs": 30})
    state.end_run()


@pytest.mark.parametrize(("button", "epochs"), [(0, 20), (1, 30)])
def test_controls_are_set_although_a_request_breaks_the_run_off_before_they_are_rendered(
    button: int, epochs: int
) -> None:
    page = AppTest.from_function(broken_off).run()
    asked = page._tree.get_widget_states()  # with 10 epochs: a browser says what it shows
    if button == 1:
        page.button[1].click().run()
        page.session_state["break"] = True
        page.run()
    else:
        page.session_state["break"] = True
        page.button[0].click().run()
    assert not page.slider
    page.session_state["break"] = False
    page._run(asked)
    assert page.slider[0].value == epochs
    page.slider[0].set_value(10).run()
    assert page.slider[0].value == 10
