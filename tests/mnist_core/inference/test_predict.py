"""RankedPredictions and evidence against numpy. (Every digit of the test set is taken apart in test_explanation.)"""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from mnist_core import Digits, Preprocessing, SoftmaxRegressor, attributions, predict_proba, preprocess


def _model(how: Preprocessing) -> SoftmaxRegressor:
    model = SoftmaxRegressor(how)
    draw = torch.Generator().manual_seed(8)
    with torch.no_grad():
        model.linear.weight.normal_(std=0.3, generator=draw)
        model.linear.bias.normal_(generator=draw)
    return model


def _numbers(model: SoftmaxRegressor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    weights, bias = (part.detach().double().numpy() for part in model.parameters())
    return weights, bias


@pytest.mark.parametrize("how", Preprocessing)
def test_an_answer_is_the_softmax_of_the_logits_of_the_normalized_image(
    sample: Digits, how: Preprocessing
) -> None:
    model, images = _model(how), sample.test.images[:600]
    weights, bias = _numbers(model)
    logits = preprocess(images, how).double().numpy().reshape(600, 784) / 255 @ weights.T + bias
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))

    answers = predict_proba(model, images)
    assert not answers.requires_grad
    np.testing.assert_allclose(answers.numpy(), powers / powers.sum(axis=1, keepdims=True), atol=1e-5)
    np.testing.assert_allclose(answers.double().sum(dim=1), np.ones(600), atol=1e-6)


@pytest.mark.parametrize("how", Preprocessing)
def test_evidence_is_weight_times_ink_and_adds_up_with_the_bias_to_the_logit(
    sample: Digits, how: Preprocessing
) -> None:
    model = _model(how)
    weights, bias = _numbers(model)
    for image in sample.test.images[:20]:
        ink = preprocess(image[None], how)[0].double().numpy() / 255
        maps = attributions(model, image).double()
        np.testing.assert_allclose(maps, weights.reshape(10, 28, 28) * ink, atol=1e-6)
        logits = maps.sum(dim=(1, 2)) + torch.from_numpy(bias)
        np.testing.assert_allclose(predict_proba(model, image[None])[0], logits.softmax(dim=0), atol=1e-4)


def test_no_images_get_no_answers() -> None:
    assert predict_proba(_model(Preprocessing.RAW), torch.zeros(0, 28, 28, dtype=torch.uint8)).shape == (
        0,
        10,
    )


def test_a_blank_image_is_answered_by_the_bias_alone() -> None:
    model = _model(Preprocessing.DIRECTIONS)
    blank = torch.zeros(28, 28, dtype=torch.uint8)
    assert not attributions(model, blank).any()
    torch.testing.assert_close(
        predict_proba(model, blank[None])[0], model.linear.bias.detach().softmax(dim=0)
    )


@pytest.mark.parametrize(
    "image",
    [torch.zeros(28, 28), torch.zeros(28, 27, dtype=torch.uint8), torch.zeros(784, dtype=torch.uint8)],
)
def test_what_is_no_image_of_28_by_28_bytes_is_refused(image: Tensor) -> None:
    model = _model(Preprocessing.RAW)
    with pytest.raises(ValueError, match="expected images of shape"):
        predict_proba(model, image[None])
    with pytest.raises(ValueError, match="expected images of shape"):
        attributions(model, image)
