"""What the page says of a drawing: in large type, and in a sentence."""

from typing import NamedTuple

from torch import Tensor

from dashboard.ui.text import confidence
from mnist_core import Kind, Verdict
from mnist_core.model import knows_nothing, likeliest_digits

UNTRAINED = "This model knows nothing yet: all ten digits are equally likely."
TOUCHES_EDGE = "The digit touches the edge of the picture. Leave a margin all around it."
NOT_FOUND = "No digit was found. Show one digit on plain paper, all of it, with a margin around it."


class Answer(NamedTuple):
    """What is said of a drawing."""

    large: str  # a digit, two of them, a question mark, or nothing
    sentence: str


def describe_verdict(verdict: Verdict, *, cut: bool = False) -> Answer:
    """Say what a drawing is read as, or why it is not read; `cut` is whether it touches the photo's edge."""
    first, second = verdict.digit, verdict.runner_up
    sure, less = (confidence(float(verdict.probabilities[digit])) for digit in (first, second))
    match verdict.kind:
        case Kind.BLANK:
            return Answer("", "Draw a digit from 0 to 9. It is read as soon as you lift the pen.")
        case Kind.DOT:
            return Answer("?", "A dot. Too little to read.")
        case Kind.SCRIBBLE | Kind.UNLIKE | Kind.SEVERAL if cut:
            return Answer("?", TOUCHES_EDGE)
        case Kind.SEVERAL:
            return Answer("?", "This looks like several digits. Draw one digit at a time.")
        case Kind.SCRIBBLE:
            return Answer("?", "A scribble or a picture: there is more ink than in any digit.")
        case Kind.DIVERGED:
            return Answer("?", "This model reads nothing: its learning rate was so high that it overflowed.")
        case Kind.UNTRAINED:
            return Answer("?", f"{UNTRAINED} Train it first.")
        case Kind.UNLIKE:
            return Answer("?", f"Unlike any digit it has learned. If forced to choose: {first} ({sure}).")
        case Kind.CLOSE if verdict.rival is not None:
            sentence = f"A close call: {first} ({sure}), or a {second} with a stroke through it ({less})."
            return Answer(f"{first} or {second}", sentence)
        case Kind.CLOSE:
            return Answer(f"{first} or {second}", f"A close call: {first} ({sure}) or {second} ({less}).")
        case Kind.CLEAR:
            rest = f" Second guess: {second} ({less})." if verdict.probabilities[second] > 0.01 else ""
            return Answer(str(first), f"{first} ({sure} sure).{rest}")


def describe_if_shrunk(probabilities: Tensor, prepared: Answer) -> Answer:
    """Say how a drawing is read if it is only shrunk, (10,) probabilities, and how with preprocessing."""
    if knows_nothing(probabilities):
        return prepared
    digit = int(likeliest_digits(probabilities))
    instead = "not a digit" if prepared.large == "?" else prepared.large
    sure = confidence(float(probabilities[digit]))
    return Answer(str(digit), f"Just shrunk, it is read as {digit} ({sure}). With preprocessing: {instead}.")
