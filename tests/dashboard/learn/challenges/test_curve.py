"""What is said of a sketched curve follows the numbers of the run, whatever was sketched."""

import math
import random
import re

import pytest

from dashboard.learn.challenges.curve import (
    accuracy_at,
    describe_sketch,
    handle_steps,
    read_sketch,
    write_sketch,
)

RUN = [(0, 0.1), (1, 0.3), (3, 0.5), (10, 0.6), (30, 0.8), (100, 0.9), (200, 0.9), (400, 0.95)]
ERRORS = (0.9, 0.05)


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
    assert describe_sketch(RUN, same, ERRORS)[0].startswith("Your sketch is close")
    same[2] = 0
    text = describe_sketch(RUN, same, ERRORS)[0]
    assert "after 10 steps" in text
    assert "you expected 0 %" in text
    assert "60.0\N{NO-BREAK SPACE}%" in text


def test_half_of_the_gain_is_told_at_the_first_report_that_has_it() -> None:
    text = " ".join(describe_sketch(RUN, [10] * 6, ERRORS))
    assert "began with 10.0\N{NO-BREAK SPACE}%" in text
    assert (
        "Half of this gain was there after 10 steps, which is 2.5\N{NO-BREAK SPACE}% of all 400 steps" in text
    )


@pytest.mark.parametrize(
    ("middle", "text"), [(0.90, "added 5.0 points"), (0.97, "took away 2.0 points"), (0.95, "less than 0.1")]
)
def test_the_second_half_adds_takes_away_or_changes_little(middle: float, text: str) -> None:
    run = [(0, 0.1), (200, middle), (400, 0.95)]
    assert text in " ".join(describe_sketch(run, [10] * 6, ERRORS))


def test_a_run_that_learned_nothing_is_not_said_to_have_gained() -> None:
    text = " ".join(describe_sketch([(0, 0.1), (1, 0.1), (400, 0.08)], [10] * 6, (0.9, 0.95)))
    assert "learned nothing" in text
    assert "Half of this gain" not in text
    assert "only" not in text


@pytest.mark.parametrize("seed", range(30))
def test_every_number_that_is_told_is_one_of_the_run_or_the_sketch(seed: int) -> None:
    chance = random.Random(seed)
    steps = [0, 1, 3, 10, 30, 100, 200, 400]
    run = [(step, chance.random()) for step in steps]
    sketch = [chance.randrange(101) for _ in handle_steps(400)]
    comparison, *others = describe_sketch(run, sketch, ERRORS)
    measured = [accuracy_at(run, step) for step in handle_steps(400)]
    worst = max(range(len(measured)), key=lambda place: abs(sketch[place] / 100 - measured[place]))
    if "farthest" in comparison:
        assert f"you expected {sketch[worst]} %" in comparison
    assert f"{100 * run[-1][1]:.1f}" in " ".join(others)
    if found := re.search(r"was there after (\d+) step", " ".join(others)):
        there = dict(run)[int(found[1])]
        assert there >= (run[0][1] + run[-1][1]) / 2
