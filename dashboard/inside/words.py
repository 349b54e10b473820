"""The arithmetic of one answer in the digits that are shown, so that it can be checked by hand."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from dashboard.ui.text import percent, with_article
from mnist_core import Explanation
from mnist_core.inference.attribution import Margin
from mnist_core.inference.smallest_change import SmallestChange

# The views, by the names that the page shows.
WEIGHTS, ANSWER, MISTAKES, CONFIDENCE = VIEWS = ("Weights", "Answer", "Mistakes", "Confidence")

LEAST_DECIMALS, MOST_DECIMALS = 4, 6
LARGE = 1000.0  # a logit that is as large as this is shown with two decimals less


class WorkedMargin(NamedTuple):
    """The terms of a margin as they are shown: in_favour + against + bias = total."""

    in_favour: float
    against: float
    bias: float
    total: float


@dataclass(frozen=True)
class WorkedAnswer:
    """The way from the maps to the probabilities of the ten digits, each number rounded as it is shown.

    The biases and the logits are the exact ones, rounded. Everything else is computed from these rounded
    numbers: it agrees with them to the last digit, in which it can differ by one from its exact value.

    Attributes:
        decimals: how many all numbers but the shares are shown with.
        sums: logit - bias, the sum of each map.
        bias: the bias of each digit.
        logits: sums + bias.
        powers: e^(logit - largest logit).
        total: the sum of the powers.
        shares: power / total, not rounded.
    """

    decimals: int
    sums: list[float]
    bias: list[float]
    logits: list[float]
    powers: list[float]
    total: float
    shares: list[float]

    def margin(self, margin: Margin, digit: int, rival: int) -> WorkedMargin:
        """Return the terms of `margin`, which is that of `digit` over `rival`, in the same digits."""
        total = round(self.logits[digit] - self.logits[rival], self.decimals)
        bias = round(self.bias[digit] - self.bias[rival], self.decimals)
        against = round(margin.against, self.decimals)
        return WorkedMargin(round(total - bias - against, self.decimals), against, bias, total)


def worked_answer(explanation: Explanation) -> WorkedAnswer:
    """Work an answer out with as few decimals as it takes to get the shares right to a tenth of a percent."""
    exact = [percent(share) for share in explanation.probabilities.tolist()]
    fewer = 2 if float(explanation.logits.abs().max()) >= LARGE else 0
    for decimals in range(LEAST_DECIMALS - fewer, MOST_DECIMALS):
        worked = _worked(explanation, decimals)
        if [percent(share) for share in worked.shares] == exact:
            return worked
    return _worked(explanation, MOST_DECIMALS)


def _worked(explanation: Explanation, decimals: int) -> WorkedAnswer:
    logits = [round(logit, decimals) for logit in explanation.logits.tolist()]
    bias = [round(term, decimals) for term in explanation.bias.tolist()]
    powers = [round(math.exp(round(logit - max(logits), decimals)), decimals) for logit in logits]
    total = round(sum(powers), decimals)
    return WorkedAnswer(
        decimals=decimals,
        sums=[round(logit - term, decimals) for logit, term in zip(logits, bias, strict=True)],
        bias=bias,
        logits=logits,
        powers=powers,
        total=total,
        shares=[power / total for power in powers],
    )


def describe_smallest_change(change: SmallestChange, second: int, *, directions: bool) -> str:
    """Say how long the smallest change is, and where it leads; `second` has the second-largest logit."""
    a, b = change.digit, change.rival
    nearer = (
        f" The second-largest score is that of {second}, but {b} is nearer: its weights differ more from "
        f"those of {a}, so a change of the same length closes more of the gap."
    )
    length = (
        rf"$\dfrac{{z_{a} - z_{b}}}{{|w_{a} - w_{b}|}} = "
        rf"\dfrac{{{change.lead:.3g}}}{{{change.steepness:.3g}}} = {change.length:.3g}$"
    )
    return (
        f"**How little would make it {with_article(b)}?** The smallest change of the 784 "
        f"{'edge strengths' if directions else 'pixels'} after which {a} and {b} are equally likely has the "
        f"length {length}. Its direction is the weights of {b} minus those of {a}. A change of one input "
        f"from 0 to 255 has the length 1; the whole picture has {float(change.inputs.norm()):.3g}."
        f"{nearer if second != b else ''}"
    )


def describe_limits(
    free: SmallestChange, within: SmallestChange | None, share: float, *, directions: bool
) -> str:
    """Say what changes if the inputs have to stay from 0 to 255, and what need not exist."""
    said = []
    if outside := free.outside(share):
        said.append(f"Of these inputs, {outside} are below 0 or above 255, which no picture can have.")
    if within is None:
        said.append("From 0 to 255, no change makes it another digit.")
    else:
        to = "" if within.rival == free.rival else f" and leads to {with_article(within.rival)}"
        stopped = f": {within.stopped} inputs stop at a limit, and the others change more"
        said.append(
            f"From 0 to 255, the smallest change has the length {within.length:.3g}{to}"
            f"{stopped if within.stopped else ''}."
        )
    if directions:
        said.append("These are strengths of edges: there need be no drawing that has these inputs.")
    return " ".join(said)
