"""The predictions of all test digits against the model's own forward pass."""

import pytest
import torch

from mnist_core.data.dataset import Digits
from mnist_core.evaluation.metrics import evaluate
from mnist_core.evaluation.predictions import Predictions, predict_test
from mnist_core.inference.predict import predict_proba
from mnist_core.model import SoftmaxRegressor
from mnist_core.preprocessing.preprocess import Preprocessing


def _model(preprocessing: Preprocessing) -> SoftmaxRegressor:
    model = SoftmaxRegressor(preprocessing)
    weights = torch.randn(10, 784, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        model.linear.weight.copy_(weights / 10)
    return model


@pytest.mark.parametrize("preprocessing", Preprocessing)
def test_reading_gives_what_predict_says_of_the_test_digits(
    sample: Digits, preprocessing: Preprocessing
) -> None:
    model = _model(preprocessing)
    predictions = predict_test(model, sample)
    assert torch.equal(predictions.probabilities, predict_proba(model, sample.test.images))
    assert torch.equal(predictions.labels, sample.test.labels)


def test_the_answers_are_as_often_right_as_evaluate_says(sample: Digits) -> None:
    model = _model(Preprocessing.RAW)
    predictions = predict_test(model, sample)
    share = (predictions.predicted == predictions.labels).double().mean().item()
    assert share == pytest.approx(evaluate(model, sample.test).accuracy)


def test_an_answer_is_the_likeliest_digit_and_its_confidence_that_probability() -> None:
    predictions = Predictions(
        torch.tensor([[0.05] * 8 + [0.5, 0.1], [0.19] + [0.09] * 9]), torch.tensor([8, 3])
    )
    assert predictions.predicted.tolist() == [8, 0]
    assert predictions.confidences.tolist() == pytest.approx([0.5, 0.19])
    assert len(predictions) == 2


@pytest.mark.parametrize(
    ("probabilities", "labels", "complaint"),
    [
        (torch.full((2, 10), 0.1), torch.tensor([1, 2, 3]), r"got \(2, 10\) with \(3,\)"),
        (torch.full((2, 9), 0.1), torch.tensor([1, 2]), r"got \(2, 9\)"),
        (torch.full((0, 10), 0.1), torch.tensor([], dtype=torch.int64), "N at least 1"),
        (torch.full((1, 10), 0.3), torch.tensor([1]), "softmax"),
        (torch.tensor([[2.0, -1.0] + [0.0] * 8]), torch.tensor([1]), "softmax"),
        (torch.full((1, 10), 0.1), torch.tensor([10]), "got 10 to 10"),
        (torch.full((1, 10), 0.1), torch.tensor([1.0]), r"\(N,\) int64.*float32"),
    ],
)
def test_what_is_no_reading_is_refused(
    probabilities: torch.Tensor, labels: torch.Tensor, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Predictions(probabilities, labels)
