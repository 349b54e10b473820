"""All challenges, in the order in which the page lists them."""

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.learn.challenges import (
    break_reader,
    curve,
    few_digits,
    first_step,
    pair,
    preparation,
    seed,
    settings_map,
    too_fast,
)
from dashboard.room.guesses import Question
from mnist_core import Digits


@dataclass(frozen=True)
class Challenge:
    """One challenge.

    Attributes:
        name: in the address, and in what the browser keeps.
        title: its question.
        minutes: how long it takes, about.
        task: what is to be guessed, in one sentence.
        render: shows the page of the challenge.
        question: says what is asked, and how a guess is read, for a class that guesses together.
    """

    name: str
    title: str
    minutes: int
    task: str
    render: Callable[[Digits], None]
    question: Callable[[Digits], Question]


CHALLENGES = (
    Challenge(
        curve.NAME,
        "Where does the learning happen?",
        5,
        "Sketch how the accuracy grows, step by step.",
        curve.render_curve_challenge,
        curve.curve_question,
    ),
    Challenge(
        first_step.NAME,
        "What does the first step learn?",
        5,
        "Choose the picture that the weights will look like.",
        first_step.render_first_step_challenge,
        first_step.first_step_question,
    ),
    Challenge(
        too_fast.NAME,
        "Too fast",
        7,
        "Find the learning rate at which a run overshoots.",
        too_fast.render_too_fast_challenge,
        too_fast.too_fast_question,
    ),
    Challenge(
        seed.NAME,
        "Same settings, another seed: is it better?",
        7,
        "Guess how much chance alone changes.",
        seed.render_seed_challenge,
        seed.seed_question,
    ),
    Challenge(
        pair.NAME,
        "Which two digits does it mix up most?",
        5,
        "Name the pair.",
        pair.render_pair_challenge,
        pair.pair_question,
    ),
    Challenge(
        break_reader.NAME,
        "Break the reader",
        8,
        "Draw a digit that people read and the model does not.",
        break_reader.render_break_challenge,
        break_reader.break_question,
    ),
    Challenge(
        preparation.NAME,
        "What does preparation do?",
        6,
        "Guess which of several readers read one drawing.",
        preparation.render_preparation_challenge,
        preparation.preparation_question,
    ),
    Challenge(
        settings_map.NAME,
        "Five tries for the best settings",
        8,
        "Find the best learning rate and batch size before the map shows them.",
        settings_map.render_settings_map_challenge,
        settings_map.settings_map_question,
    ),
    Challenge(
        few_digits.NAME,
        "How few digits are enough?",
        8,
        "Guess how many digits do half of the work, and what wrong labels cost.",
        few_digits.render_few_digits_challenge,
        few_digits.few_digits_question,
    ),
)
BY_NAME = {challenge.name: challenge for challenge in CHALLENGES}


def numbered(challenge: Challenge) -> str:
    """Write the title of a challenge with its number, as docs/teachers.md does."""
    return f"{CHALLENGES.index(challenge) + 1} · {challenge.title}"


def following(name: str) -> Challenge | None:
    """Return the challenge after this one; None after the last."""
    names = list(BY_NAME)
    place = names.index(name) + 1
    return CHALLENGES[place] if place < len(names) else None
