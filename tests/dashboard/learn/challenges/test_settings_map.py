"""What is said of five tries follows the map, whichever were tried."""

import itertools
import random

import pytest

from dashboard.learn.challenges.settings_map import (
    Place,
    best_place,
    describe_map,
    describe_try,
    read_tries,
    write_tries,
)

BATCHES, RATES = (10, 200, 5_000), (0.01, 0.1, 1.0)
OFFERED = list(itertools.product(BATCHES, RATES))


def _map(seed: int) -> dict[Place, float]:
    chance = random.Random(seed)
    return {place: round(chance.uniform(0.6, 0.95), 4) for place in OFFERED}


def test_tries_are_read_as_they_were_written_and_nothing_else_is() -> None:
    assert read_tries(write_tries(OFFERED[:5]), OFFERED) == OFFERED[:5]
    assert read_tries(write_tries(OFFERED), OFFERED) == OFFERED[:5]
    assert read_tries("", OFFERED) == []
    assert read_tries("10:0.01,11:0.1,x,200:1,::", OFFERED) == [(10, 0.01), (200, 1.0)]


@pytest.mark.parametrize(
    ("accuracy", "before", "text"),
    [
        (0.9, None, "reach 90.0\N{NO-BREAK SPACE}%."),
        (0.9, 0.88, "2.0 points more"),
        (0.88, 0.9, "2.0 points less"),
        (0.9, 0.9002, "as much as your best"),
    ],
)
def test_a_try_is_compared_with_the_best_before_it(accuracy: float, before: float | None, text: str) -> None:
    assert text in describe_try((200, 0.1), accuracy, before)


@pytest.mark.parametrize("seed", range(30))
def test_the_rank_the_best_and_the_equals_are_those_of_the_map(seed: int) -> None:
    accuracies = _map(seed)
    chance = random.Random(seed)
    tries = chance.sample(OFFERED, 5)
    best = max(accuracies, key=lambda place: accuracies[place])
    equals = {best, *chance.sample(OFFERED, 3)}
    first, second, third = describe_map(tries, accuracies, equals)
    mine = max(tries, key=lambda place: accuracies[place])
    rank = sorted(accuracies.values(), reverse=True).index(accuracies[mine]) + 1
    assert best_place(accuracies) == best
    if rank == 1:
        assert "Nothing on the map of 9 settings is better" in first
        assert "Yours" not in second
    else:
        assert f"number {rank} of 9" in first
        assert f"{100 * accuracies[best]:.1f}" in first
        assert ("Yours is among them" in second) == (mine in equals and len(equals) > 1)
    for batch in sorted({batch for batch, _ in accuracies}):
        row = {rate: value for (size, rate), value in accuracies.items() if size == batch}
        assert f"{max(row, key=row.__getitem__):g} with {batch:,}" in third


@pytest.mark.parametrize(
    ("best", "rises", "falls"),
    [((0.1, 0.5, 1.0), True, False), ((0.1, 1.0, 0.5), True, True), ((0.5, 0.1, 1.0), False, False)],
)
def test_the_shape_of_the_map_is_told_from_all_its_rows(
    best: tuple[float, ...], rises: bool, falls: bool
) -> None:
    sizes, rates = (10, 1_000, 5_000), (0.1, 0.5, 1.0)
    accuracies = {
        (size, rate): 0.9 if rate == own else 0.5
        for size, own in zip(sizes, best, strict=True)
        for rate in rates
    }
    rows = describe_map([(10, 0.1)], accuracies, set())[2]
    assert ("it rises" in rows) == rises
    assert ("With 5,000 it falls again" in rows) == falls


def test_if_nothing_equals_the_best_no_others_are_counted() -> None:
    accuracies = _map(1)
    best = best_place(accuracies)
    text = describe_map([OFFERED[0]], accuracies, {best})[1]
    assert "All other settings are clearly worse" in text
