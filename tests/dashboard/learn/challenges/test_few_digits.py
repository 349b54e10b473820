"""What is said of few digits and of wrong labels follows the curves, whatever was guessed."""

import itertools
from dataclasses import replace

import plotly.graph_objects as go
import pytest

from dashboard.learn.challenges.few_digits import (
    COSTS,
    GAPS,
    Curves,
    Guess,
    counts_of,
    describe_few_digits,
    read_guess,
    write_guess,
)
from dashboard.learn.computed_once import FEW_DIGITS
from dashboard.learn.figures import accuracy_by_digits
from mnist_core.sweep.learning_curve import Reading

TEST = {10: 0.3, 100: 0.5, 1_000: 0.7}
READINGS = [
    Reading(
        replace(FEW_DIGITS, training_digits=count, seed=seed, wrong_labels=share),
        train=(1.0 if count == 100 else 0.9) - share,
        test=test + 0.01 * (2 * seed - 1) - (share / 2 if count == 1_000 else share),
    )
    for count, test in TEST.items()
    for seed in (0, 1)  # the means are those of TEST
    for share in (0.0, 0.2)
]


def test_a_guess_is_read_as_it_was_written() -> None:
    for count, gap, cost in itertools.product(counts_of(4_000), GAPS, COSTS):
        guess = Guess(count, gap, cost)
        assert read_guess(write_guess(guess), 4_000) == guess
    assert counts_of(4_000)[-2:] == [2_000, 4_000]
    for text in ("", "100", "100:20", "99:20:5", "100:21:5", "100:20:5:", "60000:20:5", "-10:20:5"):
        assert read_guess(text, 4_000) is None


def test_the_curves_are_the_means_of_all_seeds() -> None:
    curves = Curves.of(READINGS)
    assert curves.test == pytest.approx(TEST)
    assert curves.half == pytest.approx(0.4)  # between 0.1 and 0.7
    assert curves.enough == pytest.approx(10**1.5)  # half of the way from 10 to 100 on the logarithmic axis
    assert curves.gap == pytest.approx(50)
    assert curves.cost(1_000) == pytest.approx(10)
    assert curves.cost(100) == pytest.approx(20)
    assert curves.outcome == Guess(curves.outcome.count, 50, 10)
    assert curves.outcome.count in (10, 100)


def test_what_happened_follows_the_curves_and_says_what_was_guessed() -> None:
    curves = Curves.of(READINGS)
    enough, gap, cost, reason = describe_few_digits(Guess(1_000, 20, 5), curves)
    assert "about **32 digits**, and not with 1,000, as you guessed" in enough
    assert "**50 points** apart; you guessed 20" in gap
    assert "**10.0 points** less; you guessed 5. With 100 digits, wrong labels cost 20.0 points" in cost
    assert "by heart" in reason
    assert "which is what you guessed" in describe_few_digits(curves.outcome, curves)[0]


def test_the_figure_has_the_means_in_bands_and_the_guess() -> None:
    figure = accuracy_by_digits(READINGS, 100)
    go.Figure(figure["data"], figure["layout"])
    lines = {trace["name"]: trace for trace in figure["data"] if "name" in trace}
    assert list(lines) == ["test", "training", "test, wrong labels", "training, wrong labels"]
    assert lines["test"]["x"] == [10, 100, 1_000]
    assert lines["test"]["y"] == pytest.approx([30, 50, 70])
    band = figure["data"][0]
    assert band["y"] == pytest.approx([31, 51, 71, 69, 49, 29])
    assert figure["layout"]["shapes"][0]["x0"] == 100
