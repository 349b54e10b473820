"""The digit of the lesson is the one that was looked at, and the same as in Look inside."""

import re

import torch

from dashboard.lab.digits_loader import example_digit
from mnist_core import Digits, Preprocessing, Run, TrainingConfig, predict_proba, train
from tests.dashboard.page import open_page, open_tab, texts
from tests.dashboard.runs import store


def test_the_example_of_the_sample_is_read_as_what_it_is(sample: Digits) -> None:
    number = example_digit(sample)
    assert sample.test.labels[number] == 3
    for how in (Preprocessing.RAW, Preprocessing.DIRECTIONS):
        *_, last = train(TrainingConfig(learning_rate=0.1, epochs=3, preprocessing=how), sample)
        probabilities = predict_proba(last.model, sample.test.images[number : number + 1])[0]
        assert int(probabilities.argmax()) == 3
        assert float(probabilities.max()) > 0.9


def test_the_example_of_the_sample_is_like_other_threes(sample: Digits) -> None:
    """Of the digits that resemble the mean of their kind, not one of the odd ones."""
    threes = sample.test.images[sample.test.labels == 3].float().flatten(1)
    mean = sample.train.images[sample.train.labels == 3].float().flatten(1).mean(dim=0)
    alike = torch.cosine_similarity(threes, mean[None])
    own = sample.test.images[example_digit(sample)].float().flatten()
    assert torch.cosine_similarity(own, mean, dim=0) > alike.median()


def test_the_example_of_mnist_is_the_well_known_seven(mnist: Digits) -> None:
    assert mnist.test.labels[example_digit(mnist)] == 7


def test_the_logits_of_the_lesson_are_those_of_look_inside(server: object, ended: Run) -> None:
    page = open_tab(open_page(run=store(ended), learn="lesson"), "Learn")
    lesson = re.findall(r"^\| \**\d\** \| \**([^|]+?)\** \|", texts(page), re.MULTILINE)
    page.session_state["view"] = "Answer"
    open_tab(page, "Look inside")
    (table,) = (html.value for html in page.html if ">logit</th>" in html.value)
    answer = re.findall(r'<th scope="row">\d</th><td>[^<]+</td><td>[^<]+</td><td>([^<]+)</td>', table)
    assert [logit.removeprefix("+") for logit in answer] == lesson
    assert len(lesson) == 10
