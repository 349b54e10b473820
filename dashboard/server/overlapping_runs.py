"""Nothing of an answer is lost if the page asks for a part of itself while the whole script runs, or ends.

Views look at a run or a room every half second, so on a busy server both happen. Streamlit 1.67 loses what
the script has sent last, which still waits on the event loop:

- If the thread of the script takes no more requests, Streamlit begins another one and ignores what the first
  has sent. Half a view stays as it was; a page goes blank if what comes next belongs into what did not come.
- If the part is run next in the same thread, what the whole script has sent of it is dropped, since it comes
  anew. But in between the page hears that the script has finished, and removes what is not there: a board,
  with the drawing on it.
"""

from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

_begin_thread, _clear_queue = AppSession._create_scriptrunner, AppSession._clear_queue


def keep_all_answers() -> None:
    """Have Streamlit send all that a run of the script says before a part of the page is run by itself."""
    AppSession._create_scriptrunner = _begin_when_all_is_sent  # type: ignore[method-assign, assignment]
    AppSession._clear_queue = _drop_outdated  # type: ignore[method-assign, assignment]


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


def _drop_outdated(session: AppSession, fragment_ids_this_run: list[str] | None = None) -> None:
    """Drop what has not been sent before the whole script is run, and nothing before a part is."""
    _clear_queue(session, [] if fragment_ids_this_run else None)
