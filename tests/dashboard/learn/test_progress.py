"""What a browser keeps of the challenges: written and read back, and checked whatever it holds."""

import json

import pytest

from dashboard.learn.progress import Attempt, join_attempts, read_progress, write_progress

RUN = "0123456789abcdef" * 2
PROGRESS = {
    "curve": Attempt("10,20,30", (RUN,), True),
    "first-step": Attempt("noise"),
    "preparation": Attempt("raw.deskew:3"),
}


def test_progress_is_read_as_it_was_written() -> None:
    assert read_progress(write_progress(PROGRESS)) == PROGRESS


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        {"curve": {}},
        "",
        "not json",
        "[]",
        "7",
        "[" * 100_000,
        '{"curve": [1]}',
        '{"curve": "noise"}',
        '{"../../etc": {"guess": "1"}}',
        '{"curve": {"guess": 7}}',
        '{"curve": {"guess": "<script>"}}',
        '{"curve": {"guess": "**bold**"}}',
        '{"curve": {"runs": ["../../../etc/passwd"]}}',
        '{"curve": {"runs": "0123"}}',
        '{"curve": {"runs": [7]}}',
        '{"curve": {"done": "yes"}}',
        '{"curve": {"owner": "me"}}',
        json.dumps({"curve": {"guess": "1" * 101}}),
        json.dumps({"curve": {"runs": [RUN] * 21}}),
        json.dumps({"curve": {"why": "1" * 301}}),
        '{"curve": {"why": 7}}',
        json.dumps({"curve": {"guess": "1"}, "more": " " * 40_000}),
    ],
)
def test_what_the_page_did_not_write_is_left_out(text: object) -> None:
    assert read_progress(text) == {}


def test_one_damaged_entry_does_not_take_the_others_with_it() -> None:
    entries = json.loads(write_progress(PROGRESS))
    entries["curve"]["runs"] = None
    assert read_progress(json.dumps(entries)) == {
        name: attempt for name, attempt in PROGRESS.items() if name != "curve"
    }


def test_no_more_entries_are_read_than_there_can_be_challenges() -> None:
    many = json.dumps({"a" * count: {} for count in range(1, 31)})
    assert len(read_progress(many)) == 20


def test_what_a_room_brought_back_is_joined_with_what_the_browser_kept() -> None:
    kept, brought = Attempt("10,20", done=True, why="because"), Attempt("30,40", ("a" * 32,))
    assert join_attempts(kept, brought) == Attempt("30,40", ("a" * 32,), done=True, why="because")
    assert join_attempts(Attempt(), kept) == kept
