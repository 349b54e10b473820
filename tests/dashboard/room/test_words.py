"""The files that a class takes home: guesses for a spreadsheet, and the page that a student hands in."""

import csv
import io
import re

import pytest

from dashboard.lab.room_file import Poll
from dashboard.learn.challenges.catalogue import BY_NAME
from dashboard.room.guesses import Choice, Question
from dashboard.room.hand_in import result_page
from dashboard.room.words import describe_agreement, describe_votes, guesses_file, safe_cell
from mnist_core import Digits, Run
from tests.dashboard.runs import found_run, store

ANSWERS = {one: (frozenset([one]),) for one in ("4-9", "3-5")}
PAIRS = Choice("pair", {"4-9": "4 and 9", "3-5": "3 and 5"})
PAIR = Question("Which *two* digits?", (PAIRS,), ANSWERS.get)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")'])
def test_no_cell_can_become_a_formula(text: str) -> None:
    poll = Poll(({"a" * 32: "4-9"},), reasons={"a" * 32: text})
    content = guesses_file({"pair": poll}, {"pair": text}, {})
    assert content.startswith(b"\xef\xbb\xbf")  # the mark by which spreadsheets know UTF-8
    (row,) = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))[1:]
    assert row[1] == row[4] == f"'{text}"
    assert safe_cell("a = b - c") == "a = b - c"


def test_the_file_has_both_votes_and_the_same_number_for_a_person_everywhere() -> None:
    one, other = "1" * 32, "2" * 32
    polls = {
        "pair": Poll(({one: "4-9", other: "3-5"}, {one: "3-5"}), reasons={one: "étude", other: "only once"}),
        "map": Poll(({other: "50:0.1"},)),
    }
    content = guesses_file(polls, {"pair": "Pair"}, {"pair": PAIR}).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))
    assert rows == [
        ["person", "challenge", "vote", "guess", "why"],
        ["1", "Pair", "1", "pair: 4 and 9", ""],  # "4-9" would become a date
        ["2", "Pair", "1", "pair: 3 and 5", "only once"],
        ["1", "Pair", "2", "pair: 3 and 5", "étude"],
        ["2", "map", "1", "50:0.1", ""],
    ]
    assert one not in str(rows)


def test_it_says_what_was_guessed_and_how_many_guessed_what_happened() -> None:
    votes = [[ANSWERS["4-9"], ANSWERS["3-5"]], [ANSWERS["4-9"]]]
    assert describe_agreement(PAIR, votes, "4-9") == "1 of 1 guessed just that, 1 of 2 in the first vote."
    assert describe_agreement(PAIR, votes[:1], "3-5") == "1 of 2 guessed just that."
    assert describe_agreement(PAIR, [[]], "4-9") == ""
    said = describe_votes(PAIR.parts[0], [[answers[0] for answers in vote] for vote in votes])
    assert said.startswith("First vote: 2 guesses. Pair: ")
    assert said.endswith("Second vote: 1 guess. Pair: 4 and 9: 1.")


def test_a_result_has_question_guess_reason_and_numbers_and_runs_nothing(
    server: object, ended: Run, sample: Digits
) -> None:
    run = found_run(store(ended))
    page = result_page(
        "5 · Which two?", PAIR, "4-9", "<script>alert(1)</script> & *so*", "It **mixes** them.\n\nOften.",
        outcome="3-5", runs=[run],
    )  # fmt: skip
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; *so*" in page
    assert "Which <em>two</em> digits?" in page
    assert "<p>It <strong>mixes</strong> them.</p><p>Often.</p>" in page
    last = run.history[-1]
    assert f"<td>{100 * last.test.accuracy:.2f}\N{NO-BREAK SPACE}%</td><td>{last.test.loss:.3f}</td>" in page
    assert not re.search("https?:|//|url\\(|src=", page)  # nothing is fetched from anywhere
    with pytest.raises(ValueError, match="guess"):
        result_page("5", PAIR, "4-10", "", "")


def test_the_curve_of_a_result_lies_over_the_sketch(server: object, ended: Run, sample: Digits) -> None:
    question, run = BY_NAME["curve"].question(sample), found_run(store(ended))
    page = result_page("1", question, "10,20,30,40,50,60", "", "So.", outcome="1,2,3,4,5,6", runs=[run])
    (curve,) = re.findall('<polyline class="result" points="([^"]+)"', page)
    assert len(curve.split()) == len(run.history)
    assert len(re.findall('<polyline class="own"', page)) == 1
