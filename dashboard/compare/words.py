"""What a comparison of runs says beyond two single models: several seeds, and a choice among many."""

import math
import statistics
from collections.abc import Mapping

from mnist_core import Score, seed_spread

Accuracies = Mapping[int, float]  # seed -> test accuracy, 0 to 1


def describe_seeds(a: Accuracies, b: Accuracies, a_name: str = "A", b_name: str = "B") -> str:
    """Say which of two settings is better over several seeds, and how far the difference varies.

    Seeds that both have are compared in pairs, because the same seed gives both the same order of digits.
    """
    common = sorted(a.keys() & b.keys())
    if len(common) < 2:
        return _unpaired(a, b, a_name, b_name)
    gains = [b[seed] - a[seed] for seed in common]
    mean, deviation = seed_spread(gains)
    if points(abs(mean)) == points(0):
        equal = f"Over {len(common)} seeds, {a_name} and {b_name} read equally many of the test digits"
        if not any(gains):
            return f"{equal}, with each of them."
        return (
            f"{equal} on average. From seed to seed, the difference varies by {points(deviation)} "
            "(standard deviation)."
        )
    better, other, sign = (b_name, a_name, 1) if mean >= 0 else (a_name, b_name, -1)
    wins = sum(sign * gain > 0 for gain in gains)
    how_often = "with each of them" if wins == len(common) else f"with {wins} of them"
    return (
        f"Over {len(common)} seeds, {better} reads {points(abs(mean))} more of the test digits than {other} "
        f"on average. From seed to seed, this difference varies by {points(deviation)} (standard deviation); "
        f"{better} is better {how_often}."
    )


def _unpaired(a: Accuracies, b: Accuracies, a_name: str, b_name: str) -> str:
    means = {name: statistics.fmean(known.values()) for name, known in ((a_name, a), (b_name, b))}
    better, other = (b_name, a_name) if means[b_name] >= means[a_name] else (a_name, b_name)
    lead = points(means[better] - means[other])
    sentences = [
        f"On average, {a_name} and {b_name} read equally many digits."
        if lead == points(0)
        else f"On average, {better} reads {lead} more than {other}."
    ]
    for name, known in ((a_name, a), (b_name, b)):
        if len(known) > 1:
            deviation = points(statistics.stdev(known.values()))
            sentences.append(f"The {len(known)} seeds of {name} vary by {deviation} (standard deviation).")
        else:
            sentences.append(
                f"Of {name} there is only one seed: train it with five to see how much a seed changes."
            )
    return " ".join(sentences)


def describe_selection(runs: int, best: Score, *, validated: bool) -> str:
    """Say how many runs are compared, what choosing the best by its test accuracy does, and the way out.

    Args:
        runs: how many are compared, at least 2.
        best: of the run with the best test accuracy.
        validated: whether there are runs with validation digits.
    """
    luck = points(max(selection_gain(runs, best), 0.001), 1)
    instead = (
        "Choose by the validation accuracy instead: these digits are held out for that."
        if validated
        else "To choose settings fairly, hold out digits under **More** in the sidebar, and compare the "
        "validation accuracy."
    )
    return (
        f"**{runs} runs** are compared on the same {best.count:,} test digits. If you choose the best by its "
        f"test accuracy, luck can make it look up to {luck} better than it is. {instead}"
    )


def selection_gain(runs: int, best: Score) -> float:
    """Estimate how much the best of some equally good runs gains by chance, 0 to 1; at most this much.

    It is the expected maximum of normally distributed errors (Blom, Statistical Estimates and Transformed
    Beta-Variables, 1958). Runs that make the same mistakes gain less than these independent ones.
    """
    error = math.sqrt(best.accuracy * (1 - best.accuracy) / best.count)
    return error * statistics.NormalDist().inv_cdf((runs - 0.375) / (runs + 0.25))


def points(difference: float, decimals: int = 2) -> str:
    """Write a difference of accuracies, 0 to 1, in percentage points."""
    return f"{100 * difference:.{decimals}f}\N{NO-BREAK SPACE}points"
