"""The arithmetic of one answer in the digits that are shown, so that it can be checked by hand."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from dashboard.ui.text import percent
from mnist_core import Explanation
from mnist_core.inference.attribution import Margin

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
