"""What is said of confused pairs follows the matrix, whichever pair was guessed."""

import math
import re

import pytest
import torch
from torch import Tensor

from dashboard.learn.challenges.pair import (
    PAIRS,
    average_distances,
    confusions,
    describe_evidence,
    describe_likeness,
    describe_pair,
    most_confused,
    read_pair,
    write_pair,
)


def _matrix(seed: int, most: int = 9) -> Tensor:
    counts = torch.randint(0, most, (10, 10), generator=torch.Generator().manual_seed(seed))
    return counts + 90 * torch.eye(10, dtype=torch.int64)


def test_there_are_45_pairs_and_each_is_read_as_it_was_written() -> None:
    assert len(PAIRS) == 45
    for a, b in PAIRS:
        assert read_pair(write_pair(b, a)) == (a, b)
    for guess in ("", "4", "9-4", "4-4", "4-10", "4,9"):
        assert read_pair(guess) is None


@pytest.mark.parametrize("seed", range(5))
def test_the_rank_of_a_pair_is_that_of_its_count(seed: int) -> None:
    matrix = _matrix(seed, most=3 if seed == 0 else 9)
    counts = {(a, b): int(matrix[a, b]) + int(matrix[b, a]) for a, b in PAIRS}
    assert confusions(matrix) == counts
    best, total = most_confused(matrix), sum(counts.values())
    assert counts[best] == max(counts.values())
    for guess in PAIRS:
        text = " ".join(describe_pair(guess, matrix))
        rank = 1 + sum(count > counts[guess] for count in counts.values())
        assert ("You found it" in text) == (rank == 1)
        if rank > 1:
            assert f"mixes up {best[0]} and {best[1]}" in text
            assert (f"number {rank} of all 45" if counts[guess] else "It never mixes up") in text
        assert f"{100 * counts[best] / total:.1f}\N{NO-BREAK SPACE}% of all {total:,} mistakes" in text


def test_pairs_that_are_confused_equally_often_are_both_named() -> None:
    matrix = torch.zeros(10, 10, dtype=torch.int64)
    matrix[4, 9], matrix[3, 5] = 6, 6
    text = describe_pair((4, 9), matrix)[0]
    assert "no pair more often" in text
    assert "3 and 5 are mixed up as often" in text


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        (5, 5, "Both ways equally: 5 times"),
        (7, 2, "7 times a 4 is read as 9, and twice a 9 as 4"),
        (0, 1, "once a 9 is read as 4, and never a 4 as 9"),
    ],
)
def test_the_two_directions_are_told_apart(one: int, other: int, text: str) -> None:
    matrix = torch.zeros(10, 10, dtype=torch.int64)
    matrix[4, 9], matrix[9, 4] = one, other
    assert text in " ".join(describe_pair((0, 1), matrix))


def test_a_perfect_model_confuses_nothing() -> None:
    assert describe_pair((4, 9), 9 * torch.eye(10, dtype=torch.int64)) == [
        "It misreads none of the test digits, so no pair is confused."
    ]


def test_a_pair_is_called_alike_by_the_distance_of_its_average_pictures() -> None:
    images = torch.zeros(20, 28, 28, dtype=torch.uint8)
    labels = torch.arange(20) % 10
    for digit in range(10):
        images[labels == digit, 0, 0] = 3 * digit**2
    images[labels == 4, 0, 1] = 255
    distances = average_distances(images, labels)
    assert distances[2, 5] == pytest.approx(63 / 255)
    assert distances[3, 4] == pytest.approx(math.hypot(21 / 255, 1))
    assert "1 and 2 are number 2 of all 45" in describe_likeness((1, 2), distances)
    assert "more alike than those of any other" in describe_likeness((0, 1), distances)
    assert describe_likeness((3, 4), distances) == ""


@pytest.mark.parametrize(("bias", "verb"), [(0.12, "add 0.12"), (-0.12, "take away 0.12")])
def test_the_terms_of_a_mistake_add_up_as_they_are_shown(bias: float, verb: str) -> None:
    text = describe_evidence(4, 9, 6.984, -3.656, bias)
    assert verb in text
    found = re.findall(r"-?\d+\.\d\d", text)
    favour, against, _, lead = map(float, found)
    assert lead == pytest.approx(favour - against + bias, abs=1e-9)
