"""A button whose press counts although the next click stops the run of the script."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from dashboard import state
    from dashboard.ui.button import render_button

    count = st.session_state.setdefault("count", 0)
    if st.session_state.pop("interrupted", False):
        st.rerun()  # as the next click does, before the script comes to the button
    disabled = st.session_state.get("disabled", False)
    if st.session_state.get("shown", True) and render_button("Go", key="go", disabled=disabled):
        st.session_state["count"] = count + 1
    state.presses().clear()


def presses(app: AppTest) -> int:
    return int(app.session_state["count"])


def test_each_press_is_told_once() -> None:
    app = AppTest.from_function(page).run()
    assert presses(app) == 0
    app.button(key="go").click().run()
    assert presses(app) == 1
    app.run()
    assert presses(app) == 1
    app.button(key="go").click().run()
    assert presses(app) == 2


def test_a_press_is_told_even_if_that_run_of_the_script_ends_before_the_button() -> None:
    app = AppTest.from_function(page).run()
    app.session_state["interrupted"] = True
    app.button(key="go").click().run()
    assert presses(app) == 1


def test_a_press_of_a_button_that_is_then_disabled_or_gone_is_forgotten() -> None:
    app = AppTest.from_function(page).run()
    for change, back in (("disabled", False), ("shown", True)):
        app.session_state["interrupted"] = True
        app.session_state[change] = not back
        app.button(key="go").click().run()
        app.session_state[change] = back
        app.run()
        assert presses(app) == 0
