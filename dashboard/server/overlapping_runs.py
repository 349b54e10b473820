"""Nothing is lost where runs of the script overlap, which Streamlit 1.67 does not see to.

Views look at a run or a room every half second, so on a busy server a page asks for a part of itself while
its whole script runs, or ends. What the script has sent last still waits on the event loop then:

- If the thread of the script takes no more requests, Streamlit begins another one and ignores what the first
  has sent. Half a view stays as it was; a page goes blank if what comes next belongs into what did not come.
- If the part is run next in the same thread, what the whole script has sent of it is dropped, since it comes
  anew. But in between the page hears that the script has finished, and removes what is not there: a board,
  with the drawing on it.

And while one page is rendered anew, the ends of other pages' runs delete the files that it offers.
"""

import time
from weakref import WeakKeyDictionary

from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

KEPT = 20.0  # seconds that a file outlives the last page that offered it: longer than a script runs

_begin_thread, _clear_queue = AppSession._create_scriptrunner, AppSession._clear_queue
_find_unused = MediaFileManager._get_inactive_file_ids
_unused_since: WeakKeyDictionary[MediaFileManager, dict[str, float]] = WeakKeyDictionary()


def protect_overlapping_runs() -> None:
    """Have Streamlit send all that a run says before another one begins, and keep files for a while."""
    AppSession._create_scriptrunner = _begin_when_all_is_sent  # type: ignore[method-assign, assignment]
    AppSession._clear_queue = _drop_outdated  # type: ignore[method-assign, assignment]
    MediaFileManager._get_inactive_file_ids = _find_long_unused  # type: ignore[method-assign, assignment]


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


def _find_long_unused(files: MediaFileManager) -> set[str]:
    """Find the files that no page has offered for a while; to be called with the lock of the files."""
    now, before = time.monotonic(), _unused_since.get(files, {})
    since = {file_id: before.get(file_id, now) for file_id in _find_unused(files)}
    _unused_since[files] = since
    return {file_id for file_id, began in since.items() if now - began >= KEPT}
