"""What is said about a class's guesses, and the files that a class takes home."""

import csv
import io
from collections.abc import Mapping, Sequence

from dashboard.lab.rooms import Poll
from dashboard.room.guesses import Answer, Curve, Part, Question, count_choices, median_curve, read_all

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
    return f"**{guessed} of {joined}** {'has' if joined == 1 else 'have'} guessed."


def safe_cell(text: str) -> str:
    """Write a cell so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def guesses_file(polls: Mapping[str, Poll], titles: Mapping[str, str]) -> bytes:
    """Write the guesses of a room as a CSV file: people have numbers, the same in every challenge."""
    keys = {key for poll in polls.values() for vote in (*poll.rounds, poll.reasons) for key in vote}
    numbers = {key: number for number, key in enumerate(sorted(keys), start=1)}
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(("person", "challenge", "vote", "guess", "why"))
    for name, poll in polls.items():
        for vote, guesses in enumerate(poll.rounds, start=1):
            for key in sorted(guesses, key=numbers.__getitem__):
                why = poll.reasons.get(key, "") if vote == len(poll.rounds) else ""
                cells = (str(numbers[key]), titles.get(name, name), str(vote), guesses[key], why)
                table.writerow(map(safe_cell, cells))
    return (MARK + file.getvalue()).encode()


def answers_of(question: Question, poll: Poll) -> list[list[Sequence[Answer]]]:
    """Return the answers to all parts of each guess, for each vote."""
    return [list(read_all(question, guesses).values()) for guesses in poll.rounds]
