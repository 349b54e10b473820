"""The smallest change against scipy's optimizer, and against the answers of the model."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import (  # type: ignore[import-untyped]
    Bounds,
    LinearConstraint,
    minimize,
)

from mnist_core import Digits, Preprocessing, SoftmaxRegressor, TrainingConfig, train
from mnist_core.inference.smallest_change import SmallestChange, smallest_change
from mnist_core.preprocessing.cache import preprocessed_digits

INPUTS = (Preprocessing.RAW, Preprocessing.DIRECTIONS)
Numbers = NDArray[np.float64]


@pytest.fixture(scope="module")
def models(sample: Digits) -> dict[Preprocessing, SoftmaxRegressor]:
    return {how: list(train(TrainingConfig(preprocessing=how), sample))[-1].model for how in INPUTS}


def in_numpy(model: SoftmaxRegressor) -> tuple[Numbers, Numbers]:
    return model.linear.weight.detach().double().numpy(), model.linear.bias.detach().double().numpy()


def by_scipy(inputs: Numbers, slope: Numbers, lead: float, *, limits: bool) -> Numbers:
    """Let scipy find the shortest change that takes away a lead."""
    options: dict[str, Any] = {"bounds": Bounds(-inputs, 1 - inputs)} if limits else {}
    found = minimize(
        lambda change: change @ change / 2,
        np.zeros_like(inputs),
        jac=lambda change: change,
        method="SLSQP",
        constraints=LinearConstraint(slope[None], -lead, -lead),
        options={"maxiter": 500, "ftol": 1e-12},
        **options,
    )
    assert found.success, found.message
    return np.asarray(found.x)


def lengths_by_scipy(model: SoftmaxRegressor, inputs: Numbers, *, limits: bool) -> dict[int, float]:
    """Let scipy find how far each other digit is from being the answer; inputs that count for none stay."""
    weight, bias = in_numpy(model)
    logits = weight @ inputs + bias
    digit = int(logits.argmax())
    counts = weight.any(axis=0)
    return {
        rival: float(
            np.linalg.norm(
                by_scipy(
                    inputs[counts],
                    (weight[digit] - weight[rival])[counts],
                    logits[digit] - logits[rival],
                    limits=limits,
                )
            )
        )
        for rival in set(range(10)) - {digit}
    }


@pytest.mark.parametrize("limits", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_shortest_that_scipy_finds_for_any_rival(seed: int, limits: bool) -> None:
    model, generator = SoftmaxRegressor(), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        model.linear.weight[:, :100] = torch.randn(10, 100, generator=generator)
        model.linear.bias.copy_(torch.randn(10, generator=generator))
    image = torch.randint(256, (28, 28), dtype=torch.uint8, generator=generator)
    image[0, :10] = torch.tensor([0, 255] * 5)  # some are at a limit to begin with
    found = smallest_change(model, image, limits=limits)
    lengths = lengths_by_scipy(model, image.double().numpy().ravel() / 255, limits=limits)
    assert found is not None
    assert found.rival == min(lengths, key=lengths.__getitem__)
    assert found.length == pytest.approx(lengths[found.rival], rel=1e-5)
    assert (found.stopped > 0) == limits
    assert (found.outside(1) > 0) == (not limits)


@pytest.mark.slow
@pytest.mark.parametrize("limits", [False, True])
def test_of_a_trained_model_each_input_changes_as_scipy_says(
    limits: bool, sample: Digits, models: dict[Preprocessing, SoftmaxRegressor]
) -> None:
    weight, _ = in_numpy(models[Preprocessing.RAW])
    found = smallest_change(models[Preprocessing.RAW], sample.test.images[3], limits=limits)
    assert found is not None
    slope = weight[found.digit] - weight[found.rival]
    inputs, change = found.inputs.numpy().ravel(), found.change.numpy().ravel()
    counts = slope != 0
    expected = by_scipy(inputs[counts], slope[counts], found.lead, limits=limits)
    np.testing.assert_allclose(change[counts], expected, atol=1e-4)
    assert not change[~counts].any()


def answers(model: SoftmaxRegressor, changes: list[SmallestChange], share: float) -> list[int]:
    """What the model answers with a share of each change, in real numbers."""
    weight, bias = in_numpy(model)
    inputs = np.stack([change.after(share).numpy().ravel() for change in changes])
    return list((inputs @ weight.T + bias).argmax(axis=1))


@pytest.mark.slow
@pytest.mark.parametrize("limits", [False, True])
@pytest.mark.parametrize("how", INPUTS)
def test_a_little_more_flips_every_answer_and_a_little_less_none(
    how: Preprocessing, limits: bool, sample: Digits, models: dict[Preprocessing, SoftmaxRegressor]
) -> None:
    images, model = preprocessed_digits(sample, how).test.images[:300], models[how]
    changes = [smallest_change(model, image, limits=limits) for image in images]
    found = [change for change in changes if change is not None]
    assert len(found) == len(images)
    assert answers(model, found, 0.999) == [change.digit for change in found]
    assert answers(model, found, 1.001) == [change.rival for change in found]
    if limits:
        assert all(change.after(1).min() >= 0 and change.after(1).max() <= 1 for change in found)


def test_the_nearest_rival_need_not_be_the_second_and_limits_make_the_way_longer(
    sample: Digits, models: dict[Preprocessing, SoftmaxRegressor]
) -> None:
    model, seconds = models[Preprocessing.RAW], 0
    for image in sample.test.images[:200]:
        free, limited = smallest_change(model, image), smallest_change(model, image, limits=True)
        assert free is not None
        assert limited is not None
        assert free.length <= limited.length + 1e-12
        assert free.length == pytest.approx(free.lead / free.steepness)
        second = int(model.logits(image[None])[0].topk(2).indices[1])
        seconds += free.rival == second
    assert 0 < seconds < 200


def test_a_model_that_knows_nothing_has_no_smallest_change() -> None:
    image = torch.full((28, 28), 100, dtype=torch.uint8)
    for limits in (False, True):
        assert smallest_change(SoftmaxRegressor(), image, limits=limits) is None


def test_there_is_none_within_limits_if_every_other_digit_is_out_of_reach() -> None:
    model = SoftmaxRegressor()
    with torch.no_grad():
        model.linear.weight[3, 0], model.linear.bias[3] = 1.0, 5.0
    image = torch.zeros(28, 28, dtype=torch.uint8)
    assert smallest_change(model, image, limits=True) is None
    free = smallest_change(model, image)
    assert free is not None
    assert free.length == pytest.approx(5)
    assert (free.stopped, free.outside(1), free.outside(0)) == (0, 1, 0)
