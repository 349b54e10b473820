"""What is said of a sketched curve follows the numbers of the run, whatever was sketched."""

import math
import random
import re

import pytest
import torch

from dashboard.learn.challenges.curve import (
    accuracy_at,
    describe_sketch,
    handle_steps,
    read_sketch,
    write_sketch,
)
from mnist_core import Digits, Metrics, Preprocessing, Progress, SoftmaxRegressor

RUN = [(0, 0.1), (1, 0.3), (3, 0.5), (10, 0.6), (30, 0.8), (100, 0.9), (200, 0.9), (400, 0.95)]


def _reports(run: list[tuple[int, float]], losses: list[float] | None = None) -> list[Progress]:
    """A run with these test accuracies, and a loss that falls evenly unless others are given."""
    model = SoftmaxRegressor(Preprocessing.RAW)
    losses = losses or [2.3 - place / 10 for place in range(len(run))]
    tests = [Metrics(loss, accuracy) for (_, accuracy), loss in zip(run, losses, strict=True)]
    return [
        Progress(step, step / 40, test, test, 1.0, model) for (step, _), test in zip(run, tests, strict=True)
    ]


def _words(run: list[tuple[int, float]], sketch: list[int]) -> list[str]:
    return describe_sketch(_reports(run), sketch)


@pytest.mark.parametrize(
    ("end", "steps"),
    [
        (400, [1, 3, 10, 30, 100, 400]),
        (6_000, [1, 3, 10, 30, 100, 300, 1_000, 3_000, 6_000]),
        (1, [1]),
    ],
)
def test_the_last_handle_stands_at_the_end_and_none_lies_on_top_of_it(end: int, steps: list[int]) -> None:
    assert handle_steps(end) == steps


def test_a_sketch_is_read_as_it_was_written() -> None:
    assert read_sketch(write_sketch([0, 50, 100]), 3) == [0, 50, 100]


@pytest.mark.parametrize(
    "guess", ["", "1,2", "1,2,3,4", "1,2,101", "1,2,-3", "1,2,x", "1,2,³", "1,2,1e3", ",,"]
)
def test_what_is_not_a_sketch_is_none(guess: str) -> None:
    assert read_sketch(guess, 3) is None


def test_between_two_reports_the_accuracy_lies_on_a_line_over_the_logarithm() -> None:
    assert accuracy_at(RUN, 10) == 0.6
    assert accuracy_at(RUN, 400) == 0.95
    assert accuracy_at(RUN, round(math.sqrt(10 * 30))) == pytest.approx(0.7, abs=0.01)


def test_a_sketch_that_is_the_run_is_close_and_another_is_told_where_it_is_farthest() -> None:
    steps = handle_steps(400)
    same = [round(100 * accuracy_at(RUN, step)) for step in steps]
    assert _words(RUN, same)[0].startswith("Your sketch is close")
    same[2] = 0
    text = _words(RUN, same)[0]
    assert "after 10 steps" in text
    assert "you expected 0 %" in text
    assert "60.0\N{NO-BREAK SPACE}%" in text


def test_half_of_the_gain_is_told_at_the_first_report_that_has_it() -> None:
    text = " ".join(_words(RUN, [10] * 6))
    assert "began with 10.0\N{NO-BREAK SPACE}%" in text
    assert (
        "Half of this gain was there after 10 steps, which is 2.5\N{NO-BREAK SPACE}% of all 400 steps" in text
    )


@pytest.mark.parametrize(
    ("middle", "text"), [(0.90, "added 5.0 points"), (0.97, "took away 2.0 points"), (0.95, "less than 0.1")]
)
def test_the_second_half_adds_takes_away_or_changes_little(middle: float, text: str) -> None:
    run = [(0, 0.1), (200, middle), (400, 0.95)]
    assert text in " ".join(_words(run, [10] * 6))


def test_a_run_that_learned_nothing_is_not_said_to_have_gained() -> None:
    text = " ".join(_words([(0, 0.1), (1, 0.1), (400, 0.08)], [10] * 6))
    assert "learned nothing" in text
    assert "Half of this gain" not in text
    assert "half of its way" not in text


@pytest.mark.parametrize("seed", range(30))
def test_every_number_that_is_told_is_one_of_the_run_or_the_sketch(seed: int) -> None:
    chance = random.Random(seed)
    steps = [0, 1, 3, 10, 30, 100, 200, 400]
    run = [(step, chance.random()) for step in steps]
    sketch = [chance.randrange(101) for _ in handle_steps(400)]
    comparison, *others = _words(run, sketch)
    measured = [accuracy_at(run, step) for step in handle_steps(400)]
    worst = max(range(len(measured)), key=lambda place: abs(sketch[place] / 100 - measured[place]))
    if "farthest" in comparison:
        assert f"you expected {sketch[worst]} %" in comparison
    assert f"{100 * run[-1][1]:.1f}" in " ".join(others)
    if found := re.search(r"was there after (\d+) step", " ".join(others)):
        there = dict(run)[int(found[1])]
        assert there >= (run[0][1] + run[-1][1]) / 2


def test_halfway_up_the_accuracy_the_loss_has_gone_only_a_small_part_of_its_way() -> None:
    losses = [2.3, 2.29, 2.25, 2.2, 2.0, 1.5, 1.0, 0.3]
    reason = describe_sketch(_reports(RUN, losses), [10] * 6)[3]
    assert "after 10 steps, the loss had gone 5\N{NO-BREAK SPACE}%: from 2.30 to 2.20" in reason
    assert "ended at 0.30" in reason


def test_how_long_the_first_step_is_makes_no_difference_to_the_answers(sample: Digits) -> None:
    """What the page says, by autograd: from zero, only the loss knows how long the step was."""
    images, labels = sample.train.images[:100].flatten(1) / 255, sample.train.labels[:100]
    answers, losses = [], []
    for rate in (0.001, 0.01, 1.0):
        layer = torch.nn.Linear(784, 10).double()
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
        torch.nn.functional.cross_entropy(layer(images.double()), labels).backward()
        with torch.no_grad():
            for parameter in layer.parameters():
                assert parameter.grad is not None
                parameter.sub_(rate * parameter.grad)
            scores = layer(sample.test.images.flatten(1).double() / 255)
        answers.append(scores.argmax(1))
        losses.append(float(torch.nn.functional.cross_entropy(scores, sample.test.labels)))
    assert answers[0].equal(answers[1])
    assert answers[0].equal(answers[2])
    assert losses[0] > losses[1] > losses[2]
