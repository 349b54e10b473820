"""What the page says of a drawing: in large type, and in a sentence."""

from typing import NamedTuple

from torch import Tensor

from mnist_core.inference.verdict import Kind, Verdict


class Words(NamedTuple):
    """What is said of a drawing."""

    large: str  # a digit, two of them, a question mark, or nothing
    sentence: str


def words(verdict: Verdict) -> Words:
    """Put a verdict into words."""
    first, second = verdict.answer, verdict.runner_up
    sure, less = _percent(verdict.probabilities, first), _percent(verdict.probabilities, second)
    match verdict.kind:
        case Kind.BLANK:
            return Words("", "Draw a digit from 0 to 9. It is read as soon as you lift the pen.")
        case Kind.DOT:
            return Words("?", "A dot. There is not enough of it to be any digit.")
        case Kind.SCRIBBLE:
            return Words("?", "A scribble, or a picture: there is more ink in it than in any digit.")
        case Kind.UNLIKE:
            return Words(
                "?", f"Unlike any digit it learned. Had it to choose, it would say {first}, with {sure}."
            )
        case Kind.CLOSE:
            return Words(f"{first} or {second}", f"A close call: {first} with {sure}, {second} with {less}.")
        case Kind.CLEAR:
            article = "An" if first == 8 else "A"
            rest = f" Next comes {second}, with {less}." if verdict.probabilities[second] > 0.01 else ""
            return Words(str(first), f"{article} {first}, with {sure}.{rest}")


def words_resized(probabilities: Tensor, prepared: Words) -> Words:
    """Say what a drawing is read as when just resized, (10,) probabilities, and what when prepared."""
    answer = int(probabilities.argmax())
    instead = "no digit" if prepared.large == "?" else prepared.large
    sure = _percent(probabilities, answer)
    return Words(str(answer), f"Just resized, it reads {answer}, with {sure}. Prepared, it reads {instead}.")


def _percent(probabilities: Tensor, digit: int) -> str:
    percent = 100 * float(probabilities[digit])
    if percent > 99.9:
        return "almost 100 %"  # no drawing is certain
    return f"{percent:.1f} %" if percent > 99 else f"{percent:.0f} %"
