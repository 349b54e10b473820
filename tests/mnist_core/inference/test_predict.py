"""Predictions against numpy in double precision."""

import numpy as np
import pytest
import torch
from torch import Tensor

from mnist_core import Digits, Preprocessing, SoftmaxRegressor, predict_proba, preprocess


def _model(how: Preprocessing) -> SoftmaxRegressor:
    model = SoftmaxRegressor(how)
    draw = torch.Generator().manual_seed(8)
    with torch.no_grad():
        model.linear.weight.normal_(std=0.3, generator=draw)
        model.linear.bias.normal_(generator=draw)
    return model


@pytest.mark.parametrize("how", Preprocessing)
def test_predictions_are_the_softmax_of_the_logits_of_the_preprocessed_images(
    sample: Digits, how: Preprocessing
) -> None:
    model, images = _model(how), sample.test.images[:600]
    weights, bias = (parameter.detach().double().numpy() for parameter in model.parameters())
    logits = preprocess(images, how).double().numpy().reshape(600, 784) / 255 @ weights.T + bias
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))

    probabilities = predict_proba(model, images)
    assert not probabilities.requires_grad
    np.testing.assert_allclose(probabilities.numpy(), powers / powers.sum(axis=1, keepdims=True), atol=1e-5)
    np.testing.assert_allclose(probabilities.double().sum(dim=1), np.ones(600), atol=1e-6)


def test_there_are_no_predictions_for_no_images() -> None:
    none = torch.zeros(0, 28, 28, dtype=torch.uint8)
    assert predict_proba(_model(Preprocessing.RAW), none).shape == (0, 10)


def test_the_prediction_for_an_image_without_ink_follows_from_the_bias_alone() -> None:
    model = _model(Preprocessing.DIRECTIONS)
    blank = torch.zeros(1, 28, 28, dtype=torch.uint8)
    expected = model.linear.bias.detach().softmax(dim=0)
    torch.testing.assert_close(predict_proba(model, blank)[0], expected)


@pytest.mark.parametrize(
    "images",
    [
        torch.zeros(1, 28, 28),
        torch.zeros(1, 28, 27, dtype=torch.uint8),
        torch.zeros(1, 784, dtype=torch.uint8),
    ],
)
def test_images_of_another_shape_or_dtype_are_refused(images: Tensor) -> None:
    with pytest.raises(ValueError, match="expected images of shape"):
        predict_proba(_model(Preprocessing.RAW), images)
