"""What a model answers, and why."""

import torch
from torch import Tensor

from mnist_core.model import CLASSES, SCALE, SoftmaxRegressor
from mnist_core.normalization import normalize


def predict(model: SoftmaxRegressor, images: Tensor) -> Tensor:
    """Read images: the probability that the model gives to each digit.

    Args:
        model: any model; the images are normalized as its training digits were.
        images: (N, 28, 28) uint8, ink 0..255, not yet normalized.

    Returns:
        (N, 10) float32; each row sums to 1.

    Raises:
        ValueError: another shape or dtype.
    """
    return model.logits(normalize(images, model.normalization)).softmax(dim=1)


def evidence(model: SoftmaxRegressor, image: Tensor) -> Tensor:
    """Take an answer apart: how much each pixel speaks for each digit.

    A logit is the bias plus the sum of weight times ink over the pixels. These are the terms of that
    sum, so each map adds up, with the bias of its digit, to the logit of that digit.

    Args:
        model: any model.
        image: (28, 28) uint8, ink 0..255, not yet normalized; the maps lie over the normalized image.

    Returns:
        (10, 28, 28) float32 in logits (natural logarithm); above 0 speaks for the digit, below against it.

    Raises:
        ValueError: another shape or dtype.
    """
    return terms(model, normalize(image[None], model.normalization)[0])


def terms(model: SoftmaxRegressor, normalized: Tensor) -> Tensor:
    """Give the evidence in an image, (28, 28) uint8, that is normalized already."""
    features = normalized.float() * SCALE  # (28, 28)
    weights: Tensor = model.linear.weight.detach().view(CLASSES, *features.shape)  # (10, 28, 28)
    return torch.mul(weights, features)
