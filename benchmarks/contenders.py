"""Several ways to train the same model on MNIST, each a generator that trains one epoch per `next`.

The first `next` only prepares: it loads, converts or compiles. Each one yields the weights, (10, 784), and
the bias, (10,), for pixels from 0 to 1, so that all can be tested in the same way.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnist_core import Digits, Preprocessing, SoftmaxRegressor, TrainingConfig, train
from mnist_core.data.torchvision_shim import import_torchvision
from mnist_core.training.digits import order_of_epoch
from mnist_core.training.sgd import SGD

Weights = tuple[Tensor, Tensor]

MEAN, DEVIATION = 0.1307, 0.3081  # of MNIST's pixels, as in PyTorch's example


def pytorch_example(root: Path, config: TrainingConfig, *, standardized: bool) -> Iterator[Weights]:
    """Train as PyTorch's MNIST example does (pytorch/examples, mnist/main.py), but with this model and SGD.

    With standardized pixels, a step of the same rate is 1 / DEVIATION² as long, so the rate is reduced.
    """
    vision = import_torchvision()
    steps = [vision.transforms.ToTensor()]
    if standardized:
        steps.append(vision.transforms.Normalize((MEAN,), (DEVIATION,)))
    data = vision.datasets.MNIST(root, train=True, transform=vision.transforms.Compose(steps))
    loader = torch.utils.data.DataLoader(data, batch_size=config.batch_size, shuffle=True)
    model = _zeros()
    sgd = torch.optim.SGD(model.parameters(), config.learning_rate * (DEVIATION**2 if standardized else 1))
    while True:
        weight, bias = (part.detach() for part in model.parameters())
        if standardized:
            weight = weight / DEVIATION
            bias = bias - weight.sum(dim=1) * MEAN
        yield weight, bias
        for images, labels in loader:
            sgd.zero_grad()
            F.cross_entropy(model(images.flatten(start_dim=1)), labels).backward()
            sgd.step()


def autograd(digits: Digits, config: TrainingConfig) -> Iterator[Weights]:
    """Train with autograd on float images in memory."""
    images, labels = digits.train.images.flatten(start_dim=1) / 255, digits.train.labels
    model = _zeros()
    sgd = torch.optim.SGD(model.parameters(), config.learning_rate)
    while True:
        weight, bias = (part.detach() for part in model.parameters())
        yield weight, bias
        for batch in torch.randperm(len(labels)).split(config.batch_size):
            sgd.zero_grad()
            F.cross_entropy(model(images[batch]), labels[batch]).backward()
            sgd.step()


def jax_scan(digits: Digits, config: TrainingConfig) -> Iterator[Weights]:
    """Train with JAX: a compiled scan over the batches of an epoch, with float images in memory."""
    import jax
    import jax.numpy as jnp

    images = jnp.asarray(digits.train.images.flatten(start_dim=1).numpy()) / 255
    labels = jnp.asarray(digits.train.labels.numpy())
    steps, rest = divmod(len(labels), config.batch_size)
    if rest:
        raise ValueError(
            f"a scan needs batches of equal size, but {config.batch_size} does not divide {len(labels)}"
        )

    def loss(parameters, x, y):  # type: ignore[no-untyped-def]
        weight, bias = parameters
        return -jnp.mean(jax.nn.log_softmax(x @ weight + bias)[jnp.arange(len(y)), y])

    def step(parameters, batch):  # type: ignore[no-untyped-def]
        gradient = jax.grad(loss)(parameters, images[batch], labels[batch])
        return jax.tree.map(lambda p, g: p - config.learning_rate * g, parameters, gradient), None

    @jax.jit
    def epoch(parameters, key):  # type: ignore[no-untyped-def]
        order = jax.random.permutation(key, len(labels)).reshape(steps, config.batch_size)
        return jax.lax.scan(step, parameters, order)[0]

    parameters = jnp.zeros((784, 10)), jnp.zeros(10)
    compiled = epoch.lower(parameters, jax.random.key(0)).compile()
    for number in count():
        weight, bias = (torch.tensor(part.tolist()) for part in parameters)
        yield weight.T, bias
        parameters = compiled(parameters, jax.random.key(number))
        parameters[0].block_until_ready()


def ours(digits: Digits, config: TrainingConfig) -> Iterator[Weights]:
    """Train with this project's SGD alone, without reports."""
    sgd = SGD(SoftmaxRegressor(Preprocessing.RAW), config)
    for epoch in count():
        yield _weights(sgd.model())
        sgd.learn(digits.train, order_of_epoch(config.seed, epoch, len(digits.train)))


def ours_reporting(digits: Digits, config: TrainingConfig) -> Iterator[Weights]:
    """Train with this project's `train`, with four reports per epoch: twice as many as the dashboard has."""
    yield _weights(SoftmaxRegressor(config.preprocessing))
    for report in train(config, digits):
        if report.epoch == round(report.epoch):
            yield _weights(report.model)


def one_read(digits: Digits) -> Iterator[Weights]:
    """Read the float images once, as any training on float images must: the limit set by memory."""
    images = digits.train.images.flatten(start_dim=1) / 255
    while True:
        yield images[:10], images[:10, 0]
        images.sum()


def _zeros() -> nn.Linear:
    model = nn.Linear(784, 10)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    return model


def _weights(model: SoftmaxRegressor) -> Weights:
    return model.linear.weight.detach(), model.linear.bias.detach()
