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
from mnist_core.evaluation.metrics import Metrics, metrics_from_logits, weighted_mean
from mnist_core.model import CHUNK, CLASSES, PIXELS, SCALE, SoftmaxRegressor

BLOCK = 20_000  # digits whose logits are kept at a time: 0.8 MB, however many digits there are


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

    def model(self) -> SoftmaxRegressor:
        """Copy the present weights into a model of its own."""
        copy = SoftmaxRegressor(self.config.preprocessing)
        with torch.no_grad():
            copy.linear.weight.copy_(self.weights[:, :PIXELS])
            copy.linear.bias.copy_(self.weights[:, PIXELS])
        return copy

    @torch.inference_mode()
    def learn(self, split: Split, order: Tensor) -> Metrics:
        """Take a step for each batch of the digits at `order`, (M,) int64.

        Returns:
            The metrics of these digits, each as the model read it just before its own step.
        """
        images = split.images.flatten(start_dim=1)  # (N, 28, 28) -> (N, 784) uint8
        size = self.config.batch_size
        blocks = order.split(max(1, BLOCK // size) * size)
        return weighted_mean([(self._learn(images, rows, split.labels[rows]), len(rows)) for rows in blocks])

    def _learn(self, images: Tensor, rows: Tensor, labels: Tensor) -> Metrics:
        size = self.config.batch_size
        targets = torch.zeros(CLASSES, len(rows)).scatter_(0, labels[None], 1)  # (10, M), one-hot
        logits = torch.empty_like(targets)
        batches, ys, zs = rows.split(size), targets.split(size, dim=1), logits.split(size, dim=1)
        if size <= CHUNK:
            for x, y, z in zip(self._gather(images, batches), ys, zs, strict=True):
                z.addmm_(self.weights, x.T, beta=0, alpha=SCALE)  # Z = XWᵀ + b
                self._descend(z, y, x, x.size(0))
        else:
            for batch, y, z in zip(batches, ys, zs, strict=True):
                self._step_in_chunks(images, batch.split(CHUNK), y, z)
        return metrics_from_logits(logits.T, labels)

    def _step_in_chunks(self, images: Tensor, chunks: Sequence[Tensor], y: Tensor, z: Tensor) -> None:
        """Take one step with a batch too large to hold as floats: compute all logits first, then descend."""
        ys, zs = y.split(CHUNK, dim=1), z.split(CHUNK, dim=1)
        for x, z_part in zip(self._gather(images, chunks), zs, strict=True):
            z_part.addmm_(self.weights, x.T, beta=0, alpha=SCALE)
        for x, y_part, z_part in zip(self._gather(images, chunks), ys, zs, strict=True):
            self._descend(z_part, y_part, x, z.size(1))

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
