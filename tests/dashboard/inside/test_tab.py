"""The tab "Look inside" on the sample digits: what it says agrees with the core."""

import math
import re

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from benchmarks.strokes import draw
from mnist_core import (
    Digits,
    Predictions,
    Run,
    calibration_curve,
    confusion_matrix,
    mistakes,
    predict_proba,
    predict_test,
)
from mnist_core.evaluation.confusion import digit_scores
from mnist_core.preprocessing.drawing import image_from_canvas
from tests.dashboard.page import film, open_page, open_tab, rerun, sent
from tests.dashboard.runs import begin_slowly, store
from tests.support.canvas import Canvas

MINUS, SPACE = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"


@pytest.fixture
def inside(server: object, ended: Run) -> AppTest:
    """The page of a run that has ended, with the tab open."""
    return open_tab(open_page(run=store(ended)), "Look inside")


@pytest.fixture(scope="module")
def predictions(ended: Run, sample: Digits) -> Predictions:
    """What the run's last model predicts for the test digits."""
    return predict_test(ended.history[-1].model, sample)


def _look_at(page: AppTest, view: str) -> None:
    page.button_group(key="view").select(view)
    rerun(page)


def _said(app: AppTest, pattern: str) -> re.Match[str]:
    found = [match for text in app.markdown if (match := re.search(pattern, text.value))]
    assert len(found) == 1, [text.value for text in app.markdown]
    return found[0]


def _replay(page: AppTest) -> str:
    """The key of the slider that goes back in the run."""
    (key,) = (one.key for one in page.select_slider if one.label == "Replay: step")
    return str(key)


def _rows(app: AppTest, column: str) -> dict[str, list[float]]:
    """The rows of the table that has this column, by their headings."""
    (table,) = (html.value for html in app.html if f">{column}</th>" in html.value)
    rows = {}
    for name, cells in re.findall(r'<th scope="row">(.+?)</th>(.+?)</tr>', table):
        texts = re.findall(r"<td>(.*?)</td>", cells)
        rows[name] = [float(re.sub(f"[,%{SPACE}]", "", text).replace(MINUS, "-") or "nan") for text in texts]
    return rows


def test_before_any_training_it_says_what_will_be_there(app: AppTest) -> None:
    app.session_state["tab"] = "Look inside"
    rerun(app)
    _said(app, r"Press \*\*Train\*\* in the sidebar, and you will see here")


def test_it_opens_on_the_weights_at_the_end_of_the_run(inside: AppTest, ended: Run) -> None:
    _said(inside, "784 weights")
    header = film(inside, "weights")
    assert header["steps"] == [report.step for report in ended.history]
    assert header["shown"] == len(ended.history) - 1
    assert header["scale"][-1] == max(header["scale"])  # on which all are shown


def test_while_a_run_learns_its_newest_model_is_shown(server: object, ended: Run) -> None:
    page = open_tab(open_page(run=begin_slowly(ended.config).id), "Look inside")
    _said(page, "784 weights")
    assert not [slider for slider in page.select_slider if slider.label == "Replay: step"]


def test_the_table_of_an_answer_can_be_checked_by_hand(inside: AppTest, predictions: Predictions) -> None:
    _look_at(inside, "Answer")
    inside.number_input(key="test_digit").set_value(17)
    rows = _rows(rerun(inside), "logit")
    whole = rows.pop("sum")
    answers = predictions.probabilities[17]
    for digit, (evidence, bias, logit, power, share) in enumerate(rows.values()):
        assert evidence + bias == pytest.approx(logit, abs=0.0001)
        assert power == pytest.approx(np.exp(logit - max(row[2] for row in rows.values())), abs=0.01)
        assert share == pytest.approx(100 * power / whole[3], abs=0.06)
        assert share == pytest.approx(100 * float(answers[digit]), abs=0.051)
    assert list(rows) == [str(digit) for digit in range(10)]


def test_the_margin_begins_with_the_answer_and_the_runner_up_and_adds_up(
    inside: AppTest, predictions: Predictions
) -> None:
    _look_at(inside, "Answer")
    inside.number_input(key="test_digit").set_value(0)
    rerun(inside)
    best = predictions.probabilities[0].topk(2).indices.tolist()
    assert [box.value for box in inside.selectbox] == best
    *parts, total = (cells[0] for cells in _rows(inside, "adds").values())
    assert sum(parts) == pytest.approx(total, abs=0.0001)
    logits = [cells[2] for cells in list(_rows(inside, "logit").values())[:10]]
    assert logits[best[0]] - logits[best[1]] == pytest.approx(total, abs=0.0001)


def test_two_equal_digits_have_no_margin(inside: AppTest) -> None:
    _look_at(inside, "Answer")
    inside.selectbox[1].set_value(inside.selectbox[0].value)
    _said(rerun(inside), "Choose two different digits")


def test_a_map_that_is_clicked_becomes_the_second_digit_of_the_margin(inside: AppTest) -> None:
    _look_at(inside, "Answer")
    rival = (int(inside.selectbox[1].value or 0) + 1) % 10
    inside.session_state["attributions"] = {"click": {"value": rival, "stamp": 1}}
    assert rerun(inside).selectbox[1].value == rival


def test_the_drawing_is_explained_with_the_probability_that_it_was_read_with(
    inside: AppTest, ended: Run, canvas: Canvas
) -> None:
    canvas.image_data = np.full((280, 280, 4), 255, np.uint8)
    canvas.image_data[60:220, 130:150, :3] = 0
    rerun(inside)
    _look_at(inside, "Answer")
    inside.button_group(key="explained").select("My drawing")
    rerun(inside)
    drawn = image_from_canvas(canvas.image_data)
    assert drawn is not None
    answers = predict_proba(ended.history[-1].model, drawn[None])[0]
    said = _said(inside, rf"Read as (\d)\*\* with ([\d.]+){SPACE}% confidence")
    assert int(said[1]) == int(answers.argmax())
    assert float(said[2]) == pytest.approx(100 * float(answers.max()), abs=0.5)
    assert f"{said[1]} ({said[2]} %" in sent(open_tab(inside, "Draw")).replace(SPACE, " ")


def test_of_what_is_no_digit_it_says_the_same_as_the_tab_draw(inside: AppTest, canvas: Canvas) -> None:
    star = [
        (140 + 90 * math.sin(0.8 * math.pi * k), 140 - 90 * math.cos(0.8 * math.pi * k)) for k in range(6)
    ]
    canvas.image_data = draw([star])
    rerun(inside)
    _look_at(inside, "Answer")
    inside.button_group(key="explained").select("My drawing")
    rerun(inside)
    said = _said(inside, r"^\*\*(Unlike any digit .*?\))\.?\*\* Each map")
    assert "Read as" not in said[0]
    assert said[1] in sent(open_tab(inside, "Draw"))


def test_without_a_drawing_it_asks_for_one(inside: AppTest) -> None:
    _look_at(inside, "Answer")
    inside.button_group(key="explained").select("My drawing")
    _said(rerun(inside), "There is no drawing yet")


def test_the_mistakes_are_counted_as_the_core_counts_them(inside: AppTest, predictions: Predictions) -> None:
    _look_at(inside, "Mistakes")
    wrong = len(mistakes(predictions))
    _said(inside, f"{1000 - wrong:,} of 1,000 test digits are read correctly, {wrong} are not")
    _said(inside, f"^{wrong} digits, most confident first")
    scores = digit_scores(confusion_matrix(predictions.labels, predictions.predicted))
    for digit, (precision, recall, count) in enumerate(_rows(inside, "precision").values()):
        assert precision == pytest.approx(100 * float(scores.precision[digit]), abs=0.051)
        assert recall == pytest.approx(100 * float(scores.recall[digit]), abs=0.051)
        assert count == 100


def test_the_filters_leave_what_is_in_one_cell_of_the_matrix(
    inside: AppTest, predictions: Predictions
) -> None:
    _look_at(inside, "Mistakes")
    matrix = confusion_matrix(predictions.labels, predictions.predicted)
    most = divmod(int((matrix - matrix.diagonal().diag()).argmax()), 10)
    for label, predicted in (most, (7, 7), torch.nonzero(matrix == 0)[0].tolist()):
        inside.selectbox(key="label").set_value(label)
        inside.selectbox(key="predicted").set_value(predicted)
        rerun(inside)
        count = int(matrix[label, predicted])
        _said(inside, rf"^{count} digits?, most" if count else "There are no such digits")


def test_a_cell_of_the_matrix_that_is_clicked_sets_the_filters_and_a_second_click_frees_them(
    inside: AppTest,
) -> None:
    _look_at(inside, "Mistakes")
    for stamp, expected in ((1, (5, 3)), (2, ("any", "any"))):
        inside.session_state["confusion"] = {"click": {"value": {"index": [5, 3]}, "stamp": stamp}}
        rerun(inside)
        assert (inside.selectbox(key="label").value, inside.selectbox(key="predicted").value) == expected


def test_a_digit_of_the_gallery_that_is_clicked_is_explained(
    inside: AppTest, predictions: Predictions
) -> None:
    _look_at(inside, "Mistakes")
    inside.session_state["gallery"] = {"click": {"value": 4, "stamp": 1}}
    rerun(inside)
    assert inside.session_state["view"] == "Answer"
    assert inside.number_input(key="test_digit").value == int(mistakes(predictions).indices[4])
    _said(inside, r"confidence, but it is a \d")


def test_a_model_is_as_well_calibrated_as_the_core_says(inside: AppTest, predictions: Predictions) -> None:
    _look_at(inside, "Confidence")
    error = calibration_curve(predictions).expected_error
    (metric,) = (metric for metric in inside.metric if metric.label == "Expected calibration error")
    assert metric.value == f"{100 * error:.1f}{SPACE}%"


def test_an_earlier_moment_of_the_run_shows_the_model_as_it_was(inside: AppTest, ended: Run) -> None:
    _look_at(inside, "Mistakes")
    for report in (ended.history[0], ended.history[len(ended.history) // 2]):
        inside.select_slider(key=_replay(inside)).set_value(report.step)
        rerun(inside)
        _said(inside, rf"^{round(1000 * report.test.accuracy)} of 1,000 test digits are read correctly")


def test_what_was_chosen_is_still_chosen_after_a_look_at_another_tab(inside: AppTest) -> None:
    _look_at(inside, "Answer")
    inside.number_input(key="test_digit").set_value(5)
    rerun(inside)
    _look_at(inside, "Mistakes")
    inside.selectbox(key="label").set_value(3)
    rerun(inside)
    open_tab(open_tab(inside, "Train"), "Look inside")
    assert inside.selectbox(key="label").value == 3
    _look_at(inside, "Answer")
    assert inside.number_input(key="test_digit").value == 5
