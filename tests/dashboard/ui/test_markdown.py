"""A person's words inside Markdown."""

import string

import pytest

from dashboard.ui.markdown import escape

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
