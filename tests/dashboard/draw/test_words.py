"""Verdicts in words: plain, and with both probabilities if it is close."""

import math

import pytest
import torch
from torch import Tensor

from dashboard.draw.words import describe_if_shrunk, describe_verdict
from mnist_core.inference.verdict import Kind, Verdict


def _probabilities(**shares: float) -> Tensor:
    rest = (1 - sum(shares.values())) / (10 - len(shares))
    return torch.tensor([shares.get(f"d{digit}", rest) for digit in range(10)])


@pytest.mark.parametrize(
    ("kind", "shares", "large", "sentence"),
    [
        (Kind.BLANK, {}, "", "Draw a digit from 0 to 9. It is read as soon as you lift the pen."),
        (
            Kind.CLEAR,
            {"d3": 0.971, "d8": 0.02},
            "3",
            "3 (97\N{NO-BREAK SPACE}% sure). Second guess: 8 (2\N{NO-BREAK SPACE}%).",
        ),
        (
            Kind.UNTRAINED,
            {},
            "?",
            "This model knows nothing yet: all ten digits are equally likely. Train it first.",
        ),
        (
            Kind.DIVERGED,
            {"d0": math.nan},
            "?",
            "This model reads nothing: its learning rate was so high that it overflowed.",
        ),
        (Kind.CLEAR, {"d8": 0.9964}, "8", "8 (99.6\N{NO-BREAK SPACE}% sure)."),
        (Kind.CLEAR, {"d0": 0.99999}, "0", "0 (over 99.9\N{NO-BREAK SPACE}% sure)."),
        (
            Kind.CLOSE,
            {"d3": 0.48, "d8": 0.41},
            "3 or 8",
            "A close call: 3 (48\N{NO-BREAK SPACE}%) or 8 (41\N{NO-BREAK SPACE}%).",
        ),
    ],
)
def test_a_verdict_is_said_in_large_and_in_a_sentence(
    kind: Kind, shares: dict[str, float], large: str, sentence: str
) -> None:
    assert describe_verdict(Verdict(kind, _probabilities(**shares))) == (large, sentence)


@pytest.mark.parametrize(
    ("kind", "called"),
    [
        (Kind.DOT, "A dot. Too little to read."),
        (Kind.SCRIBBLE, "A scribble or a picture"),
        (Kind.UNLIKE, "Unlike any digit"),
        (Kind.SEVERAL, "This looks like several digits. Draw one digit at a time."),
    ],
)
def test_what_is_not_a_digit_gets_no_answer_in_large(kind: Kind, called: str) -> None:
    large, sentence = describe_verdict(Verdict(kind, _probabilities(d4=0.7)))
    assert large == "?"
    assert sentence.startswith(called)


def test_what_is_unlike_a_digit_is_said_with_what_the_model_would_choose() -> None:
    sentence = describe_verdict(Verdict(Kind.UNLIKE, _probabilities(d4=0.7))).sentence
    assert sentence.endswith("If forced to choose: 4 (70\N{NO-BREAK SPACE}%).")


def test_a_drawing_that_is_just_shrunk_is_compared_with_the_prepared_one() -> None:
    prepared = describe_verdict(Verdict(Kind.CLEAR, _probabilities(d3=0.9)))
    said = describe_if_shrunk(_probabilities(d5=0.6), prepared)
    assert said == ("5", "Just shrunk, it is read as 5 (60\N{NO-BREAK SPACE}%). With preprocessing: 3.")
    dot = describe_verdict(Verdict(Kind.DOT, _probabilities(d1=0.9)))
    nothing = describe_verdict(Verdict(Kind.UNTRAINED, _probabilities()))
    assert describe_if_shrunk(_probabilities(), nothing) == nothing
    assert describe_if_shrunk(_probabilities(d5=0.6), dot).sentence.endswith(
        "With preprocessing: not a digit."
    )


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.BLANK])
def test_no_drawing_is_certain(kind: Kind) -> None:
    certain = torch.zeros(10)
    certain[7] = 1
    assert "100\N{NO-BREAK SPACE}%" not in describe_verdict(Verdict(kind, certain)).sentence


@pytest.mark.parametrize("kind", [Kind.SCRIBBLE, Kind.UNLIKE, Kind.SEVERAL])
def test_what_touches_the_edge_of_a_photo_and_is_not_read_is_said_to_need_a_margin(kind: Kind) -> None:
    large, sentence = describe_verdict(Verdict(kind, _probabilities(d4=0.7)), cut=True)
    assert (large, sentence) == (
        "?",
        "The digit touches the edge of the picture. Leave a margin all around it.",
    )
    assert describe_verdict(Verdict(Kind.CLEAR, _probabilities(d4=0.99)), cut=True).large == "4"


def test_a_close_call_with_a_slashed_zero_names_it() -> None:
    verdict = Verdict(Kind.CLOSE, _probabilities(d8=0.9, d3=0.05), rival=0)
    large, sentence = describe_verdict(verdict)
    assert large == "8 or 0"
    assert "or a 0 with a stroke through it" in sentence
