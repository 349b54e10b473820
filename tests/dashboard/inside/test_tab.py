"""The tab "Look inside" on the sample digits: what it says agrees with the core."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from dashboard import session
from mnist_core import (
    Digits,
    Progress,
    calibration_curve,
    confusion_matrix,
    digit_scores,
    image_from_canvas,
    mistakes,
    predict_proba,
)

MINUS, SPACE = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"


@pytest.fixture
def inside(app: AppTest) -> AppTest:
    """The app with the tab open."""
    app.run()
    app.session_state["tab"] = "Look inside"
    return app.run()


@pytest.fixture
def history(inside: AppTest) -> tuple[Progress, ...]:
    """The reports of a run that was begun there and has ended."""
    inside.button(key="train_inside").click().run()
    run = session.registry().find(inside.query_params["run"])
    assert run.training.join(60)
    inside.run()
    assert not inside.exception
    return run.history


def _look_at(app: AppTest, view: str) -> None:
    app.button_group(key="view").select(view).run()
    assert not app.exception


def _said(app: AppTest, pattern: str) -> re.Match[str]:
    found = [match for text in app.markdown if (match := re.search(pattern, text.value))]
    assert len(found) == 1, [text.value for text in app.markdown]
    return found[0]


def _rows(app: AppTest, column: str) -> dict[str, list[float]]:
    """The rows of the table that has this column, by their headings."""
    (table,) = (html.value for html in app.html if f">{column}</th>" in html.value)
    rows = {}
    for name, cells in re.findall(r'<th scope="row">(.+?)</th>(.+?)</tr>', table):
        texts = re.findall(r"<td>(.*?)</td>", cells)
        rows[name] = [float(re.sub(f"[,%{SPACE}]", "", text).replace(MINUS, "-") or "nan") for text in texts]
    return rows


def test_before_any_training_it_says_what_will_be_there_and_offers_to_train(inside: AppTest) -> None:
    _said(inside, "Once it has learned something you will see here")
    assert not inside.button(key="train_inside").disabled


def test_it_opens_on_the_weights_of_the_run_that_was_begun_there(
    inside: AppTest, history: tuple[Progress, ...]
) -> None:
    _said(inside, "784 weights")
    assert inside.select_slider[0].value == history[-1].epoch == 10


def test_the_table_of_an_answer_can_be_checked_by_hand(
    inside: AppTest, history: tuple[Progress, ...], sample: Digits
) -> None:
    _look_at(inside, "Answer")
    inside.number_input(key="test_digit").set_value(17).run()
    rows = _rows(inside, "logit")
    whole = rows.pop("sum")
    answers = predict_test(history[-1].model, sample).probabilities[17]
    for digit, (evidence, bias, logit, power, share) in enumerate(rows.values()):
        assert evidence + bias == pytest.approx(logit, abs=0.011)
        assert power == pytest.approx(np.exp(logit - max(row[2] for row in rows.values())), abs=0.01)
        assert share == pytest.approx(100 * power / whole[3], abs=0.06)
        assert share == pytest.approx(100 * float(answers[digit]), abs=0.051)
    assert list(rows) == [str(digit) for digit in range(10)]


def test_the_margin_begins_with_the_answer_and_the_runner_up_and_adds_up(
    inside: AppTest, history: tuple[Progress, ...], sample: Digits
) -> None:
    _look_at(inside, "Answer")
    best = predict_test(history[-1].model, sample).probabilities[0].topk(2).indices.tolist()
    assert [box.value for box in inside.selectbox] == best
    *parts, total = (cells[0] for cells in _rows(inside, "adds").values())
    assert sum(parts) == pytest.approx(total, abs=0.021)
    logits = [cells[2] for cells in list(_rows(inside, "logit").values())[:10]]
    assert logits[best[0]] - logits[best[1]] == pytest.approx(total, abs=0.011)


def test_two_equal_digits_have_no_margin(inside: AppTest, history: tuple[Progress, ...]) -> None:
    _look_at(inside, "Answer")
    inside.selectbox[1].set_value(inside.selectbox[0].value).run()
    _said(inside, "Choose two different digits")


def test_the_drawing_is_explained_with_the_probability_that_it_was_read_with(
    inside: AppTest, history: tuple[Progress, ...], canvas: Any
) -> None:
    canvas.image_data = np.full((280, 280, 4), 255, np.uint8)
    canvas.image_data[60:220, 130:150, :3] = 0
    inside.run()
    _look_at(inside, "Answer")
    inside.button_group(key="explained").select("My drawing").run()
    drawn = image_from_canvas(canvas.image_data)
    assert drawn is not None
    answers = predict_proba(history[-1].model, drawn[None])[0]
    said = _said(inside, rf"Read as (\d)\*\* with ([\d.]+){SPACE}%")
    assert int(said[1]) == int(answers.argmax())
    assert float(said[2]) == pytest.approx(100 * float(answers.max()), abs=0.051)


def test_without_a_drawing_it_asks_for_one(inside: AppTest, history: tuple[Progress, ...]) -> None:
    _look_at(inside, "Answer")
    inside.button_group(key="explained").select("My drawing").run()
    _said(inside, "There is no drawing yet")


def test_the_mistakes_are_counted_as_the_core_counts_them(
    inside: AppTest, history: tuple[Progress, ...], sample: Digits
) -> None:
    _look_at(inside, "Mistakes")
    predictions = predict_test(history[-1].model, sample)
    wrong = len(mistakes(predictions))
    _said(inside, f"{1000 - wrong:,} of 1,000 test digits are read right, {wrong} are not")
    _said(inside, f"^{wrong} digits")
    scores = digit_scores(confusion_matrix(predictions.labels, predictions.predicted))
    for digit, (precision, recall, count) in enumerate(_rows(inside, "precision").values()):
        assert precision == pytest.approx(100 * float(scores.precision[digit]), abs=0.051)
        assert recall == pytest.approx(100 * float(scores.recall[digit]), abs=0.051)
        assert count == 100


def test_the_filters_leave_what_is_in_one_cell_of_the_matrix(
    inside: AppTest, history: tuple[Progress, ...], sample: Digits
) -> None:
    _look_at(inside, "Mistakes")
    predictions = predict_test(history[-1].model, sample)
    matrix = confusion_matrix(predictions.labels, predictions.predicted)
    for label, answer in ((3, 5), (7, 7), torch.nonzero(matrix == 0)[0].tolist()):
        inside.selectbox(key="label").set_value(label)
        inside.selectbox(key="answer").set_value(answer).run()
        assert not inside.exception
        count = int(matrix[label, answer])
        _said(inside, rf"^{count} digits?," if count else "There are none")


def test_a_model_is_as_sure_as_the_core_says(
    inside: AppTest, history: tuple[Progress, ...], sample: Digits
) -> None:
    _look_at(inside, "How sure")
    error = calibration_curve(predict_test(history[-1].model, sample)).expected_error
    (metric,) = (metric for metric in inside.metric if metric.label == "Expected calibration error")
    assert metric.value == f"{100 * error:.1f}{SPACE}%"


def test_an_earlier_moment_of_the_run_shows_the_model_as_it_was(
    inside: AppTest, history: tuple[Progress, ...]
) -> None:
    _look_at(inside, "Mistakes")
    for report in (history[0], history[len(history) // 2]):
        inside.select_slider[0].set_value(report.epoch).run()
        _said(inside, rf"^{round(1000 * report.test.accuracy)} of 1,000 test digits are read right")


def test_what_was_chosen_is_still_chosen_after_a_look_at_another_tab(
    inside: AppTest, history: tuple[Progress, ...]
) -> None:
    _look_at(inside, "Answer")
    inside.number_input(key="test_digit").set_value(5).run()
    _look_at(inside, "Mistakes")
    inside.selectbox(key="label").set_value(3).run()
    inside.session_state["tab"] = "Train"
    inside.run()
    inside.session_state["tab"] = "Look inside"
    inside.run()
    assert inside.selectbox(key="label").value == 3
    _look_at(inside, "Answer")
    assert inside.number_input(key="test_digit").value == 5
