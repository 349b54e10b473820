"""The model against the formula of its logits, in numpy."""

import pickle

import numpy as np
import pytest
import torch
from torch import Tensor

from mnist_core import Preprocessing, SoftmaxRegressor
from mnist_core.model import knows_nothing, likeliest_digits, rank_digits


@pytest.fixture
def model() -> SoftmaxRegressor:
    """A model with weights from a normal distribution."""
    model = SoftmaxRegressor(Preprocessing.RAW)
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        model.linear.weight.normal_(generator=draw)
        model.linear.bias.normal_(generator=draw)
    return model


def _images(count: int) -> Tensor:
    return torch.randint(256, (count, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))


def test_a_new_model_is_7850_zeros_and_gives_each_digit_the_same_probability() -> None:
    model = SoftmaxRegressor()
    numbers = torch.cat([part.flatten() for part in model.parameters()])
    assert torch.equal(numbers, torch.zeros(7850))
    assert torch.equal(model(torch.rand(3, 784)).softmax(dim=1), torch.full((3, 10), 0.1))


def test_a_logit_is_the_bias_plus_the_sum_of_weight_times_ink(model: SoftmaxRegressor) -> None:
    weights, bias = (part.detach().double().numpy() for part in (model.linear.weight, model.linear.bias))
    images = _images(5)
    features = images.double().numpy().reshape(5, 784) / 255
    logits = model(torch.from_numpy(features).float()).detach().numpy()
    np.testing.assert_allclose(logits, features @ weights.T + bias, atol=1e-4)


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1203])
def test_uint8_images_give_the_same_logits_as_their_features(model: SoftmaxRegressor, count: int) -> None:
    images = _images(count)
    expected = model(images.flatten(start_dim=1) / 255)
    torch.testing.assert_close(model.logits(images), expected.detach(), atol=1e-4, rtol=0)


def test_logits_of_images_have_no_gradient_and_can_be_changed(model: SoftmaxRegressor) -> None:
    logits = model.logits(_images(2))
    assert not logits.requires_grad
    logits.zero_()


def test_the_parameters_have_the_names_and_shapes_that_files_rely_on() -> None:
    shapes = {name: tuple(value.shape) for name, value in SoftmaxRegressor().state_dict().items()}
    assert shapes == {"linear.weight": (10, 784), "linear.bias": (10,)}


def test_a_new_model_does_not_use_the_global_random_generator() -> None:
    before = torch.get_rng_state()
    SoftmaxRegressor()
    assert torch.equal(torch.get_rng_state(), before)


def test_a_model_carries_its_preprocessing() -> None:
    assert SoftmaxRegressor(Preprocessing.DESKEW).preprocessing is Preprocessing.DESKEW
    with pytest.raises(ValueError, match="whitened"):
        SoftmaxRegressor("whitened")


def test_a_pickled_model_comes_back_whole() -> None:
    model = SoftmaxRegressor(Preprocessing.MOMENTS)
    with torch.no_grad():
        model.linear.weight.normal_(generator=torch.Generator().manual_seed(0))
        model.linear.bias.fill_(0.5)
    back: SoftmaxRegressor = pickle.loads(pickle.dumps(model))
    assert back.preprocessing is Preprocessing.MOMENTS
    assert {name: value.tolist() for name, value in back.state_dict().items()} == {
        name: value.tolist() for name, value in model.state_dict().items()
    }
    assert all(parameter.requires_grad for parameter in back.parameters())


def test_digits_are_ordered_by_score_and_equal_ones_by_digit() -> None:
    scores = torch.randint(0, 3, (500, 10), generator=torch.Generator().manual_seed(0)).float()  # many ties
    expected = [sorted(range(10), key=lambda digit: (-row[digit], digit)) for row in scores.tolist()]
    assert rank_digits(scores).tolist() == expected
    assert likeliest_digits(scores).tolist() == [ranking[0] for ranking in expected]
    transposed = scores.T.contiguous().T  # as `SoftmaxRegressor.logits` returns them
    assert likeliest_digits(transposed).tolist() == [ranking[0] for ranking in expected]


def test_a_model_knows_nothing_only_if_all_ten_scores_are_equal() -> None:
    assert knows_nothing(SoftmaxRegressor().logits(_images(1))[0])
    for digit in range(10):
        assert not knows_nothing(torch.eye(10)[digit])
