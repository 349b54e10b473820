"""Explanations of predictions against the model's own forward pass, and attributions against numpy."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mnist_core.data.dataset import Digits
from mnist_core.evaluation.predictions import predict_proba, predict_test
from mnist_core.inference.attribution import Margin, attributions, explain, explain_preprocessed
from mnist_core.model import SoftmaxRegressor
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.preprocessing.preprocess import Preprocessing, preprocess


def _model(preprocessing: Preprocessing) -> SoftmaxRegressor:
    """A model with weights and biases as large as after a long training."""
    model = SoftmaxRegressor(preprocessing)
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        model.linear.weight.copy_(torch.randn(10, 784, generator=generator) / 3)
        model.linear.bias.copy_(torch.randn(10, generator=generator))
    return model


@pytest.mark.parametrize("how", Preprocessing)
def test_an_attribution_is_weight_times_ink_and_adds_up_with_the_bias_to_the_logit(
    sample: Digits, how: Preprocessing
) -> None:
    model = _model(how)
    weights, bias = (parameter.detach().double().numpy() for parameter in model.parameters())
    for image in sample.test.images[:20]:
        ink = preprocess(image[None], how)[0].double().numpy() / 255
        maps = attributions(model, image).double()
        np.testing.assert_allclose(maps, weights.reshape(10, 28, 28) * ink, atol=1e-6)
        logits = maps.sum(dim=(1, 2)) + torch.from_numpy(bias)
        np.testing.assert_allclose(predict_proba(model, image[None])[0], logits.softmax(dim=0), atol=1e-4)


@pytest.mark.parametrize(
    "image",
    [torch.zeros(28, 28), torch.zeros(28, 27, dtype=torch.uint8), torch.zeros(784, dtype=torch.uint8)],
)
def test_attributions_need_an_image_of_28_by_28_bytes(image: Tensor) -> None:
    with pytest.raises(ValueError, match=r"image: expected \(28, 28\) uint8"):
        attributions(_model(Preprocessing.RAW), image)


@pytest.mark.slow
@pytest.mark.parametrize("preprocessing", Preprocessing)
def test_attributions_and_bias_add_up_to_the_logits_of_every_test_digit(
    mnist: Digits, preprocessing: Preprocessing
) -> None:
    model = _model(preprocessing)
    images = preprocessed_digits(mnist, preprocessing).test.images
    logits = torch.stack([explain_preprocessed(model, image).logits for image in images]).float()
    with torch.no_grad():
        torch.testing.assert_close(logits, model(images.flatten(start_dim=1) / 255), atol=1e-4, rtol=0)
    torch.testing.assert_close(
        logits.softmax(dim=1), predict_test(model, mnist).probabilities, atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("preprocessing", Preprocessing)
def test_an_explanation_has_the_probabilities_of_predict_proba(
    sample: Digits, preprocessing: Preprocessing
) -> None:
    model = _model(preprocessing)
    for image in sample.test.images[:100]:
        expected = predict_proba(model, image[None])[0]
        torch.testing.assert_close(explain(model, image).probabilities.float(), expected, atol=1e-4, rtol=0)


def test_the_preprocessed_image_is_explained(sample: Digits) -> None:
    image = sample.test.images[0]
    explanation = explain(_model(Preprocessing.DIRECTIONS), image)
    assert torch.equal(explanation.image, preprocess(image[None], Preprocessing.DIRECTIONS)[0])
    assert torch.equal(explanation.attributions, attributions(_model(Preprocessing.DIRECTIONS), image))


def test_pixels_without_ink_add_nothing(sample: Digits) -> None:
    explanation = explain(_model(Preprocessing.DIRECTIONS), sample.test.images[0])
    assert not explanation.attributions[:, explanation.image == 0].any()
    assert torch.equal(explanation.sums, explanation.attributions.double().flatten(start_dim=1).sum(dim=1))


def test_the_logits_of_an_image_without_ink_are_the_bias() -> None:
    model = _model(Preprocessing.DIRECTIONS)
    blank = torch.zeros(28, 28, dtype=torch.uint8)
    assert torch.equal(explain(model, blank).logits.float(), model.linear.bias)
    assert not attributions(model, blank).any()


def test_the_ranking_begins_with_the_likeliest_digit(sample: Digits) -> None:
    explanation = explain(_model(Preprocessing.RAW), sample.test.images[4])
    ranked = [explanation.probabilities[digit].item() for digit in explanation.ranking]
    assert ranked == sorted(ranked, reverse=True)
    assert sorted(explanation.ranking) == list(range(10))


def test_the_margin_is_the_difference_of_two_logits_and_the_logarithm_of_the_odds(sample: Digits) -> None:
    explanation = explain(_model(Preprocessing.RAW), sample.test.images[3])
    for digit, rival in ((3, 8), (8, 3), (0, 9)):
        margin = explanation.margin(digit, rival)
        difference = explanation.logits[digit] - explanation.logits[rival]
        odds = explanation.probabilities[digit] / explanation.probabilities[rival]
        assert margin.total == pytest.approx(difference.item(), abs=1e-4)
        assert math.exp(margin.total) == pytest.approx(odds.item(), rel=1e-3)
        assert margin.in_favour >= 0 >= margin.against


def test_the_margin_is_split_into_pixels_for_and_against_and_the_bias() -> None:
    pixels = torch.zeros(28, 28)
    pixels[0, :4] = torch.tensor([3.0, -1.5, 0.5, -0.25])
    margin = Margin(pixels, bias=0.25)
    assert (margin.in_favour, margin.against, margin.total) == (3.5, -1.75, 2.0)


@pytest.mark.parametrize(("digit", "rival", "name"), [(10, 3, "digit"), (3, -1, "rival")])
def test_a_margin_is_between_digits(sample: Digits, digit: int, rival: int, name: str) -> None:
    explanation = explain(_model(Preprocessing.RAW), sample.test.images[0])
    with pytest.raises(ValueError, match=f"{name} must be from 0 to 9"):
        explanation.margin(digit, rival)
