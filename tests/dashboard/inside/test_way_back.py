"""From the gallery to an answer, on to the next mistake, and back to the page of the gallery that has it."""

from collections.abc import Callable

import pytest
import torch
from streamlit.testing.v1 import AppTest

from mnist_core import Digits, Predictions, Preprocessing, SoftmaxRegressor, mistakes, predict_test
from mnist_core.evaluation.predictions import most_confident_first

PAGE = 20  # digits of the gallery


def _page(model: object, digits: object) -> None:  # runs on its own, without the imports above
    import streamlit as st

    from dashboard.inside import state as inside_state
    from dashboard.inside.answer_view import render_answer
    from dashboard.inside.mistakes import render_confusion
    from dashboard.inside.tab import _follow_click
    from dashboard.inside.words import ANSWER, VIEWS
    from dashboard.lab.cached_predictions import cached_predictions

    _follow_click()
    view = st.segmented_control("Look at", VIEWS, key="view", persist_state="session")
    if view == ANSWER:
        render_answer(model, digits)  # type: ignore[arg-type]
    else:
        predictions = cached_predictions(model, digits)
        render_confusion(predictions, digits)  # type: ignore[arg-type]
    st.text(str(inside_state.test_digit.get()))


@pytest.fixture(scope="module")
def model() -> SoftmaxRegressor:
    """One that makes many mistakes."""
    model = SoftmaxRegressor(Preprocessing.RAW)
    torch.nn.init.normal_(model.linear.weight, std=0.1, generator=torch.Generator().manual_seed(2))
    return model


@pytest.fixture
def predictions(model: SoftmaxRegressor, sample: Digits) -> Predictions:
    return predict_test(model, sample)


@pytest.fixture
def gallery(model: SoftmaxRegressor, sample: Digits) -> AppTest:
    page = AppTest.from_function(_page, args=(model, sample), default_timeout=60)
    page.session_state["view"] = "Mistakes"
    return page.run()


def _click(page: AppTest, place: int, stamp: int = 1) -> AppTest:
    page.session_state["gallery"] = {"click": {"value": place, "stamp": stamp}}
    page.run()
    assert not page.exception
    return page


def _press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception


def _labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def _shown(page: AppTest) -> int:
    return int(page.number_input(key="test_digit").value or 0)


Choose = Callable[[Predictions], torch.Tensor]


@pytest.mark.parametrize(
    ("label", "predicted", "choose"),
    [
        ("any", "any", lambda predictions: mistakes(predictions).indices),
        (3, "any", lambda predictions: mistakes(predictions).where(label=3).indices),
    ],
    ids=["all", "of one digit"],
)
def test_next_mistake_steps_through_the_ranked_list(
    gallery: AppTest, predictions: Predictions, label: str | int, predicted: str | int, choose: Choose
) -> None:
    gallery.selectbox(key="label").set_value(label)
    gallery.selectbox(key="predicted").set_value(predicted).run()
    numbers = choose(predictions).tolist()
    _click(gallery, 18)
    for place in (18, 19, 20, 21):
        assert _shown(gallery) == numbers[place]
        assert f"{place + 1} of {len(numbers)}" in [caption.value for caption in gallery.caption]
        _press(gallery, "Next mistake")


def test_back_leads_to_the_page_of_the_mistake_with_the_filter_kept(
    gallery: AppTest, predictions: Predictions
) -> None:
    gallery.selectbox(key="label").set_value(8).run()
    numbers = mistakes(predictions).where(label=8).indices.tolist()
    assert len(numbers) > 2 * PAGE
    _click(gallery, 19)
    _press(gallery, "Next mistake")
    _press(gallery, "Back to mistakes")
    assert gallery.session_state["view"] == "Mistakes"
    assert gallery.selectbox(key="label").value == 8
    assert gallery.session_state["gallery_digits"] == numbers[PAGE : 2 * PAGE]


def test_after_the_last_mistake_there_is_no_next_one(gallery: AppTest, predictions: Predictions) -> None:
    matrix = predictions.labels * 10 + predictions.predicted
    few = next(
        divmod(cell, 10) for cell in range(100) if cell % 11 and 1 <= int((matrix == cell).sum()) <= PAGE
    )
    gallery.selectbox(key="label").set_value(few[0])
    gallery.selectbox(key="predicted").set_value(few[1]).run()
    count = int((matrix == few[0] * 10 + few[1]).sum())
    _click(gallery, count - 1)
    assert next(button for button in gallery.button if button.label == "Next mistake").disabled


def test_digits_that_were_read_correctly_are_not_called_mistakes(
    gallery: AppTest, predictions: Predictions
) -> None:
    label = int(predictions.predicted[predictions.labels == predictions.predicted][0])
    gallery.selectbox(key="label").set_value(label)
    gallery.selectbox(key="predicted").set_value(label).run()
    numbers = most_confident_first(predictions).where(label=label, predicted=label).indices.tolist()
    _click(gallery, 0)
    _press(gallery, "Next digit")
    assert _shown(gallery) == numbers[1]
    _press(gallery, "Back to digits")
    assert gallery.session_state["view"] == "Mistakes"


def test_an_answer_that_was_not_opened_from_the_gallery_has_no_way_back(gallery: AppTest) -> None:
    gallery.button_group(key="view").select("Answer").run()
    assert _labels(gallery) == []
    gallery.button_group(key="view").select("Mistakes").run()
    _click(gallery, 0)
    assert _labels(gallery) == ["Back to mistakes", "Next mistake"]
    gallery.button_group(key="view").select("Mistakes").run()
    gallery.button_group(key="view").select("Answer").run()
    assert _labels(gallery) == []


def test_a_digit_that_is_no_mistake_leads_on_to_the_first_mistake(
    gallery: AppTest, predictions: Predictions
) -> None:
    _click(gallery, 5)
    right = int((predictions.labels == predictions.predicted).nonzero()[0])
    gallery.number_input(key="test_digit").set_value(right).run()
    _press(gallery, "Next mistake")
    assert _shown(gallery) == int(mistakes(predictions).indices[0])
