"""The common description of what challenges ask: each reads its own guesses and its own outcome."""

import pytest

from dashboard.learn.challenges.catalogue import BY_NAME, CHALLENGES
from dashboard.room.guesses import Curve, most_typical
from mnist_core import Digits

GUESSES = {  # of each challenge, as it writes them: one far away, and two that are near each other
    "curve": ["0,0,0,0,0,0", "10,20,50,70,80,90", "10,25,50,70,80,85"],
    "first-step": ["noise", "contrast", "contrast"],
    "too-fast": ["0.001", "0.5", "1"],
    "seed": ["0:yes", "100:no", "200:no"],
    "pair": ["0-1", "4-9", "4-9"],
    "break": ["1:lean", "7:gap", "7:gap"],
    "preparation": ["none:example", "moments.directions:example", "deskew.moments.directions:example"],
    "few-digits": ["10:0:40", "100:20:5", "200:20:5"],
    "map": ["10:5", "50:0.1,200:0.2", "50:0.1"],
}


@pytest.mark.parametrize("name", GUESSES)
def test_a_guess_is_read_into_an_answer_for_each_part(sample: Digits, name: str) -> None:
    question = BY_NAME[name].question(sample)
    for guess in GUESSES[name]:
        answers = question.read(guess)
        assert answers is not None
        for part, answer in zip(question.parts, answers, strict=True):
            if isinstance(part, Curve):
                assert len(answer) == len(part.steps)
            else:
                assert set(answer) <= set(part.options)
    assert question.read("something else") is None
    assert question.text


@pytest.mark.parametrize("name", GUESSES)
def test_the_most_typical_guess_is_one_that_lies_near_others(sample: Digits, name: str) -> None:
    question, guesses = BY_NAME[name].question(sample), GUESSES[name]
    assert most_typical(question, guesses) in guesses[1:]
    assert most_typical(question, [guesses[0], "nonsense"]) == guesses[0]
    assert most_typical(question, []) == ""


def test_every_challenge_says_what_it_asks(sample: Digits) -> None:
    for challenge in CHALLENGES:
        assert challenge.question(sample).parts


def test_only_what_was_guessed_before_anything_was_seen_is_a_vote(sample: Digits) -> None:
    assert BY_NAME["map"].question(sample).vote("50:0.1,200:0.2") == "50:0.1"
    assert BY_NAME["curve"].question(sample).vote("1,2,3") == "1,2,3"
