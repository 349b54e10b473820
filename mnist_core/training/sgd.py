"""Stochastic gradient descent on the mean cross-entropy, with the gradient written out.

A batch of B digits is X (B, 784), with one-hot labels Y (B, 10). The model predicts P = softmax(XWᵀ + b), and
the loss is L = -(1/B) Σ Y log P. In its derivative, softmax and logarithm cancel (Bishop, Pattern Recognition
and Machine Learning, 2006, equation 4.109):

    dL/dW = (P - Y)ᵀX / B        dL/db = Σ (P - Y) / B        W <- W - rate dL/dW        b <- b - rate dL/db

This module computes exactly what these six lines compute, which a test compares with it:

    for batch in order.split(batch_size):
        x = images[batch].flatten(1) / 255
        y = one_hot(labels[batch], 10)
        error = (x @ weight.T + bias).softmax(dim=1) - y
        weight -= learning_rate * error.T @ x / len(batch)
        bias -= learning_rate * error.mean(dim=0)

It is longer because it is about four times as fast, for two reasons. The bias is the weight of a 785th pixel
that is always full of ink, so that it is part of the same two products as W. And logits, P and Y are stored
as (10, B), one column per digit, which halves the time of these products.
"""

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Split
from mnist_core.model import CHUNK, CLASSES, PIXELS, SCALE, SoftmaxRegressor


class SGD:
    """Weights and bias during training, changed in place by each step."""

    def __init__(self, start: SoftmaxRegressor, config: TrainingConfig) -> None:
        """Begin with a copy of a model, which itself stays unchanged."""
        self.config = config
        weight, bias = start.linear.weight.detach(), start.linear.bias.detach()
        self.weights = torch.cat((weight, bias[:, None]), dim=1)  # (10, 785)
        rows = min(config.batch_size, CHUNK)
        self.gathered = torch.empty(rows, PIXELS, dtype=torch.uint8)
        self.x = torch.full((rows, PIXELS + 1), 1 / SCALE)  # the last pixel stays full
        self.z = torch.empty(CLASSES, rows)  # logits, one column a digit

    def model(self) -> SoftmaxRegressor:
        """Copy the present weights into a new model."""
        copy = SoftmaxRegressor(self.config.preprocessing)
        with torch.no_grad():
            copy.linear.weight.copy_(self.weights[:, :PIXELS])
            copy.linear.bias.copy_(self.weights[:, PIXELS])
        return copy

    @torch.inference_mode()
    def learn(self, split: Split, order: Tensor) -> None:
        """Take a step for each batch of the digits at `order`, (M,) int64."""
        images = split.images.flatten(start_dim=1)  # (N, 28, 28) -> (N, 784) uint8
        one_hot = torch.zeros(CLASSES, len(order)).scatter_(0, split.labels[order][None], 1)  # (10, M)
        size = self.config.batch_size
        batches, ys = order.split(size), one_hot.split(size, dim=1)
        if size <= CHUNK:
            for x, y in zip(self._gather(images, batches), ys, strict=True):
                self._descend(self._logits(x), y, x, x.size(0))
        else:
            for batch, y in zip(batches, ys, strict=True):
                self._step_in_chunks(images, batch.split(CHUNK), y)

    def _step_in_chunks(self, images: Tensor, chunks: Sequence[Tensor], y: Tensor) -> None:
        """Take one step with a batch too large to hold as floats: compute all logits first, then descend."""
        zs = [self._logits(x).clone() for x in self._gather(images, chunks)]
        ys = y.split(CHUNK, dim=1)
        for x, y_part, z in zip(self._gather(images, chunks), ys, zs, strict=True):
            self._descend(z, y_part, x, y.size(1))

    def _logits(self, x: Tensor) -> Tensor:
        z = self.z[:, : x.size(0)]
        return torch.addmm(z, self.weights, x.T, beta=0, alpha=SCALE, out=z)  # Z = XWᵀ + b

    def _descend(self, z: Tensor, y: Tensor, x: Tensor, size: int) -> None:
        error = z.softmax(dim=0).sub_(y)  # P - Y
        rate = self.config.learning_rate / size
        self.weights.addmm_(error, x, alpha=-rate * SCALE)  # W <- W - rate (P - Y)ᵀX / B

    def _gather(self, images: Tensor, batches: Iterable[Tensor]) -> Iterator[Tensor]:
        """Gather batch after batch into the same two buffers: (B, 785) float32, ink 0..255."""
        gathered, x = self.gathered, self.x
        ink = x[:, :PIXELS]
        for batch in batches:
            if batch.size(0) < gathered.size(0):  # the last
                gathered, x = gathered[: batch.size(0)], x[: batch.size(0)]
                ink = x[:, :PIXELS]
            torch.index_select(images, 0, batch, out=gathered)
            ink.copy_(gathered)
            yield x
