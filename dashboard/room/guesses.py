"""What the guesses of a challenge consist of, in one form for all challenges.

A challenge says of which parts its guess consists and how a written guess is read; the room needs to know no
more to show, count and compare what a class has guessed.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Answer = tuple[int, ...] | frozenset[str]  # to a Curve; to a Choice


@dataclass(frozen=True)
class Curve:
    """A curve over the logarithm of the step; the answer to it is its value at each step, in percent.

    Attributes:
        steps: ascending, the last at the end of the run.
        start: the value before the first step, in percent.
        name: of the value.
    """

    steps: tuple[int, ...]
    start: int
    name: str = "test accuracy"


@dataclass(frozen=True)
class Choice:
    """One or several of some options; the answer to it is those that were chosen.

    Attributes:
        title: what is chosen.
        options: each as the guess writes it -> as the page says it.
        is_scale: whether they are numbers in their order.
        is_long: whether there are so many that only those are shown that anybody chose.
        columns: of a map, which has an option for each row and column; none if it is no map. The options are
            in the order of the rows, the lowest first.
        rows: of the map.
    """

    title: str
    options: Mapping[str, str]
    is_scale: bool = False
    is_long: bool = False
    columns: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()


Part = Curve | Choice


@dataclass(frozen=True)
class Question:
    """What a challenge asks.

    Attributes:
        text: the question, in Markdown.
        parts: of the guess.
        read: takes a guess apart, into an answer to each part; None for what is no guess.
        vote: what of a guess is made before anything is seen.
    """

    text: str
    parts: tuple[Part, ...]
    read: Callable[[str], Sequence[Answer] | None]
    vote: Callable[[str], str] = str


def read_all(question: Question, guesses: Mapping[str, str]) -> dict[str, Sequence[Answer]]:
    """Read guesses; what is none is left out."""
    known = {key: question.read(guess) for key, guess in guesses.items()}
    return {key: answers for key, answers in known.items() if answers is not None}


def median_curve(curves: Sequence[Sequence[int]]) -> list[float]:
    """Return the median at each step, of at least one curve."""
    return [median(values) for values in zip(*curves, strict=True)]


def count_choices(answers: Sequence[Answer]) -> Counter[str]:
    """Count how often each option was chosen."""
    return Counter(str(option) for answer in answers for option in answer)


def most_typical(question: Question, guesses: Sequence[str]) -> str:
    """Return the guess that is nearest to all others, the first of equals; empty if there is none."""
    read = [(guess, answers) for guess in guesses if (answers := question.read(guess)) is not None]

    def away(own: Sequence[Answer]) -> float:
        return sum(
            _distance(part, one, other)
            for _, answers in read
            for part, one, other in zip(question.parts, own, answers, strict=True)
        )

    return min(read, key=lambda one: away(one[1]), default=("", ()))[0]


def describe_answer(part: Part, answer: Answer) -> str:
    """Say what was answered to a part of a question."""
    if isinstance(part, Curve):
        points = zip(part.steps, answer, strict=True)
        return ", ".join(f"{value} % after {step:,}" for step, value in points) + " steps"
    chosen = [label for option, label in part.options.items() if option in answer]
    said = ", ".join(chosen) or "none of them"
    if part.columns:
        return said
    return f"{part.title} {said}" if part.title.endswith("?") else f"{part.title}: {said}"


def describe_answers(question: Question, answers: Sequence[Answer]) -> str:
    """Say what was answered to all parts of a question."""
    return "; ".join(
        describe_answer(part, answer) for part, answer in zip(question.parts, answers, strict=True)
    )


def _distance(part: Part, one: Answer, other: Answer) -> float:
    """Say how far two answers are apart: 0 if they are the same, at most 1."""
    if isinstance(part, Curve):
        apart = (abs(int(a) - int(b)) for a, b in zip([*one], [*other], strict=True))
        return sum(apart) / (100 * len(one))
    if part.is_scale and one and other:
        places = list(part.options)
        return abs(places.index(str(*one)) - places.index(str(*other))) / len(places)
    chosen = {*one, *other}
    return len(chosen - ({*one} & {*other})) / max(1, len(chosen))
