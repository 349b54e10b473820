"""What reaches the log of what visitors send."""

import io
import logging
from collections.abc import Iterator

import pytest

from dashboard.server import log
from dashboard.server.log import MOST_CHARACTERS, MOST_LINES, MOST_PER_MINUTE, keep_log_readable
from tests.support.browser import COMPLAINT, LEFT_EARLY

ID = "0123456789abcdef0123456789abcdef"
SESSION = "f8519d25-fb8a-4ad6-b60c-1ae8ca9f4bab"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a handler writes of a logger's records."""
    before, stream = logging.getLogRecordFactory(), io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("of a library")
    logger.addHandler(handler)
    keep_log_readable()
    yield stream
    logging.setLogRecordFactory(before)
    logger.removeHandler(handler)


def _log(message: str, *arguments: object, raised: BaseException | None = None) -> None:
    logging.getLogger("of a library").warning(message, *arguments, exc_info=raised)


def test_a_visitor_forges_no_line_and_sends_nothing_to_the_terminal(written: io.StringIO) -> None:
    _log("Refused: %s", "a\nWARNING forged \x1b[31m \u202e \x07")
    assert written.getvalue() == r"WARNING Refused: a\nWARNING forged \x1b[31m \u202e \x07" + "\n"


def test_a_message_is_short_and_names_no_person_no_session_and_no_picture(written: io.StringIO) -> None:
    _log("%s", "x" * 10_000)
    _log("%s and %s at /media/%s.png", ID, SESSION, 7 * "0123abcd")
    first, second, _ = written.getvalue().split("\n")
    assert len(first) <= len("WARNING ") + MOST_CHARACTERS
    assert second == "WARNING ... and ... at /media/....png"


def test_a_traceback_is_indented_cut_and_tells_the_last_line(written: io.StringIO) -> None:
    _log("It failed", raised=OSError(f"no {ID}\nWARNING forged" + "\nx" * 5_000 + "\nthe end"))
    first, *lines = written.getvalue().splitlines()
    assert first == "WARNING It failed"
    assert all(line.startswith("  ") for line in lines)
    assert lines[-1].endswith("the end")
    assert ID not in written.getvalue()
    assert len(lines) == MOST_LINES + 1


def test_that_a_browser_left_early_is_logged_as_the_browser_tests_know_it(written: io.StringIO) -> None:
    _log("Exception in ASGI application\n", raised=OSError('Disconnected: Cannot call "send" once more'))
    assert not COMPLAINT.search(LEFT_EARLY.sub("", written.getvalue().removeprefix("WARNING ")))


def test_a_flood_is_counted_and_what_is_of_another_kind_is_not_lost_in_it(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(log._log, "warning", lambda text, *given: told.append(text % given))
    for number in range(2_048):
        _log("accept failed: %d", number)
    logging.getLogger("of a library").warning("Another")
    assert len(written.getvalue().splitlines()) == MOST_PER_MINUTE + 1
    counted = logging.getLogRecordFactory()
    assert isinstance(counted, log._Counted)
    counted._tell()  # the minute is over
    assert len(told) == 1
    assert "2,038 of test_log.py" in told[0]
    _log("accept failed: again")
    assert written.getvalue().endswith("accept failed: again\n")
