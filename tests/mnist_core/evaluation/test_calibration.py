"""Reliability bins against scikit-learn, the expected error against the published formula in numpy."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from mnist_core.evaluation.calibration import calibration_curve
from mnist_core.evaluation.predictions import Predictions


@pytest.fixture(params=[0.2, 1.0, 5.0])
def predictions(request: pytest.FixtureRequest) -> Predictions:
    """Random predictions, from hesitant to nearly certain."""
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(2_000, 10, generator=generator) * request.param
    return Predictions(logits.softmax(dim=1), torch.randint(10, (2_000,), generator=generator))


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_the_bins_equal_those_of_scikit_learn(predictions: Predictions, bins: int) -> None:
    from sklearn.calibration import calibration_curve as sklearn_curve  # takes a second

    ours = calibration_curve(predictions, bins)
    right = (predictions.predicted == predictions.labels).numpy()
    accuracy, confidence = sklearn_curve(right, predictions.confidences.double().numpy(), n_bins=bins)
    filled = ours.count > 0  # scikit-learn leaves empty bins out
    assert_allclose(ours.accuracy[filled], accuracy)
    assert_allclose(ours.confidence[filled], confidence)
    assert ours.accuracy[~filled].isnan().all()
    assert int(ours.count.sum()) == len(predictions)
    assert_allclose(ours.edges, np.linspace(0, 1, bins + 1))


def test_the_expected_error_is_the_weighted_mean_gap(predictions: Predictions) -> None:
    confidences = predictions.confidences.double().numpy()
    right = (predictions.predicted == predictions.labels).numpy()
    error = 0.0
    for m in range(1, 16):  # the sets B_m in equation 3 of Guo et al.
        members = (confidences > (m - 1) / 15) & (confidences <= m / 15)
        if members.any():
            error += members.mean() * abs(right[members].mean() - confidences[members].mean())
    assert calibration_curve(predictions, 15).expected_error == pytest.approx(error)


def test_a_model_that_is_always_right_and_certain_has_no_error() -> None:
    assert calibration_curve(Predictions(torch.eye(10), torch.arange(10))).expected_error == 0


def test_a_model_that_is_certain_and_always_wrong_has_an_error_of_one() -> None:
    assert calibration_curve(Predictions(torch.eye(10), torch.arange(10).roll(1))).expected_error == 1


def test_there_must_be_at_least_one_bin() -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        calibration_curve(Predictions(torch.eye(10), torch.arange(10)), bins=0)
