"""Steps in closed form against automatic differentiation and torch's own SGD, in double precision."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnist_core import Digits, Preprocessing, SoftmaxRegressor, TrainingConfig
from mnist_core.model import CHUNK
from mnist_core.training.sgd import SGD

RATE = 0.5


def _begin() -> SoftmaxRegressor:
    model = SoftmaxRegressor(Preprocessing.RAW)
    draw = torch.Generator().manual_seed(5)
    with torch.no_grad():
        model.linear.weight.normal_(std=0.1, generator=draw)
        model.linear.bias.normal_(std=0.1, generator=draw)
    return model


def _descent(batch_size: int) -> SGD:
    config = TrainingConfig(batch_size, RATE, preprocessing=Preprocessing.RAW)
    return SGD(_begin(), config)


def _by_autograd(digits: Digits, order: Tensor, batch_size: int) -> tuple[nn.Module, float, float]:
    """Learn with torch's own parts; return the model, the mean loss and the accuracy on the way."""
    model = nn.Linear(784, 10)
    model.load_state_dict(_begin().linear.state_dict())
    model.double()
    sgd = torch.optim.SGD(model.parameters(), lr=RATE)
    losses, right = 0.0, 0
    for batch in order.split(batch_size):
        logits = model(digits.train.images[batch].flatten(start_dim=1).double() / 255)
        labels = digits.train.labels[batch]
        loss = F.cross_entropy(logits, labels)
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        losses += loss.item() * len(batch)
        right += int((logits.argmax(dim=1) == labels).sum())
    return model, losses / len(order), right / len(order)


@pytest.mark.parametrize("batch_size", [1, 7, 100, CHUNK, CHUNK + 1, 3 * CHUNK, 1000, 5000])
def test_steps_equal_those_of_autograd(sample: Digits, batch_size: int) -> None:
    order = torch.randperm(4000, generator=torch.Generator().manual_seed(6))[: min(3 * batch_size - 1, 3333)]
    sgd = _descent(batch_size)
    learned = sgd.learn(sample.train, order)
    ours = sgd.model().linear
    theirs, loss, accuracy = _by_autograd(sample, order, batch_size)
    for name, expected in theirs.named_parameters():
        difference = ours.get_parameter(name) - expected
        assert difference.abs().max().item() <= 1e-6, name
    assert learned.loss == pytest.approx(loss, rel=1e-5)
    assert learned.accuracy == pytest.approx(accuracy, abs=1e-6)


def test_steps_do_not_depend_on_how_many_logits_are_kept_at_a_time(
    sample: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = torch.arange(1050)
    at_once, in_blocks = _descent(100), _descent(100)
    whole = at_once.learn(sample.train, order)
    monkeypatch.setattr("mnist_core.training.loop.sgd.BLOCK", 250)
    pieces = in_blocks.learn(sample.train, order)
    assert torch.equal(at_once.model().linear.weight, in_blocks.model().linear.weight)
    assert (pieces.loss, pieces.accuracy) == pytest.approx((whole.loss, whole.accuracy))


def test_the_model_it_begins_at_stays_as_it_is(sample: Digits) -> None:
    begin = _begin()
    SGD(begin, TrainingConfig()).learn(sample.train, torch.arange(200))
    assert torch.equal(begin.linear.weight, _begin().linear.weight)


def test_a_model_handed_out_is_not_changed_by_later_steps(sample: Digits) -> None:
    sgd = _descent(100)
    model = sgd.model()
    before = model.linear.weight.clone()
    sgd.learn(sample.train, torch.arange(200))
    assert torch.equal(model.linear.weight, before)
    assert not torch.equal(sgd.model().linear.weight, before)


def test_a_model_handed_out_can_be_trained_further_by_others(sample: Digits) -> None:
    sgd = _descent(100)
    sgd.learn(sample.train, torch.arange(200))
    model = sgd.model()
    model(torch.rand(2, 784)).sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
