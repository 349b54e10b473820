"""Stochastic gradient descent for several learning rates at once, side by side in the same two products.

The models share the batches, so the weights of K models are stacked, (785, 10 K), and one product gives the
logits of all. A product of 160 columns runs at the full speed of the matrix library, which one of ten does
not reach; and each batch is gathered and converted once instead of K times.

The arithmetic is that of mnist_core/training/sgd.py, where the formulas stand. Each column of a product
depends on the same column of the weights alone, and softmax goes over the ten columns of one model, so one
whose weights overflow leaves the others as they are.

Sums are rounded differently from those of a single run. That changes the weights in the seventh digit, unless
the learning rate is so large that the steps overshoot: then any difference grows, as between two machines.

Of the layouts tried with K = 16 and batches of 100, this is the fastest (benchmarks/README.md). Logits are
transposed for the softmax, which takes half the time if the ten logits of a digit are not neighbours.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from mnist_core.data.dataset import Split
from mnist_core.model import CHUNK, CLASSES, PIXELS, SCALE, SoftmaxRegressor
from mnist_core.preprocessing.preprocess import Preprocessing


class StackedSGD:
    """The weights of K models, which differ in the learning rate alone; changed in place by each step.

    All begin with zero weights.
    """

    def __init__(self, learning_rates: Sequence[float], batch_size: int) -> None:
        """Begin K models with these learning rates, (K,)."""
        count = len(learning_rates)
        self.batch_size = batch_size
        self.factors = torch.tensor([[[-SCALE * rate]] for rate in learning_rates])  # (K, 1, 1)
        self.weights = torch.zeros(PIXELS + 1, count * CLASSES)  # (785, 10 K), the bias last
        self.buffers = _Buffers(count, min(batch_size, CHUNK))

    def model(self, index: int, preprocessing: Preprocessing) -> SoftmaxRegressor:
        """Copy the present weights of one model, 0 to K-1."""
        copy = SoftmaxRegressor(preprocessing)
        weights = self.weights[:, index * CLASSES : (index + 1) * CLASSES].T  # (10, 785)
        with torch.no_grad():
            copy.linear.weight.copy_(weights[:, :PIXELS])
            copy.linear.bias.copy_(weights[:, PIXELS])
        return copy

    @torch.inference_mode()
    def learn(self, split: Split, order: Tensor) -> None:
        """Take a step for each batch of the digits at `order`, (M,) int64."""
        images = split.images.flatten(start_dim=1)  # (N, 28, 28) -> (N, 784) uint8
        one_hot = torch.zeros(CLASSES, len(order)).scatter_(0, split.labels[order][None], 1)  # (10, M)
        size = self.batch_size
        for batch, y in zip(order.split(size), one_hot.split(size, dim=1), strict=True):
            if size <= CHUNK:
                buffers = self._gather(images, batch)
                self._logits(buffers)
                self._descend(buffers, y, len(batch))
            else:
                self._step_in_chunks(images, batch, y)

    @torch.inference_mode()
    def logits(self, images: Tensor) -> Iterator[Tensor]:
        """Compute the logits of preprocessed images, (N, 28, 28) uint8: (N, 10) of each of the K models."""
        flat = images.flatten(start_dim=1)
        logits = torch.empty(len(self.factors) * CLASSES, len(flat))
        x = torch.full((min(len(flat), CHUNK), PIXELS + 1), 1 / SCALE)
        for start in range(0, len(flat), CHUNK):
            chunk = flat[start : start + CHUNK]
            ink = x[: len(chunk)]
            ink[:, :PIXELS].copy_(chunk)
            logits[:, start : start + CHUNK] = (ink @ self.weights).T.mul_(SCALE)
        return (model.T for model in logits.split(CLASSES))

    def _step_in_chunks(self, images: Tensor, batch: Tensor, y: Tensor) -> None:
        """Take one step with a batch too large to hold as floats: compute all logits first, then descend."""
        chunks, ys = batch.split(CHUNK), y.split(CHUNK, dim=1)
        zs = [self._logits(self._gather(images, chunk)).clone() for chunk in chunks]
        for chunk, y_part, z in zip(chunks, ys, zs, strict=True):
            buffers = self._gather(images, chunk)
            buffers.z.copy_(z)
            self._descend(buffers, y_part, len(batch))

    def _gather(self, images: Tensor, batch: Tensor) -> "_Buffers":
        """Gather a batch: ink 0..255 in `x`."""
        buffers = self.buffers
        if len(batch) != len(buffers.x):  # the last
            buffers = _Buffers(len(self.factors), len(batch))
        torch.index_select(images, 0, batch, out=buffers.gathered)
        buffers.ink.copy_(buffers.gathered)
        return buffers

    def _logits(self, buffers: "_Buffers") -> Tensor:
        z = buffers.z
        return torch.addmm(z, buffers.x, self.weights, beta=0, alpha=SCALE, out=z)  # Z = XW + b

    def _descend(self, buffers: "_Buffers", y: Tensor, size: int) -> None:
        error = buffers.error
        buffers.flat_error.copy_(buffers.z_transposed)
        torch.softmax(error, dim=1, out=error).sub_(y).mul_(self.factors)  # P - Y of each model
        # W <- W - rate Xᵀ(P - Y) / B
        self.weights.addmm_(buffers.x_transposed, buffers.flat_error.T, alpha=1 / size)


class _Buffers:
    """What a step writes to, for B digits and K models, with the views of it that a step needs."""

    def __init__(self, models: int, rows: int) -> None:
        self.gathered = torch.empty(rows, PIXELS, dtype=torch.uint8)
        self.x = torch.full((rows, PIXELS + 1), 1 / SCALE)  # (B, 785); the last pixel stays full
        self.ink, self.x_transposed = self.x[:, :PIXELS], self.x.T
        self.z = torch.empty(rows, models * CLASSES)  # (B, 10 K)
        self.z_transposed = self.z.T
        self.error = torch.empty(models, CLASSES, rows)  # (K, 10, B)
        self.flat_error = self.error.view(-1, rows)  # (10 K, B)
