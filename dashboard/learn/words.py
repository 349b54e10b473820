"""The method from pixels to test accuracy, with the person's own numbers in the formulas."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

from dashboard.inside.words import WorkedAnswer, worked_answer
from dashboard.lab.inputs import COUNTS, INPUTS
from dashboard.ui.latex import (
    LN_10,
    MOST_NINES,
    in_text,
    logarithm,
    nines,
    power_of_e,
    probability,
    rounded,
    signed,
    whole,
)
from dashboard.ui.text import epochs, with_article
from mnist_core import Explanation, Progress, SoftmaxRegressor, TrainingConfig
from mnist_core.inference.smallest_change import smallest_change

POWER_DIGITS = 4  # significant ones of e^z; the largest gets one more for each nine of its probability
TOO_LONG = 1e9  # for a number that is written out


class _Text(Template):
    delimiter = "@"  # the dollar sign is LaTeX's


_TEXT = _Text(Path(__file__).with_name("lesson.md").read_text(encoding="utf-8"))


@dataclass(frozen=True, eq=False)
class Example:
    """What the formulas are filled with.

    Attributes:
        explanation: the answer of `model` for one digit, taken apart.
        name: what this digit is called in a sentence, such as "your drawing".
        label: which digit it is; None if that is not known.
        model: the model with its present weights.
        config: the settings as the controls show them.
        training_digits: how many training digits there are.
        test_digits: how many test digits there are.
        last: the newest report of the run that `model` is from; None before the first.
        own: whether that is the run that the page shows.
    """

    explanation: Explanation
    name: str
    label: int | None
    model: SoftmaxRegressor
    config: TrainingConfig
    training_digits: int
    test_digits: int
    last: Progress | None
    own: bool = True


def parts(example: Example) -> list[str]:
    """Write the parts of the lesson, each in Markdown with formulas between dollar signs."""
    own = _image(example) | _answer(example) | _learning(example) | _run(example)
    text = _TEXT.substitute(own, gap_now=_gap(example), change_now=_change(example), name=example.name)
    return re.split(r"\n(?=## )", text)


def _gap(example: Example) -> str:
    last = example.last
    if last is None:
        return ""
    train, test = 100 * last.train.accuracy, 100 * last.test.accuracy
    whose = "Your" if example.own else "This"
    return (
        f"{whose} run reads {train:.1f}&nbsp;% of the digits that it learned, by the labels that it was "
        f"taught, and {test:.1f}&nbsp;% of the test digits."
    )


def _change(example: Example) -> str:
    change = smallest_change(example.model, example.explanation.image)
    if change is None:
        return "Your model knows nothing yet: all digits are equally likely already."
    return (
        f"For {example.name} the nearest digit is {change.rival}, at a distance of {change.length:.3g}. One "
        "pixel changed from white to black has the length 1, and the whole picture "
        f"{float(change.inputs.norm()):.3g}."
    )


def _image(example: Example) -> dict[str, object]:
    image = example.explanation.image / 255  # (28, 28)
    line, darkest = int(image.sum(dim=1).argmax()), int(image.argmax())
    return {
        "line": line + 1,
        "ink": " ".join(f"{ink:.2f}".rstrip("0").rstrip(".") for ink in image[line].tolist()),
        "pixel_line": darkest // 28 + 1,
        "pixel_column": darkest % 28 + 1,
    }


def _answer(example: Example) -> dict[str, object]:
    """Fill in the formulas of one answer, each number computed from those that are shown before it."""
    worked, answer = worked_answer(example.explanation), example.explanation.ranking[0]
    digit = answer if example.label is None else example.label
    powers, total = _powers(worked)
    shares = [probability(logarithm(power) - logarithm(total)) for power in powers]
    losses = [rounded(-logarithm(share)) for share in shares]
    rows = [
        [str(digit), *map(in_text, (_fixed(logit, worked), *others))]
        for digit, (logit, *others) in enumerate(zip(worked.logits, powers, shares, losses, strict=True))
    ]
    rows[digit] = [f"**{cell}**" for cell in rows[digit]]
    ink, rate = rounded(float(example.explanation.image.max()) / 255), f"{example.config.learning_rate:g}"
    off = math.expm1(logarithm(shares[digit]))  # p - 1
    return {
        "digit": digit,
        "evidence": _fixed(worked.sums[digit], worked),
        "bias": f"{worked.bias[digit]:+.{worked.decimals}f}",
        "logit": _fixed(worked.logits[digit], worked),
        "rows": "\n".join(f"| {' | '.join(row)} |" for row in rows),
        "power": powers[digit],
        "total": total,
        "total_text": in_text(total),
        "probability": shares[digit],
        "known": f"{'If' if example.label is None else 'Since'} {example.name} is {with_article(digit)},",
        "loss": losses[digit],
        "rate": rate,
        "pixel_ink": ink,
        "change": signed(-float(rate) * float(ink) * off),
    }


def _powers(worked: WorkedAnswer) -> tuple[list[str], str]:
    """Write e^z for each logit, and their sum, with at least the decimals that the largest has."""
    largest = max(worked.logits)
    surest = -math.log(math.fsum(math.exp(logit - largest) for logit in worked.logits))
    digits = POWER_DIGITS + min(MOST_NINES, nines(surest))

    def write(exponent: float) -> str:
        smaller = math.floor(largest / LN_10) - math.floor(exponent / LN_10)  # in powers of ten
        return power_of_e(exponent, max(POWER_DIGITS, digits - smaller))

    powers = [write(logit) for logit in worked.logits]
    logarithms = [logarithm(power) for power in powers]
    most = max(logarithms)
    return powers, write(most + math.log(math.fsum(math.exp(one - most) for one in logarithms)))


def _fixed(number: float, worked: WorkedAnswer) -> str:
    return f"{number:.{worked.decimals}f}" if abs(number) < TOO_LONG else rounded(number)


def _learning(example: Example) -> dict[str, object]:
    config, count = example.config, example.training_digits
    batches, rest = math.ceil(count / config.batch_size), count % config.batch_size
    cut = f"{batches:,} batches" + (f", the last of them with {rest:,}" if rest else "")
    return {
        "batch_size": whole(config.batch_size),
        "training_digits": f"{count:,}",
        "batches_cut": "a single batch" if batches == 1 else cut,
        "epochs": config.epochs,
        "batches": whole(batches),
        "steps": whole(config.epochs * batches),
        "test_digits": f"{example.test_digits:,}",
    }


def _run(example: Example) -> dict[str, object]:
    last = example.last
    if last is None:
        return {
            "weights_now": "They are still zero, because the model has not been trained yet.",
            "run_now": "You have not started a run yet.",
            "test_now": "Your model has not been trained yet. All ten probabilities are equal, so its answer "
            "is always 0, which is right about once in ten.",
        }
    weights = example.model.linear.weight.detach()
    count = example.test_digits
    right = round(last.test.accuracy * count)
    decimals = max(1, len(str(count)) - 3)  # those of 9,859 / 10,000, so that nothing is rounded
    return {
        "weights_now": f"They are now between {in_text(rounded(float(weights.min())))} and "
        f"{in_text(rounded(float(weights.max())))}.",
        "run_now": f"{'Your' if example.own else 'This'} run is at epoch {epochs(last.epoch)}, after "
        f"{last.step:,} steps. Its training loss is now {in_text(rounded(last.train.loss))}, its test loss "
        f"{in_text(rounded(last.test.loss))}.",
        "test_now": f"The model reads {right:,} of them correctly:\n\n$$\n\\text{{test accuracy}} = "
        f"\\frac{{{whole(right)}}}{{{whole(count)}}} = {100 * right / count:.{decimals}f}\\,\\%\n$$",
    }


def inputs_opening(name: str) -> str:
    """Begin the section for a digit of this name."""
    return (
        f"## {COUNTS[len(INPUTS)].capitalize()} inputs\n\nSo far, the 784 numbers were the pixels as they "
        "were written, *raw*. A digit can be prepared first. The model still gets 784 numbers, so nothing "
        f"else on this page changes, only what the numbers mean. Here is {name} with each of the "
        f"{COUNTS[len(INPUTS)]} inputs:"
    )
