"""How numbers are written."""

import math
import re
import string

import pytest

from dashboard.ui.text import confidence, epochs, escape, percent, signed, table


def test_a_number_always_has_its_sign_and_a_minus_is_a_minus() -> None:
    assert [signed(value) for value in (1.5, -0.256, 0)] == ["+1.50", "\N{MINUS SIGN}0.26", "+0.00"]


def test_a_share_that_has_no_value_is_a_dash() -> None:
    assert percent(math.nan) == "–"
    assert percent(0.9731) == "97.3\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0.1, "10"),
        (0.9731, "97"),
        (0.98999, "99"),
        (0.9942, "99.4"),
        (0.999, "99.9"),
        (0.99901, "over 99.9"),
        (0.99973, "over 99.9"),
        (1.0, "over 99.9"),
    ],
)
def test_no_answer_is_said_to_be_certain(share: float, written: str) -> None:
    assert confidence(share) == f"{written}\N{NO-BREAK SPACE}%"


def test_confidence_without_a_value_is_a_dash() -> None:
    assert confidence(math.nan) == "–"


def test_a_table_has_a_heading_to_each_row_and_column() -> None:
    html = table(("digit", "count"), [("3", "10"), ("8", "12")], strong=1)
    assert re.findall(r'<th scope="col">(.+?)</th>', html) == ["digit", "count"]
    assert re.findall(r'<th scope="row">(.+?)</th><td>(.+?)</td>', html) == [("3", "10"), ("8", "12")]
    assert re.findall(r'class="strong"><th scope="row">(.)', html) == ["8"]


# What CommonMark lets a backslash take the meaning of (https://spec.commonmark.org/0.31.2/#backslash-escapes).
ESCAPABLE = string.punctuation


@pytest.mark.parametrize("text", ["plain words 12", "äöü 中文"])
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert escape(text) == text


def test_each_sign_with_a_meaning_gets_a_backslash_that_markdown_takes_away() -> None:
    hostile = "**bold** [link](http://x) `code` :red[x] $x$ <b> ![](x) # 1. -"
    escaped = escape(hostile)
    assert all(
        character in ESCAPABLE for character in {escaped[i + 1] for i, c in enumerate(escaped) if c == "\\"}
    )
    assert escaped.replace("\\", "") == hostile
    for sign in "*[]`:$<>!#":
        assert sign not in escaped.replace(f"\\{sign}", "")


@pytest.mark.parametrize(
    ("epoch", "text"), [(0.0, "0"), (1 / 60_000, "0.00002"), (2.5, "2.5"), (10.0, "10"), (1 / 3, "0.33333")]
)
def test_an_epoch_is_written_without_a_power_of_ten(epoch: float, text: str) -> None:
    assert epochs(epoch) == text
