"""The model of the article: one layer of weights, a bias, and softmax over ten logits."""

import torch
from torch import Tensor, nn

from mnist_core.normalization import Normalization

PIXELS = 28 * 28
CLASSES = 10

# Images are bytes. Scaling their ink to 0..1 commutes with the product with the weights, so it goes
# into the product, which spares a pass over the pixels.
SCALE = 1 / 255

# Images turned to float at a time: 1.5 MB, which stay in the processor's cache.
CHUNK = 500


class SoftmaxRegressor(nn.Module):
    """Multinomial logistic regression on 784 pixels: 7,850 numbers, all zero at the start.

    Zero is a fair start here, unlike in a deeper network: the loss is convex, and the first gradient
    already tells the ten classes apart.

    Attributes:
        linear: weights (10, 784) and bias (10,), float32.
        normalization: how the digits it learned from were normalized. The model carries it, so that
            whatever it reads later is prepared in the same way.
    """

    def __init__(self, normalization: Normalization = Normalization.MOMENTS) -> None:
        """Make an untrained model, which gives each class the same probability."""
        super().__init__()
        self.normalization = Normalization(normalization)
        self.linear = _FromZero(PIXELS, CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Give the logits of flat pixels; their softmax is the model's answer.

        Args:
            features: (B, 784) float32 in [0, 1], normalized.

        Returns:
            (B, 10) float32 logits.
        """
        logits: Tensor = self.linear(features)  # (B, 784) -> (B, 10)
        return logits

    @torch.no_grad()
    def logits(self, images: Tensor) -> Tensor:
        """Give the logits of images as they are: `forward` without a float copy of them all.

        Args:
            images: (N, 28, 28) uint8, already normalized.

        Returns:
            (N, 10) float32 logits, without gradient.
        """
        bias, weight = self.linear.bias[:, None], self.linear.weight
        logits = torch.empty(CLASSES, len(images))
        x = torch.empty(min(len(images), CHUNK), PIXELS)
        chunks = images.flatten(start_dim=1).split(CHUNK)
        for chunk, part in zip(chunks, logits.split(CHUNK, dim=1), strict=True):
            ink = x[: len(chunk)].copy_(chunk)
            torch.addmm(bias, weight, ink.T, alpha=SCALE, out=part)
        return logits.T  # (10, N) -> (N, 10)


class _FromZero(nn.Linear):
    """A linear layer that starts from zero, and so draws nothing from the global generator."""

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)
