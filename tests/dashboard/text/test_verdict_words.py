"""Verdicts in words: plain, and both probabilities where it is close."""

import pytest
import torch
from torch import Tensor

from dashboard.text.verdict_words import words, words_resized
from mnist_core.inference.verdict import Kind, Verdict


def _probabilities(**shares: float) -> Tensor:
    rest = (1 - sum(shares.values())) / (10 - len(shares))
    return torch.tensor([shares.get(f"d{digit}", rest) for digit in range(10)])


@pytest.mark.parametrize(
    ("kind", "shares", "large", "sentence"),
    [
        (Kind.BLANK, {}, "", "Draw a digit from 0 to 9. It is read as soon as you lift the pen."),
        (Kind.CLEAR, {"d3": 0.971, "d8": 0.02}, "3", "A 3, with 97 %. Next comes 8, with 2 %."),
        (Kind.CLEAR, {"d8": 0.9964}, "8", "An 8, with 99.6 %."),
        (Kind.CLEAR, {"d0": 0.99999}, "0", "A 0, with almost 100 %."),
        (Kind.CLOSE, {"d3": 0.48, "d8": 0.41}, "3 or 8", "A close call: 3 with 48 %, 8 with 41 %."),
    ],
)
def test_a_verdict_is_said_in_large_and_in_a_sentence(
    kind: Kind, shares: dict[str, float], large: str, sentence: str
) -> None:
    assert words(Verdict(kind, _probabilities(**shares))) == (large, sentence)


@pytest.mark.parametrize(
    ("kind", "called"),
    [(Kind.DOT, "A dot."), (Kind.SCRIBBLE, "A scribble"), (Kind.UNLIKE, "Unlike any digit")],
)
def test_what_is_no_digit_gets_no_answer_in_large(kind: Kind, called: str) -> None:
    large, sentence = words(Verdict(kind, _probabilities(d4=0.7)))
    assert large == "?"
    assert sentence.startswith(called)


def test_what_is_unlike_a_digit_is_said_with_what_the_model_would_choose() -> None:
    assert "4, with 70 %" in words(Verdict(Kind.UNLIKE, _probabilities(d4=0.7))).sentence


def test_a_resized_drawing_is_told_beside_the_prepared_one() -> None:
    prepared = words(Verdict(Kind.CLEAR, _probabilities(d3=0.9)))
    said = words_resized(_probabilities(d5=0.6), prepared)
    assert said == ("5", "Just resized, it reads 5, with 60 %. Prepared, it reads 3.")
    dot = words(Verdict(Kind.DOT, _probabilities(d1=0.9)))
    assert "Prepared, it reads no digit." in words_resized(_probabilities(d5=0.6), dot).sentence
