"""Models learned side by side, against each learned alone by `SGD`."""

import pytest
import torch

from mnist_core import Digits, Preprocessing, SoftmaxRegressor, Split, TrainingConfig
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.sweep.stacked_sgd import StackedSGD
from mnist_core.training.digits import order_of_epoch
from mnist_core.training.sgd import SGD

RAW = Preprocessing.RAW
RATES = (0.001, 0.01, 0.1, 0.5, 1.0)


def _alone(split: Split, rate: float, batch_size: int, epochs: int) -> SoftmaxRegressor:
    sgd = SGD(SoftmaxRegressor(RAW), TrainingConfig(batch_size, rate, preprocessing=RAW))
    for epoch in range(epochs):
        sgd.learn(split, order_of_epoch(0, epoch, len(split)))
    return sgd.model()


def _together(split: Split, rates: tuple[float, ...], batch_size: int, epochs: int) -> StackedSGD:
    sgd = StackedSGD(rates, batch_size)
    for epoch in range(epochs):
        sgd.learn(split, order_of_epoch(0, epoch, len(split)))
    return sgd


# Some leave a smaller last batch. With 7 digits a step, a rate of 1 makes of a weight that begins at 1e-7 a
# difference of 1 in the end, whatever the program.
@pytest.mark.parametrize("batch_size", [7, 100, 500, 501, 1_300, 9_000])
def test_each_model_is_the_one_that_learns_alone(sample: Digits, batch_size: int) -> None:
    rates = RATES if batch_size >= 100 else RATES[:3]
    sgd = _together(sample.train, rates, batch_size, epochs=2)
    for index, rate in enumerate(rates):
        alone, stacked = _alone(sample.train, rate, batch_size, 2), sgd.model(index, RAW)
        torch.testing.assert_close(stacked.linear.weight, alone.linear.weight, atol=1e-4, rtol=0)
        torch.testing.assert_close(stacked.linear.bias, alone.linear.bias, atol=1e-4, rtol=0)


def test_sixteen_models_read_all_test_digits_as_those_that_learn_alone(mnist: Digits) -> None:
    rates = tuple(torch.logspace(-3, 0, 16).tolist())
    digits = preprocessed_digits(mnist, Preprocessing.DIRECTIONS)
    train = Split(digits.train.images[:20_000], digits.train.labels[:20_000])
    sgd = _together(train, rates, 100, epochs=1)
    for index, logits in enumerate(sgd.logits(digits.test.images)):
        alone = _alone(train, rates[index], 100, 1)
        right, right_alone = (
            int((z.argmax(dim=1) == digits.test.labels).sum())
            for z in (logits, alone.logits(digits.test.images))
        )
        assert abs(right - right_alone) <= 1
        weights = sgd.model(index, RAW).linear.weight
        torch.testing.assert_close(weights, alone.linear.weight, atol=1e-4, rtol=0)


@pytest.mark.parametrize("batch_size", [100, 700])
def test_a_model_that_overflows_leaves_the_others_as_they_are(sample: Digits, batch_size: int) -> None:
    sgd = _together(sample.train, (0.1, 1e38, 0.5), batch_size, epochs=2)
    assert not sgd.model(1, RAW).linear.weight.isfinite().all()
    for index, rate in ((0, 0.1), (2, 0.5)):
        alone = _alone(sample.train, rate, batch_size, 2)
        torch.testing.assert_close(
            sgd.model(index, RAW).linear.weight, alone.linear.weight, atol=1e-4, rtol=0
        )


@pytest.mark.parametrize("count", [3, 500, 1_234])
def test_the_logits_are_those_of_each_model(sample: Digits, count: int) -> None:
    sgd = _together(sample.train, RATES, 100, epochs=1)
    images = sample.test.images[:1].expand(count, -1, -1) if count > 1_000 else sample.test.images[:count]
    for index, logits in enumerate(sgd.logits(images)):
        expected = sgd.model(index, RAW)(images.flatten(1) / 255)
        torch.testing.assert_close(logits, expected.detach(), atol=1e-4, rtol=1e-5)
