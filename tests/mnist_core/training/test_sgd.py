"""SGD against its own docstring, and against automatic differentiation with torch's own SGD, in float64."""

import inspect
from textwrap import dedent

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnist_core import Digits, Preprocessing, SoftmaxRegressor, TrainingConfig
from mnist_core.model import CHUNK
from mnist_core.training import sgd as sgd_module
from mnist_core.training.sgd import SGD

RATE = 0.5


def _start() -> SoftmaxRegressor:
    model = SoftmaxRegressor(Preprocessing.RAW)
    draw = torch.Generator().manual_seed(5)
    with torch.no_grad():
        model.linear.weight.normal_(std=0.1, generator=draw)
        model.linear.bias.normal_(std=0.1, generator=draw)
    return model


def _sgd(batch_size: int) -> SGD:
    config = TrainingConfig(batch_size, RATE, preprocessing=Preprocessing.RAW)
    return SGD(_start(), config)


def _by_autograd(digits: Digits, order: Tensor, batch_size: int) -> nn.Module:
    """Learn with torch's own parts."""
    model = nn.Linear(784, 10)
    model.load_state_dict(_start().linear.state_dict())
    model.double()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    for batch in order.split(batch_size):
        logits = model(digits.train.images[batch].flatten(start_dim=1).double() / 255)
        labels = digits.train.labels[batch]
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def _plain_lines() -> str:
    """Return the program in the docstring of the module: its lines that are indented, from `for` on."""
    documentation = inspect.getdoc(sgd_module)
    assert documentation is not None
    lines = documentation.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("    for "))
    end = next(number for number in range(first, len(lines)) if not lines[number].startswith("    "))
    return dedent("\n".join(lines[first:end]))


@pytest.mark.parametrize(
    ("batch_size", "count"), [(1, 5), (100, 1000), (100, 950), (700, 2100), (700, 1500), (5000, 900)]
)
def test_the_plain_lines_of_the_docstring_give_the_same_weights(
    sample: Digits, batch_size: int, count: int
) -> None:
    order = torch.randperm(4000, generator=torch.Generator().manual_seed(9))[:count]
    start = _start().linear
    variables = {
        "order": order,
        "batch_size": batch_size,
        "learning_rate": RATE,
        "images": sample.train.images.double(),
        "labels": sample.train.labels,
        "weight": start.weight.detach().double(),
        "bias": start.bias.detach().double(),
        "one_hot": F.one_hot,
    }
    lines = _plain_lines()
    assert len(lines.splitlines()) == 6
    exec(lines, variables)

    sgd = _sgd(batch_size)
    sgd.learn(sample.train, order)
    for name in ("weight", "bias"):
        plain, ours = variables[name], sgd.model().linear.get_parameter(name)
        assert isinstance(plain, Tensor)
        assert (plain - start.get_parameter(name)).abs().max() > 0.01  # it has learned something
        assert (plain - ours).abs().max() <= 1e-6


@pytest.mark.parametrize("batch_size", [1, 7, 100, CHUNK, CHUNK + 1, 3 * CHUNK, 1000, 5000])
def test_steps_equal_those_of_autograd(sample: Digits, batch_size: int) -> None:
    order = torch.randperm(4000, generator=torch.Generator().manual_seed(6))[: min(3 * batch_size - 1, 3333)]
    sgd = _sgd(batch_size)
    sgd.learn(sample.train, order)
    ours = sgd.model().linear
    theirs = _by_autograd(sample, order, batch_size)
    for name, expected in theirs.named_parameters():
        difference = ours.get_parameter(name) - expected
        assert difference.abs().max().item() <= 1e-6, name


def test_the_initial_model_is_not_changed(sample: Digits) -> None:
    start = _start()
    SGD(start, TrainingConfig()).learn(sample.train, torch.arange(200))
    assert torch.equal(start.linear.weight, _start().linear.weight)


def test_a_returned_model_is_not_changed_by_later_steps(sample: Digits) -> None:
    sgd = _sgd(100)
    model = sgd.model()
    before = model.linear.weight.clone()
    sgd.learn(sample.train, torch.arange(200))
    assert torch.equal(model.linear.weight, before)
    assert not torch.equal(sgd.model().linear.weight, before)


def test_a_returned_model_can_be_trained_further_by_torch(sample: Digits) -> None:
    sgd = _sgd(100)
    sgd.learn(sample.train, torch.arange(200))
    model = sgd.model()
    model(torch.rand(2, 784)).sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
