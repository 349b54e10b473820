"""What is said of rates that break follows the runs, whichever rate was guessed."""

import math
import random
import re

import pytest

from dashboard.lab.setting_choices import LEARNING_RATES
from dashboard.learn.challenges.too_fast import (
    LIMIT,
    Edge,
    Tried,
    describe_edge,
    describe_next_try,
    find_edge,
    next_rate,
    read_rate,
)

HOLDS, BREAKS = Tried(1.9, 0.3, 0.917), Tried(2.77, 0.296, 0.917)


def _run(rate: float, edge: float) -> Tried:
    return BREAKS if rate >= edge else HOLDS


def test_a_guess_is_one_of_the_offered_rates() -> None:
    assert [read_rate(f"{rate:g}", LEARNING_RATES) for rate in LEARNING_RATES] == LEARNING_RATES
    for guess in ("", "0.3", "nan", "1e-3", "0.50"):
        assert read_rate(guess, LEARNING_RATES) is None


def test_a_run_is_broken_above_the_loss_of_a_model_that_has_learned_nothing() -> None:
    assert not Tried(LIMIT, 1, 0.5).broken
    assert Tried(LIMIT + 0.01, 1, 0.5).broken
    assert Tried(math.nan, math.nan, 0.1).broken


@pytest.mark.parametrize("guess", LEARNING_RATES)
@pytest.mark.parametrize("edge", [0.0, *LEARNING_RATES, math.inf])
def test_from_any_guess_a_few_tries_find_the_edge(guess: float, edge: float) -> None:
    tries: dict[float, Tried] = {}
    while (found := find_edge(tries, LEARNING_RATES)) is None:
        assert describe_next_try(tries, LEARNING_RATES)
        rate = next_rate(guess, tries, LEARNING_RATES)
        assert rate not in tries
        tries[rate] = _run(rate, edge)
        assert len(tries) <= 8
    broken = [rate for rate in LEARNING_RATES if rate >= edge]
    held = [rate for rate in LEARNING_RATES if rate < edge]
    assert found == Edge(max(held, default=None), min(broken, default=None))
    text = " ".join(describe_edge(guess, found, tries))
    assert ("That is what you expected" in text) == (guess == found.breaks)
    assert ("does not break" in text) == (not broken)
    if found.breaks is not None and guess != found.breaks:
        assert (" times lower than" in text) == (guess < found.breaks)


def test_the_next_words_name_what_holds_and_what_breaks() -> None:
    tries = {0.05: HOLDS, 1.0: BREAKS}
    text = describe_next_try(tries, LEARNING_RATES)
    assert "breaks at 1, where the loss rose to 2.77" in text
    assert "holds at 0.05" in text
    assert "Try more" in describe_next_try({0.05: HOLDS}, LEARNING_RATES)
    assert "Try less" in describe_next_try({0.05: BREAKS}, LEARNING_RATES)


@pytest.mark.parametrize(("end", "recovers"), [(0.3, True), (LIMIT, True), (3.0, False), (math.nan, False)])
def test_whether_it_recovers_is_told_from_its_end(end: float, recovers: bool) -> None:
    tries = {0.5: HOLDS, 1.0: Tried(5.0, end, 0.4)}
    text = " ".join(describe_edge(0.5, Edge(0.5, 1.0), tries))
    assert ("Broken is not lost" in text) == recovers
    assert ("did not recover" in text) == (not recovers)


@pytest.mark.parametrize("seed", range(20))
def test_a_broken_run_is_said_to_give_the_right_digit_less_than_a_guess(seed: int) -> None:
    peak = LIMIT + random.Random(seed).expovariate(0.2) + 0.001
    text = " ".join(describe_edge(1.0, Edge(0.5, 1.0), {0.5: HOLDS, 1.0: Tried(peak, 1.0, 0.9)}))
    found = re.search(r"a probability of (less than )?([\d.]+)\s%", text)
    assert found
    assert float(found[2]) <= 10.0
    if not found[1]:
        assert float(found[2]) == pytest.approx(100 * math.exp(-peak), abs=0.051)
