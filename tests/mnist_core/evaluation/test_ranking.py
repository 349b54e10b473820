"""The order and the choice of single predicted, against plain Python."""

import torch

from mnist_core.evaluation.predictions import Predictions
from mnist_core.evaluation.ranking import mistakes, most_confident_first

GENERATOR = torch.Generator().manual_seed(0)
READING = Predictions(
    torch.randn(300, 10, generator=GENERATOR).mul(2).softmax(dim=1),
    torch.randint(10, (300,), generator=GENERATOR),
)
ROWS = [
    (max(row), index, label, row.index(max(row)))
    for index, (row, label) in enumerate(
        zip(READING.probabilities.tolist(), READING.labels.tolist(), strict=True)
    )
]
IN_ORDER = sorted(ROWS, key=lambda row: -row[0])


def test_all_answers_are_listed_the_surest_first() -> None:
    predicted = most_confident_first(READING)
    columns = (predicted.probabilities, predicted.indices, predicted.labels, predicted.predicted)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == IN_ORDER


def test_mistakes_are_the_answers_that_differ_from_the_label() -> None:
    wrong = [index for _, index, label, answer in IN_ORDER if label != answer]
    assert mistakes(READING).indices.tolist() == wrong
    assert len(mistakes(READING)) == len(wrong)


def test_a_cell_of_the_confusion_matrix_is_one_label_and_one_answer() -> None:
    for label, answer in ((3, 8), (5, 5)):
        chosen = [row[1] for row in IN_ORDER if row[2:] == (label, answer)]
        assert most_confident_first(READING).where(label=label, answer=answer).indices.tolist() == chosen


def test_a_label_or_an_answer_alone_lets_the_other_be_anything() -> None:
    found = mistakes(READING)
    of_three = [index for _, index, label, answer in IN_ORDER if label == 3 != answer]
    as_zero = [index for _, index, label, answer in IN_ORDER if answer == 0 != label]
    assert found.where(label=3).indices.tolist() == of_three
    assert found.where(answer=0).indices.tolist() == as_zero
    assert found.where().indices.tolist() == found.indices.tolist()


def test_a_slice_is_a_page_of_them() -> None:
    page = mistakes(READING)[20:40]
    wrong = [row for row in IN_ORDER if row[2] != row[3]]
    assert page.indices.tolist() == [row[1] for row in wrong[20:40]]
    assert page.probabilities.tolist() == [row[0] for row in wrong[20:40]]


def test_equally_sure_answers_stay_as_they_stood() -> None:
    predictions = Predictions(torch.full((50, 10), 0.1), torch.arange(50) % 10)
    assert most_confident_first(predictions).indices.tolist() == list(range(50))


def test_a_model_without_mistakes_has_an_empty_list_of_them() -> None:
    predictions = Predictions(torch.eye(10), torch.arange(10))
    assert len(mistakes(predictions)) == 0
    assert len(mistakes(predictions).where(label=1)) == 0
