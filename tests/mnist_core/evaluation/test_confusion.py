"""The confusion matrix and the scores computed from it, against scikit-learn."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from mnist_core.evaluation.confusion import confusion_matrix, digit_scores

ALL = list(range(10))


@pytest.mark.parametrize("count", [1, 2, 5, 12, 30, 1_000])  # few digits leave rows and columns empty
def test_matrix_and_scores_equal_those_of_scikit_learn(count: int) -> None:
    from sklearn.metrics import confusion_matrix as sklearn_matrix  # takes a second
    from sklearn.metrics import precision_recall_fscore_support

    generator = torch.Generator().manual_seed(count)
    labels, predicted = torch.randint(10, (2, count), generator=generator)
    matrix = confusion_matrix(labels, predicted)
    scores = digit_scores(matrix)
    precision, recall, _, count = precision_recall_fscore_support(
        labels.numpy(), predicted.numpy(), labels=ALL, zero_division=np.nan
    )
    assert_array_equal(matrix, sklearn_matrix(labels.numpy(), predicted.numpy(), labels=ALL))
    assert matrix.dtype == torch.int64
    assert_allclose(scores.precision, precision)
    assert_allclose(scores.recall, recall)
    assert_array_equal(scores.count, count)


def test_a_digit_that_is_never_predicted_has_no_precision_and_one_that_never_occurs_no_recall() -> None:
    scores = digit_scores(confusion_matrix(torch.tensor([3, 3]), torch.tensor([3, 8])))
    assert scores.precision.isnan().tolist() == [digit not in (3, 8) for digit in ALL]
    assert scores.recall.isnan().tolist() == [digit != 3 for digit in ALL]
    assert scores.recall[3] == 0.5
    assert scores.precision[8] == 0


@pytest.mark.parametrize(
    ("labels", "predicted", "message"),
    [
        ([1, 2], [1], r"a prediction for each label, got \(2,\) labels and \(1,\) predictions"),
        ([1, 10], [1, 1], "from 0 to 9, got 1 to 10"),
        ([1, 1], [-1, 1], "from 0 to 9, got -1 to 1"),
        ([1.0], [1.0], r"\(N,\), whole numbers, got \(1,\) float32"),
    ],
)
def test_other_values_than_digits_are_refused(labels: list[int], predicted: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        confusion_matrix(torch.tensor(labels), torch.tensor(predicted))


def test_scores_need_ten_rows_and_ten_columns() -> None:
    with pytest.raises(ValueError, match=r"\(10, 10\), got \(9, 10\)"):
        digit_scores(torch.zeros(9, 10, dtype=torch.int64))
