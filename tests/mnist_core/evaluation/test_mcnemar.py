"""Intervals and McNemar's test, held against scipy, and the sentence that is made of them."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy.stats import binomtest  # type: ignore[import-untyped]

from mnist_core import Comparison, McNemar, Predictions, compare, mcnemar, wilson_interval
from mnist_core.evaluation.mcnemar import Score, describe_comparison, seed_spread


def _right(both: int, only_a: int, only_b: int, neither: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Make two vectors with so many digits of each kind, shuffled."""
    kinds = torch.tensor([(1, 1)] * both + [(1, 0)] * only_a + [(0, 1)] * only_b + [(0, 0)] * neither)
    kinds = kinds.view(-1, 2)[torch.randperm(len(kinds), generator=torch.Generator().manual_seed(7))]
    return kinds[:, 0].bool(), kinds[:, 1].bool()


def _predictions(labels: list[int], predicted: list[int]) -> Predictions:
    return Predictions(torch.eye(10)[predicted], torch.tensor(labels))


def _comparison(only_a: int, only_b: int) -> Comparison:
    labels = [3] * (only_a + only_b + 1)
    a = _predictions(labels, [3] * only_a + [5] * only_b + [3])
    b = _predictions(labels, [8] * only_a + [3] * only_b + [3])
    return compare(a, b)


EDGES = [(0, 1), (1, 1), (0, 10_000), (10_000, 10_000), (1, 10_000), (9_999, 10_000), (9_905, 10_000)]


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
def test_the_interval_is_scipys(confidence: float) -> None:
    draw = random.Random(1)
    counts = [draw.choice([draw.randint(1, 30), draw.randint(1, 60_000)]) for _ in range(200)]
    for right, count in (*EDGES, *((draw.randint(0, count), count) for count in counts)):
        expected = binomtest(right, count).proportion_ci(confidence, method="wilson")
        found = wilson_interval(right, count, confidence)
        assert found == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("count", [1, 7, 100, 10_000, 60_000])
def test_none_right_begins_at_exactly_0_and_all_right_ends_at_exactly_1(count: int) -> None:
    none, all_right = wilson_interval(0, count), wilson_interval(count, count)
    assert none[0] == 0.0
    assert all_right[1] == 1.0
    assert 0 < none[1] == pytest.approx(1 - all_right[0])


def test_the_interval_contains_the_accuracies_that_do_not_contradict_the_measured_one() -> None:
    """Wilson's own definition: at the ends, the distance is z standard errors of the end itself."""
    for end in wilson_interval(9_905, 10_000):
        assert abs(0.9905 - end) == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / 10_000), rel=1e-6)


@pytest.mark.parametrize(("right", "count"), [(-1, 10), (11, 10), (0, 0), (1, 0), (0, -1)])
def test_numbers_that_no_test_gives_are_refused(right: int, count: int) -> None:
    with pytest.raises(ValueError, match=f"got {right} of {count}"):
        wilson_interval(right, count)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.1, math.nan])
def test_a_confidence_that_is_not_between_0_and_1_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence must be between 0 and 1"):
        wilson_interval(5, 10, confidence)


@pytest.mark.parametrize(
    ("only_a", "only_b"),
    [(0, 1), (1, 0), (0, 20), (24, 31), (31, 24), (30, 30), (5, 15), (1000, 1100), (27, 1085), (0, 9000)],
)
def test_the_p_value_is_that_of_scipys_exact_binomial_test(only_a: int, only_b: int) -> None:
    expected = binomtest(only_a, only_a + only_b, 0.5).pvalue
    result = mcnemar(*_right(200, only_a, only_b, 20))
    assert (result.only_a, result.only_b) == (only_a, only_b)
    assert result.p_value == pytest.approx(expected, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 1000), (27, 1085), (2500, 2600)])
def test_the_p_value_is_twice_the_tail_counted_in_whole_numbers(only_a: int, only_b: int) -> None:
    """Also where scipy's, computed with floats, has become 0."""
    changed = only_a + only_b
    tail = Fraction(sum(math.comb(changed, heads) for heads in range(only_a + 1)), 2**changed)
    assert mcnemar(*_right(0, only_a, only_b, 0)).p_value == float(2 * tail)


def test_if_no_digit_changed_nothing_speaks_for_either() -> None:
    assert mcnemar(*_right(90, 0, 0, 10)) == McNemar(0, 0, 1.0)
    assert mcnemar(*_right(1, 0, 0, 0)) == McNemar(0, 0, 1.0)


def test_digits_that_both_read_or_both_misread_change_nothing() -> None:
    few, many = mcnemar(*_right(0, 5, 15, 0)), mcnemar(*_right(9_000, 5, 15, 400))
    assert few == many


def test_where_20_digits_changed_a_net_gain_of_10_is_needed_at_five_percent() -> None:
    """The figures of the design: 10 where 20 changed, 18 of 60, 22 of 100."""
    for changed, gain in ((20, 10), (60, 18), (100, 22)):
        enough = mcnemar(*_right(0, (changed - gain) // 2, (changed + gain) // 2, 0))
        too_few = mcnemar(*_right(0, (changed - gain) // 2 + 1, (changed + gain) // 2 - 1, 0))
        assert enough.p_value < 0.05 < too_few.p_value


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (torch.ones(3, dtype=torch.bool), torch.ones(4, dtype=torch.bool)),
        (torch.ones(3, dtype=torch.bool), torch.ones(3, dtype=torch.int64)),
        (torch.ones(3), torch.ones(3, dtype=torch.bool)),
        (torch.ones(3, 1, dtype=torch.bool), torch.ones(3, 1, dtype=torch.bool)),
    ],
)
def test_vectors_that_do_not_belong_together_are_refused(a: torch.Tensor, b: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"expected two vectors \(N,\) bool of one length"):
        mcnemar(a, b)


def test_two_models_are_compared_digit_by_digit() -> None:
    labels = [0, 1, 2, 3, 4, 5]
    a = _predictions(labels, [0, 1, 9, 9, 4, 9])
    b = _predictions(labels, [0, 9, 2, 3, 4, 8])
    comparison = compare(a, b)
    assert (comparison.a, comparison.b) == (Score(3, 6), Score(4, 6))
    assert comparison.only_a.tolist() == [1]
    assert comparison.only_b.tolist() == [2, 3]
    assert comparison.only_a.dtype == comparison.only_b.dtype == torch.int64
    assert comparison.test == McNemar(1, 2, 1.0)
    assert comparison.b.accuracy == pytest.approx(2 / 3)
    assert comparison.b.interval == wilson_interval(4, 6)


@pytest.mark.parametrize("labels", [[0, 1, 2, 4], [0, 1, 2]])
def test_models_that_read_other_digits_cannot_be_compared(labels: list[int]) -> None:
    a, b = _predictions([0, 1, 2, 3], [0, 1, 2, 3]), _predictions(labels, labels)
    with pytest.raises(ValueError, match=f"the same digits, got 4 and {len(labels)} with different labels"):
        compare(a, b)


def test_the_spread_of_seeds_is_that_of_numpy_with_one_degree_of_freedom_less() -> None:
    accuracies = [0.9901, 0.9898, 0.9905, 0.9899, 0.9907]
    expected = (np.mean(accuracies), np.std(accuracies, ddof=1))
    assert seed_spread(accuracies) == pytest.approx(expected, rel=1e-12)
    assert seed_spread([0.5, 0.5]) == (0.5, 0.0)


@pytest.mark.parametrize("accuracies", [[], [0.99]])
def test_a_single_run_has_no_spread(accuracies: list[float]) -> None:
    with pytest.raises(ValueError, match=f"at least two runs, got {len(accuracies)}"):
        seed_spread(accuracies)


NOT_SHOWN = "so this does not show that {} reads such digits better."
EVIDENCE = "evidence that {} reads such digits better."
NEITHER = "so neither is better on these digits."


@pytest.mark.parametrize(
    ("only_a", "only_b", "counts", "meaning"),
    [
        (
            24, 31, "B reads 31 digits that A misreads, and A reads 24 that B misreads.",
            f"Chance alone often makes such a difference (p = 0.42), {NOT_SHOWN.format('B')}",
        ),
        (
            30, 17, "A reads 30 digits that B misreads, and B reads 17 that A misreads.",
            f"Chance alone now and then makes such a difference (p = 0.079), {NOT_SHOWN.format('A')}",
        ),
        (
            5, 15, "B reads 15 digits that A misreads, and A reads 5 that B misreads.",
            f"Chance alone rarely makes such a difference (p = 0.041), which is {EVIDENCE.format('B')}",
        ),
        (
            1085, 0, "A reads 1,085 digits that B misreads, and B reads none that A misreads.",
            "Chance alone almost never makes such a difference (p < 0.001), "
            f"which is strong {EVIDENCE.format('A')}",
        ),
        (
            0, 1, "B reads 1 digit that A misreads, and A reads none that B misreads.",
            f"Chance alone often makes such a difference (p = 1), {NOT_SHOWN.format('B')}",
        ),
        (9, 9, "A and B each read 9 digits that the other misreads,", NEITHER),
        (1, 1, "A and B each read 1 digit that the other misreads,", NEITHER),
        (0, 0, "A and B read the same digits correctly,", "so these digits cannot tell which is better."),
    ],
)  # fmt: skip
def test_the_verdict_is_a_sentence_that_depends_on_who_is_better_and_on_p(
    only_a: int, only_b: int, counts: str, meaning: str
) -> None:
    assert describe_comparison(_comparison(only_a, only_b)) == f"{counts} {meaning}"


def test_the_verdict_calls_the_models_by_the_names_given() -> None:
    text = describe_comparison(_comparison(24, 31), "batch 100", "batch 50")
    assert text.startswith("batch 50 reads 31 digits that batch 100 misreads, and batch 100 reads 24")
    assert text.endswith("that batch 50 reads such digits better.")


def test_below_five_percent_and_only_there_a_difference_is_called_evidence() -> None:
    for only_a in (0, 5, 17, 30):
        for only_b in range(60):
            comparison = _comparison(only_a, only_b)
            assert ("evidence" in describe_comparison(comparison)) == (comparison.test.p_value < 0.05)
