"""What is said of rates that break follows the runs, whichever rate was guessed."""

import math
import random
import re

import pytest
import torch
import torch.nn.functional as F

from dashboard.lab.setting_choices import LEARNING_RATES
from dashboard.learn.challenges.too_fast import (
    LIMIT,
    LOOKS,
    Edge,
    Tried,
    describe_edge,
    describe_next_try,
    find_edge,
    losses_of_run,
    next_rate,
    read_rate,
)
from mnist_core import Digits, Preprocessing, TrainingConfig, train
from mnist_core.training.digits import order_of_epoch


def _tried(peak: float, end: float, accuracy: float) -> Tried:
    return Tried(((1, 1.8), (5, peak), (600, 0.5)), end, accuracy)


HOLDS, BREAKS = _tried(1.9, 0.3, 0.917), _tried(4.41, 0.296, 0.917)


def _run(rate: float, edge: float) -> Tried:
    return BREAKS if rate >= edge else HOLDS


def test_a_guess_is_one_of_the_offered_rates() -> None:
    assert [read_rate(f"{rate:g}", LEARNING_RATES) for rate in LEARNING_RATES] == LEARNING_RATES
    for guess in ("", "0.3", "nan", "1e-3", "0.50"):
        assert read_rate(guess, LEARNING_RATES) is None


def test_a_run_is_broken_above_the_loss_of_a_model_that_has_learned_nothing() -> None:
    assert not _tried(LIMIT, 1, 0.5).broken
    assert _tried(LIMIT + 0.01, 1, 0.5).broken
    assert _tried(math.nan, math.nan, 0.1).broken


@pytest.mark.parametrize("edge", [0.0, *LEARNING_RATES, math.inf])
def test_from_any_guess_a_few_tries_find_the_edge(edge: float) -> None:
    for guess in LEARNING_RATES:
        _find_the_edge(guess, edge)


def _find_the_edge(guess: float, edge: float) -> None:
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
    assert ("does not overshoot" in text) == (not broken)
    if found.breaks is not None and guess != found.breaks:
        assert ("it takes " in text) == (guess < found.breaks)


def test_the_next_words_name_what_holds_and_what_breaks() -> None:
    tries = {0.05: HOLDS, 1.0: BREAKS}
    text = describe_next_try(tries, LEARNING_RATES)
    assert "overshoots at 1, where the loss rose to 4.41 after 5 steps" in text
    assert "holds at 0.05" in text
    assert "Try more" in describe_next_try({0.05: HOLDS}, LEARNING_RATES)
    assert "Try less" in describe_next_try({0.05: BREAKS}, LEARNING_RATES)


@pytest.mark.parametrize(("end", "recovers"), [(0.3, True), (LIMIT, True), (3.0, False), (math.nan, False)])
def test_whether_it_recovers_is_told_from_its_end(end: float, recovers: bool) -> None:
    tries = {0.5: HOLDS, 1.0: _tried(5.0, end, 0.4)}
    text = " ".join(describe_edge(0.5, Edge(0.5, 1.0), tries))
    assert ("It recovered" in text) == recovers
    assert ("did not recover" in text) == (not recovers)


@pytest.mark.parametrize("seed", range(20))
def test_a_broken_run_is_said_to_give_the_right_digit_less_than_a_guess(seed: int) -> None:
    peak = LIMIT + random.Random(seed).expovariate(0.2) + 0.001
    text = " ".join(describe_edge(1.0, Edge(0.5, 1.0), {0.5: HOLDS, 1.0: _tried(peak, 1.0, 0.9)}))
    found = re.search(r"a probability of (less than )?([\d.]+)\s%", text)
    assert found
    assert float(found[2]) <= 10.0
    if not found[1]:
        assert float(found[2]) == pytest.approx(100 * math.exp(-peak), abs=0.051)


@pytest.mark.slow
def test_the_losses_are_those_of_autograd_and_end_where_the_run_ends(sample: Digits) -> None:
    config = TrainingConfig(100, 1.0, 1, preprocessing=Preprocessing.RAW)
    looked = dict(losses_of_run(config, sample))
    train_images, test_images = (part.images.flatten(1) / 255 for part in (sample.train, sample.test))
    layer = torch.nn.Linear(784, 10)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    optimizer, window = torch.optim.SGD(layer.parameters(), lr=1.0), []
    for step, batch in enumerate(order_of_epoch(0, 0, len(sample.train)).split(100), start=1):
        loss = F.cross_entropy(layer(train_images[batch]), sample.train.labels[batch])
        window.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step <= LOOKS:
            with torch.no_grad():
                test = F.cross_entropy(layer(test_images), sample.test.labels).item()
            assert looked[step] == pytest.approx(test, rel=1e-3)
        elif step % 10 == 0:
            assert looked[step] == pytest.approx(sum(window[-10:]) / 10, rel=1e-3)
    assert list(looked) == [*range(1, 31), 40]  # the sample has 4,000 digits


def test_a_peak_between_two_reports_is_seen(sample: Digits) -> None:
    config = TrainingConfig(
        100, 1.0, 1, preprocessing=Preprocessing.RAW, reports_per_epoch=20, early_reports=True
    )
    reports = [report for report in train(config, sample) if report.step]
    looked = losses_of_run(config, sample)
    run = Tried(looked, reports[-1].test.loss, reports[-1].test.accuracy)
    assert run.broken
    assert run.peak >= max(report.test.loss for report in reports if report.step <= LOOKS)
    at = dict(looked)
    for report in reports:
        if report.step <= LOOKS:
            assert at[report.step] == pytest.approx(report.test.loss, rel=1e-5)
