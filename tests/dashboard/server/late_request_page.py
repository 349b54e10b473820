"""A page of whose first run a part is asked for anew, twice, in the moment in which the run ends."""

import streamlit as st
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from dashboard.server.late_requests import keep_all_answers

keep_all_answers()
context = get_script_run_ctx()
assert context is not None
found = Runtime.instance()._session_mgr.get_active_session_info(context.session_id)
assert found is not None
session = found.session


def ask_as_the_run_ends(fragment_id: str) -> None:
    """Ask when the run's thread has ended, and what it has sent last waits behind this call."""
    assert session._scriptrunner is not None
    assert session._scriptrunner._script_thread is not None
    session._scriptrunner._script_thread.join()
    for _ in range(2):
        session.request_rerun(ClientState(fragment_id=fragment_id))


@st.fragment
def part() -> None:
    """Count how often it is rendered, and be asked for anew after the first time."""
    st.session_state.count = st.session_state.get("count", 0) + 1
    st.markdown(f"part {st.session_state.count}")
    if st.session_state.count == 1:
        fragment_id = ThreadState.get().fragment_id
        assert fragment_id is not None
        session._event_loop.call_soon_threadsafe(ask_as_the_run_ends, fragment_id)


part()
st.markdown("the end of the page")
