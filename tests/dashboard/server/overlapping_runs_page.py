"""A page that is asked for a part of itself while its first run goes on, or in the moment in which that ends.

The event loop waits meanwhile, so that nothing of the first run has been sent by then.
"""

import threading

import streamlit as st
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from dashboard.server.overlapping_runs import protect_overlapping_runs

protect_overlapping_runs()
context = get_script_run_ctx()
assert context is not None
found = Runtime.instance()._session_mgr.get_active_session_info(context.session_id)
assert found is not None
session = found.session
asked, rendered_again = threading.Event(), threading.Event()


def ask_while_it_runs(fragment_id: str) -> None:
    """Ask, and let the loop go on when the part has been rendered once more."""
    session.request_rerun(ClientState(fragment_id=fragment_id))
    asked.set()
    rendered_again.wait()


def ask_as_it_ends(fragment_id: str) -> None:
    """Ask twice when the run's thread has ended."""
    asked.set()
    assert session._scriptrunner is not None
    assert session._scriptrunner._script_thread is not None
    session._scriptrunner._script_thread.join()
    for _ in range(2):
        session.request_rerun(ClientState(fragment_id=fragment_id))


@st.fragment
def part() -> None:
    """Count how often it is rendered; the first time, have it asked for anew."""
    st.session_state.count = st.session_state.get("count", 0) + 1
    if st.session_state.count == 1:
        fragment_id = ThreadState.get().fragment_id
        assert fragment_id is not None
        ask = ask_as_it_ends if "ends" in st.query_params else ask_while_it_runs
        session._event_loop.call_soon_threadsafe(ask, fragment_id)
        asked.wait()
    else:
        rendered_again.set()
    st.markdown(f"part {st.session_state.count}")


part()
st.markdown("the end of the page")
