"""Loss and accuracy against numpy in double precision."""

import math

import numpy as np
import pytest
import torch

from mnist_core import Digits, Metrics, Preprocessing, SoftmaxRegressor, Split, evaluate, preprocess
from mnist_core.evaluation.metrics import metrics_from_logits


@pytest.mark.parametrize("spread", [0.1, 1.0, 30.0, 1000.0])
def test_loss_is_the_mean_cross_entropy_and_accuracy_the_share_read_correctly(spread: float) -> None:
    random = np.random.default_rng(3)
    logits = (random.normal(size=(400, 10)) * spread).astype(np.float32)
    labels = random.integers(10, size=400)

    exact = logits.astype(np.float64)
    exact -= exact.max(axis=1, keepdims=True)
    log_probabilities = exact - np.log(np.exp(exact).sum(axis=1, keepdims=True))
    loss = -log_probabilities[np.arange(400), labels].mean()

    metrics = metrics_from_logits(torch.from_numpy(logits), torch.from_numpy(labels))
    assert metrics.loss == pytest.approx(loss, rel=1e-5)
    assert metrics.accuracy == pytest.approx(np.mean(logits.argmax(axis=1) == labels))


def test_the_loss_is_finite_if_the_probability_of_the_label_is_too_small_for_a_float() -> None:
    logits = torch.tensor([[1000.0] + [0.0] * 9])
    assert metrics_from_logits(logits, torch.tensor([5])) == Metrics(loss=1000.0, accuracy=0.0)


def test_an_untrained_model_has_a_loss_of_the_logarithm_of_ten(sample: Digits) -> None:
    assert evaluate(SoftmaxRegressor(Preprocessing.RAW), sample.test).loss == pytest.approx(math.log(10))


@pytest.mark.parametrize("how", Preprocessing)
def test_a_split_is_preprocessed_as_the_model_expects(sample: Digits, how: Preprocessing) -> None:
    model = SoftmaxRegressor(how)
    with torch.no_grad():
        model.linear.weight.normal_(generator=torch.Generator().manual_seed(4))
    some = Split(sample.test.images[:300], sample.test.labels[:300])
    with torch.no_grad():
        logits = model(preprocess(some.images, how).flatten(start_dim=1) / 255)
    expected = torch.nn.functional.cross_entropy(logits, some.labels)
    assert evaluate(model, some).loss == pytest.approx(float(expected), rel=1e-5)
