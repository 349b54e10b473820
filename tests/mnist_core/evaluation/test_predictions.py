"""Predictions against numpy in double precision, and their ranking against plain Python."""

import numpy as np
import pytest
import torch

from mnist_core.data.dataset import Digits
from mnist_core.evaluation.metrics import evaluate
from mnist_core.evaluation.predictions import (
    Predictions,
    mistakes,
    most_confident_first,
    predict_proba,
    predict_test,
)
from mnist_core.model import SoftmaxRegressor
from mnist_core.preprocessing.preprocess import Preprocessing, preprocess

GENERATOR = torch.Generator().manual_seed(0)
PREDICTIONS = Predictions(
    torch.randn(300, 10, generator=GENERATOR).mul(2).softmax(dim=1),
    torch.randint(10, (300,), generator=GENERATOR),
)
ROWS = [  # (probability, index, label, predicted digit)
    (max(row), index, label, row.index(max(row)))
    for index, (row, label) in enumerate(
        zip(PREDICTIONS.probabilities.tolist(), PREDICTIONS.labels.tolist(), strict=True)
    )
]
RANKED = sorted(ROWS, key=lambda row: -row[0])


def _model(preprocessing: Preprocessing) -> SoftmaxRegressor:
    model = SoftmaxRegressor(preprocessing)
    draw = torch.Generator().manual_seed(8)
    with torch.no_grad():
        model.linear.weight.normal_(std=0.3, generator=draw)
        model.linear.bias.normal_(generator=draw)
    return model


@pytest.mark.parametrize("preprocessing", Preprocessing)
def test_predict_test_gives_what_predict_proba_gives_for_the_test_digits(
    sample: Digits, preprocessing: Preprocessing
) -> None:
    model = _model(preprocessing)
    predictions = predict_test(model, sample)
    assert torch.equal(predictions.probabilities, predict_proba(model, sample.test.images))
    assert torch.equal(predictions.labels, sample.test.labels)


def test_predictions_are_right_as_often_as_evaluate_says(sample: Digits) -> None:
    model = _model(Preprocessing.RAW)
    predictions = predict_test(model, sample)
    share = (predictions.predicted == predictions.labels).double().mean().item()
    assert share == pytest.approx(evaluate(model, sample.test).accuracy)


def test_the_predicted_digit_is_the_likeliest_and_its_probability_the_confidence() -> None:
    predictions = Predictions(
        torch.tensor([[0.05] * 8 + [0.5, 0.1], [0.19] + [0.09] * 9]), torch.tensor([8, 3])
    )
    assert predictions.predicted.tolist() == [8, 0]
    assert predictions.confidences.tolist() == pytest.approx([0.5, 0.19])
    assert len(predictions) == 2


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        (torch.full((2, 10), 0.1), torch.tensor([1, 2, 3]), r"got \(2, 10\) with \(3,\)"),
        (torch.full((2, 9), 0.1), torch.tensor([1, 2]), r"got \(2, 9\)"),
        (torch.full((0, 10), 0.1), torch.tensor([], dtype=torch.int64), "N at least 1"),
        (torch.full((1, 10), 0.3), torch.tensor([1]), "softmax"),
        (torch.tensor([[2.0, -1.0] + [0.0] * 8]), torch.tensor([1]), "softmax"),
        (torch.full((1, 10), 0.1), torch.tensor([10]), "got 10 to 10"),
        (torch.full((1, 10), 0.1), torch.tensor([1.0]), r"\(N,\), whole numbers.*float32"),
    ],
)
def test_values_that_are_not_probabilities_with_labels_are_refused(
    probabilities: torch.Tensor, labels: torch.Tensor, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Predictions(probabilities, labels)


def test_all_predictions_are_ranked_by_confidence() -> None:
    ranked = most_confident_first(PREDICTIONS)
    columns = (ranked.probabilities, ranked.indices, ranked.labels, ranked.predicted)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == RANKED


def test_mistakes_are_the_predictions_that_differ_from_the_label() -> None:
    wrong = [index for _, index, label, predicted in RANKED if label != predicted]
    assert mistakes(PREDICTIONS).indices.tolist() == wrong
    assert len(mistakes(PREDICTIONS)) == len(wrong)


def test_a_cell_of_the_confusion_matrix_is_one_label_and_one_predicted_digit() -> None:
    ranked = most_confident_first(PREDICTIONS)
    for label, predicted in ((3, 8), (5, 5)):
        expected = [row[1] for row in RANKED if row[2:] == (label, predicted)]
        assert ranked.where(label=label, predicted=predicted).indices.tolist() == expected


def test_a_label_or_a_predicted_digit_alone_accepts_any_value_of_the_other() -> None:
    found = mistakes(PREDICTIONS)
    of_three = [index for _, index, label, predicted in RANKED if label == 3 != predicted]
    as_zero = [index for _, index, label, predicted in RANKED if predicted == 0 != label]
    assert found.where(label=3).indices.tolist() == of_three
    assert found.where(predicted=0).indices.tolist() == as_zero
    assert found.where().indices.tolist() == found.indices.tolist()


def test_a_slice_returns_one_page_of_the_ranking() -> None:
    page = mistakes(PREDICTIONS)[20:40]
    wrong = [row for row in RANKED if row[2] != row[3]]
    assert page.indices.tolist() == [row[1] for row in wrong[20:40]]
    assert page.probabilities.tolist() == [row[0] for row in wrong[20:40]]


def test_equally_confident_predictions_keep_their_order() -> None:
    predictions = Predictions(torch.full((50, 10), 0.1), torch.arange(50) % 10)
    assert most_confident_first(predictions).indices.tolist() == list(range(50))


def test_a_model_without_mistakes_has_an_empty_list_of_them() -> None:
    predictions = Predictions(torch.eye(10), torch.arange(10))
    assert len(mistakes(predictions)) == 0
    assert len(mistakes(predictions).where(label=1)) == 0


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


def test_no_images_have_no_predictions_and_those_without_ink_follow_from_the_bias_alone() -> None:
    model, blank = _model(Preprocessing.DIRECTIONS), torch.zeros(1, 28, 28, dtype=torch.uint8)
    assert predict_proba(model, blank[:0]).shape == (0, 10)
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
def test_images_of_another_shape_or_dtype_are_refused(images: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"images: expected \(N, 28, 28\) uint8"):
        predict_proba(_model(Preprocessing.RAW), images)
