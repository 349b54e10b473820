"""Nothing of an answer is lost when the page asks for something as a run of the script ends.

The run's thread accepts no more requests then, but what it has sent last still waits on the event loop.
Streamlit 1.67 begins another thread at once, and ignores from then on what comes from the one before: half a
view stays as it was, and a page goes blank if the next answer belongs into a part that never came. It happens
on a busy server, where views look at a run or a room every half second.
"""

from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

_begin_thread = AppSession._create_scriptrunner


def keep_all_answers() -> None:
    """Have a new thread begin behind what the one before has sent."""
    AppSession._create_scriptrunner = _begin_when_all_is_sent  # type: ignore[method-assign, assignment]


def _begin_when_all_is_sent(session: AppSession, request: RerunData) -> None:
    ended = session._scriptrunner
    if ended is None:
        _begin_thread(session, request)
        return

    def begin() -> None:
        if session._state is AppSessionState.SHUTDOWN_REQUESTED:
            return
        runner = session._scriptrunner
        if runner in (None, ended):
            _begin_thread(session, request)
        elif not runner.request_rerun(request):  # another request came first, and its thread has ended, too
            _begin_when_all_is_sent(session, request)

    session._event_loop.call_soon(begin)  # it takes what waits in order
