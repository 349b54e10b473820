"""One prediction taken apart: what each pixel adds to each logit, and why one digit leads another."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mnist_core.arrays import Array, image_of
from mnist_core.data.dataset import SIDE
from mnist_core.model import CLASSES, SCALE, SoftmaxRegressor, rank_digits
from mnist_core.preprocessing.direction_maps import picture_of_directions
from mnist_core.preprocessing.preprocess import Preprocessing, preprocess


def attributions(model: SoftmaxRegressor, image: Array) -> Tensor:
    """Compute what each pixel adds to each logit: weight times ink.

    A logit is the bias plus the sum of weight times ink over the pixels. The maps hold the terms of that sum,
    so the map of a digit adds up, together with the digit's bias, to its logit.

    Args:
        model: any model.
        image: (28, 28) uint8, ink 0..255, not yet preprocessed; the maps belong to the preprocessed image.

    Returns:
        (10, 28, 28) float32; positive values raise the logit of the digit, negative ones lower it.

    Raises:
        ValueError: another shape or dtype.
    """
    return _attributions(model, preprocess(image_of(image)[None], model.preprocessing)[0])


def weight_pictures(model: SoftmaxRegressor) -> Tensor:
    """Return a picture of each digit's weights: positive where ink speaks for the digit.

    For directions it is the picture whose edges the weights ask for; for all others it is the weights.

    Returns:
        (10, 28, 28) float32.
    """
    weights = model.linear.weight.detach().view(-1, SIDE, SIDE)
    return picture_of_directions(weights) if model.preprocessing is Preprocessing.DIRECTIONS else weights


@dataclass(frozen=True, eq=False)
class Margin:
    """How far one digit leads another: the difference of their logits, term by term.

    Attributes:
        map: (28, 28) float32, what each pixel adds; positive favours the digit, negative its rival.
        bias: the difference of the two biases, the same for every image.
    """

    map: Tensor
    bias: float

    @property
    def in_favour(self) -> float:
        """The sum of the pixels that favour the digit, at least 0."""
        return float(self.map.clamp(min=0).double().sum())

    @property
    def against(self) -> float:
        """The sum of the pixels that favour the rival, at most 0."""
        return float(self.map.clamp(max=0).double().sum())

    @property
    def total(self) -> float:
        """In favour + against + bias: the difference of the logits, which is the logarithm of the odds."""
        return self.in_favour + self.against + self.bias


@dataclass(frozen=True, eq=False)
class Explanation:
    """The arithmetic of one prediction: attributions + bias = logits, and the softmax of these.

    Attributes:
        image: (28, 28) uint8, ink 0..255, preprocessed: what the model was shown.
        attributions: (10, 28, 28) float32, weight times ink for each digit; see the function of this name.
        bias: (10,) float32.
    """

    image: Tensor
    attributions: Tensor
    bias: Tensor

    @property
    def sums(self) -> Tensor:
        """The sum of each map, (10,) float64."""
        return self.attributions.double().sum(dim=(1, 2))

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
        """The ten digits, the likeliest first, as `rank_digits` orders them."""
        return rank_digits(self.logits).tolist()

    def margin(self, digit: int, rival: int) -> Margin:
        """Explain why `digit` leads `rival`, or trails it; ValueError for anything but two digits 0 to 9."""
        for name, value in (("digit", digit), ("rival", rival)):
            if not 0 <= value < CLASSES:
                raise ValueError(f"{name} must be from 0 to {CLASSES - 1}, got {value}")
        difference = self.attributions[digit] - self.attributions[rival]
        return Margin(difference, float(self.bias[digit] - self.bias[rival]))


def explain(model: SoftmaxRegressor, image: Array) -> Explanation:
    """Take the prediction for an image apart.

    Args:
        model: any model.
        image: (28, 28) uint8, ink 0..255, not yet preprocessed.

    Raises:
        ValueError: another shape or dtype.
    """
    return explain_preprocessed(model, preprocess(image_of(image)[None], model.preprocessing)[0])


def explain_preprocessed(model: SoftmaxRegressor, image: Tensor) -> Explanation:
    """Take the prediction apart for an image, (28, 28) uint8, that is preprocessed already.

    For a digit of `Predictions`, this gives exactly the same probabilities. Preprocessing it anew might not:
    a pixel may come out one level of 255 higher or lower, depending on the other images of the batch.
    """
    return Explanation(image, _attributions(model, image), model.linear.bias.detach().clone())


def _attributions(model: SoftmaxRegressor, image: Tensor) -> Tensor:
    ink = image.float() * SCALE  # (28, 28), 0..1
    weights: Tensor = model.linear.weight.detach().view(CLASSES, *ink.shape)  # (10, 28, 28)
    return torch.mul(weights, ink)
