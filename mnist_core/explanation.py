"""One answer taken apart: the evidence for each digit, and why this one and not that."""

import math
from dataclasses import dataclass

from torch import Tensor

from mnist_core.model import CLASSES, SoftmaxRegressor
from mnist_core.normalization import normalize
from mnist_core.prediction import terms


@dataclass(frozen=True, eq=False)
class Margin:
    """By how much one digit leads another: their difference in logits, in full.

    Attributes:
        map: (28, 28) float32, each pixel's share; above 0 speaks for the digit, below for its rival.
        bias: the difference of the two biases, which any image gets.
    """

    map: Tensor
    bias: float

    @property
    def in_favour(self) -> float:
        """The sum of the pixels that speak for the digit, at least 0."""
        return float(self.map.clamp(min=0).double().sum())

    @property
    def against(self) -> float:
        """The sum of the pixels that speak for the rival, at most 0."""
        return float(self.map.clamp(max=0).double().sum())

    @property
    def total(self) -> float:
        """In favour + against + bias: the difference of the logits, the logarithm of `odds`."""
        return self.in_favour + self.against + self.bias

    @property
    def odds(self) -> float:
        """How many times as likely the digit is as its rival; inf where that is beyond a float."""
        try:
            return math.exp(self.total)
        except OverflowError:
            return math.inf


@dataclass(frozen=True, eq=False)
class Explanation:
    """The arithmetic of one answer: evidence + bias = logits, and the softmax of these the answer.

    Attributes:
        image: (28, 28) uint8, ink 0..255, normalized: what the model was shown.
        evidence: (10, 28, 28) float32, weight times ink for each digit; see the function.
        bias: (10,) float32.
    """

    image: Tensor
    evidence: Tensor
    bias: Tensor

    @property
    def sums(self) -> Tensor:
        """The sum of each map, (10,) float64."""
        return self.evidence.double().sum(dim=(1, 2))

    @property
    def logits(self) -> Tensor:
        """Sums + bias, (10,) float64."""
        return self.sums + self.bias

    @property
    def probabilities(self) -> Tensor:
        """The softmax of the logits, (10,) float64."""
        return self.logits.softmax(dim=0)

    @property
    def ranking(self) -> list[int]:
        """The ten digits, the likeliest first; equally likely ones in their own order."""
        return self.logits.argsort(descending=True, stable=True).tolist()

    def margin(self, digit: int, rival: int) -> Margin:
        """Tell why `digit` leads `rival`, or why not; ValueError for something that is no digit."""
        for name, value in (("digit", digit), ("rival", rival)):
            if not 0 <= value < CLASSES:
                raise ValueError(f"{name} must be from 0 to {CLASSES - 1}, got {value}")
        return Margin(self.evidence[digit] - self.evidence[rival], float(self.bias[digit] - self.bias[rival]))


def explain(model: SoftmaxRegressor, image: Tensor) -> Explanation:
    """Take the answer to an image apart.

    Args:
        model: any model.
        image: (28, 28) uint8, ink 0..255, not yet normalized.

    Raises:
        ValueError: another shape or dtype.
    """
    return explain_normalized(model, normalize(image[None], model.normalization)[0])


def explain_normalized(model: SoftmaxRegressor, normalized: Tensor) -> Explanation:
    """Take the answer to an image, (28, 28) uint8, apart that is normalized already.

    For a digit of a `Reading` this gives its very probabilities: alone or among others, a normalized pixel
    may come out different by one level of 255.
    """
    return Explanation(normalized, terms(model, normalized), model.linear.bias.detach().clone())
