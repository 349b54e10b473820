"""What is said about a class's guesses, and the files that a class takes home."""

import csv
import io
from collections.abc import Mapping, Sequence
from html import escape as escape_html

from dashboard.lab.personalized_runs import Personalization, UnknownPersonalization
from dashboard.lab.room_digits import Reading
from dashboard.lab.room_file import Poll
from dashboard.lab.setting_choices import describe_settings
from dashboard.room.guesses import (
    Answer,
    Curve,
    Part,
    Question,
    count_choices,
    describe_answers,
    median_curve,
    read_all,
)
from dashboard.ui.text import percent, table
from mnist_core import TrainingConfig
from mnist_core.evaluation.mcnemar import Score, describe_comparison

KEPT = (
    "Nobody is asked for a name. The room keeps what you send to it: guesses, your sentences about them, "
    "drawings and links to runs, and a random number that stands for this browser. All of it is forgotten a "
    "day after the room was last used, or at once when its leader closes it."
)
MARK = "\N{BYTE ORDER MARK}"  # without it, spreadsheets take UTF-8 for something else
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins with one of these may be computed


def describe_votes(part: Part, votes: Sequence[Sequence[Answer]]) -> str:
    """Say what was guessed, for those who do not see the picture."""
    return " ".join(
        f"{name}{_describe(part, vote)}"
        for name, vote in zip(
            ("First vote: ", "Second vote: ") if len(votes) > 1 else ("",), votes, strict=True
        )
    )


def _describe(part: Part, vote: Sequence[Answer]) -> str:
    if not vote:
        return "No guesses yet."
    if isinstance(part, Curve):
        curves = [tuple(map(int, answer)) for answer in vote]
        points = zip(part.steps, median_curve(curves), strict=True)
        listed = ", ".join(f"{value:.0f} % after {step:,}" for step, value in points)
        return f"{_guesses(len(vote))}, by steps; in the middle: {listed}."
    counts = count_choices(vote)
    listed = ", ".join(
        f"{part.options[name]}: {count}" for name, count in counts.most_common(6) if name in part.options
    )
    return f"{_guesses(len(vote))}. {part.title[0].upper()}{part.title[1:]}: {listed}."


def _guesses(count: int) -> str:
    return "1 guess" if count == 1 else f"{count} guesses"


def describe_agreement(question: Question, votes: Sequence[Sequence[Sequence[Answer]]], outcome: str) -> str:
    """Say how many guessed what happened; empty where that cannot be said of a guess.

    `votes` has the answers to all parts of each guess, for each vote.
    """
    right = question.read(outcome) if outcome else None
    if right is None or any(isinstance(part, Curve) for part in question.parts):
        return ""
    shares = [(sum(tuple(one) == tuple(right) for one in vote), len(vote)) for vote in votes]
    if not shares[-1][1]:
        return ""
    now = f"{shares[-1][0]} of {shares[-1][1]} guessed just that"
    return f"{now}, {shares[0][0]} of {shares[0][1]} in the first vote." if len(shares) > 1 else f"{now}."


def describe_count(guessed: int, joined: int) -> str:
    """Say how many have guessed."""
    if not joined:
        return "Nobody has joined yet."
    return f"**{guessed} of {joined}** {'has' if guessed == 1 else 'have'} guessed."


def safe_cell(text: str) -> str:
    """Write a cell so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def guesses_file(
    polls: Mapping[str, Poll], titles: Mapping[str, str], questions: Mapping[str, Question]
) -> bytes:
    """Write the guesses of a room as a CSV file: people have numbers, the same in every challenge.

    Guesses are in words, because spreadsheets take "4-9" for a date. A reason stands beside the last guess.
    """
    keys = {key for poll in polls.values() for vote in (*poll.rounds, poll.reasons) for key in vote}
    numbers = {key: number for number, key in enumerate(sorted(keys), start=1)}
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(("person", "challenge", "vote", "guess", "why"))
    for name, poll in polls.items():
        last = {key: vote for vote, guesses in enumerate(poll.rounds, start=1) for key in guesses}
        for vote, guesses in enumerate(poll.rounds, start=1):
            for key in sorted(guesses, key=numbers.__getitem__):
                why = poll.reasons.get(key, "") if vote == last[key] else ""
                said = _in_words(questions.get(name), guesses[key])
                cells = (str(numbers[key]), titles.get(name, name), str(vote), said, why)
                table.writerow(map(safe_cell, cells))
    return (MARK + file.getvalue()).encode()


def _in_words(question: Question | None, guess: str) -> str:
    answers = question.read(guess) if question else None
    return guess if question is None or answers is None else describe_answers(question, answers)


def answers_of(question: Question, poll: Poll) -> list[list[Sequence[Answer]]]:
    """Return the answers to all parts of each guess, for each vote."""
    return [list(read_all(question, guesses).values()) for guesses in poll.rounds]


# The class's digits and runs


def describe_reading(reading: Reading, config: TrainingConfig) -> str:
    """Say how many of a class's digits a run reads."""
    low, high = Score(reading.right, reading.count).interval
    writers = len(reading.by_writer)
    return (
        f"The run on this page ({describe_settings(config)}) reads **{reading.right} of {reading.count}** "
        f"correctly, {percent(reading.right / reading.count)} (95 % interval {100 * low:.1f} to "
        f"{percent(high)}), by {writers} {'writer' if writers == 1 else 'writers'}."
    )


def digit_table(reading: Reading) -> str:
    """Write how each digit is read, as a table in HTML."""
    digits = sorted(reading.by_digit)
    counts = [reading.by_digit[digit] for digit in digits]
    return table(
        ("digit", *map(str, digits)),
        [
            ("correctly", *(str(right) for right, _ in counts)),
            ("of", *(str(count) for _, count in counts)),
            ("in percent", *(percent(right / count, 0) for right, count in counts)),
        ],
    )


def describe_learning(learned: Personalization | UnknownPersonalization) -> str:
    """Say what learning half of a class has changed for the other half; empty for any other run."""
    if isinstance(learned, UnknownPersonalization) or not learned.writers:
        return ""
    own = learned.own.comparison
    finding = describe_comparison(own, "the model before", "the model that has learned half of the class")
    return (
        f"This run has learned the digits of half of the class. Of the {own.a.count} digits of the other "
        f"{learned.writers} writers, {own.a.right} were read correctly before and **{own.b.right}** after "
        f"that. {finding[0].upper()}{finding[1:]}"
    )


def runs_table(rows: Sequence[tuple[str, str, Score | None, Score | None]], *, with_drawn: bool) -> str:
    """Write the board as a table in HTML; each row has nickname, settings and the two scores."""
    header = ["", "nickname", "settings", "test digits"] + (["your class's digits"] if with_drawn else [])
    cells = [
        [str(place), escape_html(nickname) or "–", escape_html(settings), _score(test)]
        + ([_score(drawn)] if with_drawn else [])
        for place, (nickname, settings, test, drawn) in enumerate(rows, start=1)
    ]
    return table(header, cells)


def _score(score: Score | None) -> str:
    if score is None:
        return "–"
    low, high = score.interval
    return f"{percent(score.accuracy)} ({100 * low:.1f} to {100 * high:.1f})"
