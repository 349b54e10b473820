"""The model of the article: one layer of weights, a bias, and softmax over ten logits."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mnist_core.arrays import Array, images_of
from mnist_core.data.dataset import SIDE
from mnist_core.one_thread import one_thread
from mnist_core.preprocessing.preprocess import Preprocessing

PIXELS = SIDE * SIDE
CLASSES = 10

# Images are bytes. Multiplying their ink by this, to 0..1, commutes with the product with the weights, so it
# is done as part of that product and saves a pass over the pixels.
SCALE = 1 / 255

# Images converted to float at a time: 1.5 MB, which stay in the processor's cache.
CHUNK = 500


class SoftmaxRegressor(nn.Module):
    """Multinomial logistic regression on 784 pixels: 7,850 numbers, all zero at the start.

    Starting from zero is fine here, unlike in a deeper network: the loss is convex, and the first gradient
    already differs between the ten classes.

    Attributes:
        linear: weights (10, 784) and bias (10,), float32.
        preprocessing: what was done to the digits it learned from. The model carries it, so that whatever it
            reads later is preprocessed in the same way.
    """

    def __init__(self, preprocessing: Preprocessing | str = Preprocessing.RAW) -> None:
        """Make an untrained model, which gives each digit the same probability."""
        super().__init__()
        self.preprocessing: Preprocessing = Preprocessing(preprocessing)
        self.linear = _ZeroLinear(PIXELS, CLASSES)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the weights as numpy arrays, which takes a fifth of the time that tensors take."""
        weight, bias = self.linear.weight.detach().numpy(), self.linear.bias.detach().numpy()
        return _with_weights, (self.preprocessing, weight, bias)

    def forward(self, features: Tensor) -> Tensor:
        """Compute the logits of flat images; their softmax is what the model predicts.

        Args:
            features: (B, 784) float32 in [0, 1], preprocessed.

        Returns:
            (B, 10) float32 logits.
        """
        logits: Tensor = self.linear(features)  # (B, 784) -> (B, 10)
        return logits

    @one_thread()
    @torch.no_grad()
    def logits(self, images: Array) -> Tensor:
        """Compute the logits of images without converting all of them to float at once.

        Args:
            images: (N, 28, 28) uint8, already preprocessed.

        Returns:
            (N, 10) float32 logits, without gradient.

        Raises:
            ValueError: another shape or dtype; `forward` takes floats.
        """
        images = images_of(images)
        bias, weight = self.linear.bias[:, None], self.linear.weight
        logits = torch.empty(CLASSES, len(images))
        x = torch.empty(min(len(images), CHUNK), PIXELS)
        chunks = images.flatten(start_dim=1).split(CHUNK)
        for chunk, part in zip(chunks, logits.split(CHUNK, dim=1), strict=True):
            ink = x[: len(chunk)].copy_(chunk)
            torch.addmm(bias, weight, ink.T, alpha=SCALE, out=part)
        return logits.T  # (10, N) -> (N, 10)


def _with_weights(
    preprocessing: Preprocessing, weight: NDArray[np.float32], bias: NDArray[np.float32]
) -> SoftmaxRegressor:
    model = SoftmaxRegressor(preprocessing)
    with torch.no_grad():
        model.linear.weight.copy_(torch.from_numpy(weight))
        model.linear.bias.copy_(torch.from_numpy(bias))
    return model


class _ZeroLinear(nn.Linear):
    """A linear layer that starts from zero, and so draws nothing from the global random generator."""

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)


def rank_digits(scores: Tensor) -> Tensor:
    """Order the digits: the largest logit or probability first, of equal ones the smaller digit first.

    Args:
        scores: (..., 10) logits or probabilities.

    Returns:
        (..., 10) int64, each row a permutation of 0 to 9.
    """
    return scores.argsort(dim=-1, descending=True, stable=True)


def likeliest_digits(scores: Tensor) -> Tensor:
    """Return the first digit of `rank_digits`, without the others: (..., 10) to (...) int64."""
    return scores.max(dim=-1).indices  # argmax returns the same, five times slower


def knows_nothing(scores: Tensor) -> bool:
    """Whether all ten logits or probabilities, (10,), are equal, as those of an untrained model are."""
    return bool((scores == scores[0]).all())
