"""The article's steps from pixels to test accuracy, with a person's own numbers in the formulas."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

from dashboard.text.latex import power_of_e, probability, rounded, signed, whole
from dashboard.text.numbers import percent
from mnist_core import Explanation, Preprocessing, Progress, SoftmaxRegressor, TrainingConfig

PREPARED = {
    Preprocessing.RAW: "",
    Preprocessing.DESKEW: "Before that, the digit is sheared until it stands upright.",
    Preprocessing.DIRECTIONS: "Before that, the digit is set upright and brought to one size, and its pixels "
    "are turned into the directions of its strokes.",
}


class _Text(Template):
    delimiter = "@"  # the dollar sign is LaTeX's


_TEXT = _Text(Path(__file__).with_name("lesson.md").read_text(encoding="utf-8"))


@dataclass(frozen=True, eq=False)
class Example:
    """What the formulas are filled with.

    Attributes:
        explanation: the answer of `model` to one digit, taken apart.
        name: what this digit is called in a sentence, "your drawing".
        label: what it is; None where nobody has said.
        model: the weights as they are now.
        config: the settings as the controls stand.
        training_digits: how many digits an epoch has.
        test_digits: how many are kept back.
        last: the newest report of the run that is shown; None before the first.
    """

    explanation: Explanation
    name: str
    label: int | None
    model: SoftmaxRegressor
    config: TrainingConfig
    training_digits: int
    test_digits: int
    last: Progress | None


def steps(example: Example) -> list[str]:
    """Write the nine steps, each in Markdown with formulas between dollar signs."""
    text = _TEXT.substitute(
        _image(example) | _answer(example) | _learning(example) | _run(example), name=example.name
    )
    return re.split(r"\n(?=## )", text)


def _image(example: Example) -> dict[str, object]:
    image = example.explanation.image / 255  # (28, 28)
    line, darkest = int(image.sum(dim=1).argmax()), int(image.argmax())
    return {
        "prepared": PREPARED[example.model.preprocessing],
        "line": line + 1,
        "ink": " ".join(f"{ink:.2f}".rstrip("0").rstrip(".") for ink in image[line].tolist()),
        "pixel_line": darkest // 28 + 1,
        "pixel_column": darkest % 28 + 1,
        "pixel_ink": rounded(float(image.max())),
    }


def _answer(example: Example) -> dict[str, object]:
    explanation = example.explanation
    digit = explanation.ranking[0] if example.label is None else example.label
    logits, probabilities = explanation.logits.tolist(), explanation.probabilities.tolist()
    losses = (-explanation.logits.log_softmax(dim=0)).tolist()
    rows = [
        [str(k), _text(rounded(z)), _text(power_of_e(z)), percent(p), _text(rounded(loss))]
        for k, (z, p, loss) in enumerate(zip(logits, probabilities, losses, strict=True))
    ]
    rows[digit][0], rows[digit][3] = f"**{digit}**", f"**{rows[digit][3]}**"
    ink = float(explanation.image.max()) / 255
    total = power_of_e(float(explanation.logits.logsumexp(dim=0)))
    off = math.expm1(-losses[digit])  # p - 1, exact where p is nearly 1
    return {
        "digit": digit,
        "evidence": rounded(float(explanation.sums[digit])),
        "bias": signed(float(explanation.bias[digit])),
        "logit": rounded(logits[digit]),
        "rows": "\n".join(f"| {' | '.join(row)} |" for row in rows),
        "power": power_of_e(logits[digit]),
        "total": total,
        "total_text": _text(total),
        "probability": probability(probabilities[digit]),
        "known": f"If {example.name} is a {digit}, it has"
        if example.label is None
        else f"As {example.name} is a {digit}, it has",
        "loss": rounded(losses[digit]),
        "change": signed(-example.config.learning_rate * ink * off),
    }


def _text(number: str) -> str:
    """Put a number between words or into a table, as a formula, which is wider, only where it must be one."""
    return f"${number}$" if "^" in number else number.replace("-", "\N{MINUS SIGN}")


def _learning(example: Example) -> dict[str, object]:
    config, count = example.config, example.training_digits
    batches, rest = math.ceil(count / config.batch_size), count % config.batch_size
    cut = f"{batches:,} batches" + (f", the last with {rest:,}" if rest else "")
    return {
        "batch_size": whole(config.batch_size),
        "training_digits": f"{count:,}",
        "batches_cut": "a single batch, as there are no more" if batches == 1 else cut,
        "rate": f"{config.learning_rate:g}",
        "epochs": config.epochs,
        "batches": whole(batches),
        "steps": whole(config.epochs * batches),
        "test_digits": f"{example.test_digits:,}",
    }


def _run(example: Example) -> dict[str, object]:
    last = example.last
    if last is None:
        return {
            "weights_now": "They still are, because nothing has been learned yet.",
            "run_now": "No run has begun yet.",
            "test_now": "Nothing has been learned yet: all ten probabilities are equal, the answer to "
            "everything is 0, and that is right about once in ten.",
        }
    weights = example.model.linear.weight.detach()
    count = example.test_digits
    right = round(last.test.accuracy * count)
    return {
        "weights_now": f"Yours now lie between {_text(rounded(float(weights.min())))} and "
        f"{_text(rounded(float(weights.max())))}.",
        "run_now": f"Your run is at epoch {last.epoch:.4g}, after {last.step:,} steps. Its training loss is "
        f"{_text(rounded(last.train.loss))} now, its test loss {_text(rounded(last.test.loss))}.",
        "test_now": f"Your model reads {right:,} of them right:\n\n$$\n\\text{{test accuracy}} = "
        f"\\frac{{{whole(right)}}}{{{whole(count)}}} = {100 * last.test.accuracy:.1f}\\,\\%\n$$",
    }
