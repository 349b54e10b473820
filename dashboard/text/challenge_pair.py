"""Which two digits does it confuse most? The pair that was guessed, and the pair that it is."""

from itertools import combinations

from torch import Tensor

from dashboard.ui.numbers import percent

PAIRS = list(combinations(range(10), 2))


def write_pair(one: int, other: int) -> str:
    """Write two different digits, the smaller first."""
    return f"{min(one, other)}-{max(one, other)}"


def read_pair(guess: str) -> tuple[int, int] | None:
    """Read a pair of different digits; None for anything else."""
    return next((pair for pair in PAIRS if write_pair(*pair) == guess), None)


def confusions(matrix: Tensor) -> dict[tuple[int, int], int]:
    """Count for each pair of digits how often one was read as the other, from a matrix (10, 10) int64."""
    return {(a, b): int(matrix[a, b] + matrix[b, a]) for a, b in PAIRS}


def most_confused(matrix: Tensor) -> tuple[int, int]:
    """Return the pair that is confused most often, the first of equals."""
    counts = confusions(matrix)
    return max(PAIRS, key=counts.__getitem__)


def pair_words(guess: tuple[int, int], matrix: Tensor) -> list[str]:
    """Say where the guessed pair stands among all 45, and which one is first, in sentences."""
    counts = confusions(matrix)
    total, own = sum(counts.values()), counts[guess]
    if not total:
        return ["It misreads none of the test digits, so no pair is confused."]
    best = most_confused(matrix)
    most = counts[best]
    ties = [pair for pair in PAIRS if counts[pair] == most and pair != guess]
    rank = 1 + sum(count > own for count in counts.values())
    if rank == 1:
        tied = f" {_names(ties[0])} are confused as often." if ties else ""
        first = f"You found it: it confuses {_names(guess)} {_times(own)}, and no pair more often.{tied}"
        return [first, _direction(guess, matrix), _share(own, total)]
    yours = (
        f"It confuses {_names(guess)} {_times(own)}, which is number {rank} of all 45 pairs."
        if own
        else f"It never confuses {_names(guess)}."
    )
    return [
        f"{yours} Most often, {_times(most)}, it confuses {_names(best)}.",
        _direction(best, matrix),
        _share(most, total),
    ]


def _direction(pair: tuple[int, int], matrix: Tensor) -> str:
    a, b = pair
    one, other = int(matrix[a, b]), int(matrix[b, a])
    if one == other:
        return f"Both ways equally: {_times(one)} a {a} is read as {b}, and as often the other way round."
    more, less = ((a, b, one), (b, a, other)) if one > other else ((b, a, other), (a, b, one))
    return (
        f"It is not the same both ways: {_times(more[2])} a {more[0]} is read as {more[1]}, and "
        f"{_times(less[2])} a {less[0]} as {less[1]}."
    )


def _share(most: int, total: int) -> str:
    return (
        f"This one pair makes up {percent(most / total)} of all {total:,} mistakes; if they were spread "
        f"evenly over the 45 pairs, it would be {percent(1 / 45)}."
    )


def evidence_words(label: int, answer: int, in_favour: float, against: float, bias: float) -> str:
    """Say how one mistake came about: the evidence for the answer, and that for what the digit is.

    `in_favour` + `against` + `bias` is the logit of the answer minus that of the label.
    """
    lead = round(in_favour, 2) + round(against, 2) + round(bias, 2)
    return (
        f"Take the {label} that it reads as {answer} with the most confidence. Blue is evidence for "
        f"{answer}, orange for {label}. The blue adds {in_favour:.2f}, the orange takes away "
        f"{abs(against):.2f}, and the biases {'add' if bias >= 0 else 'take away'} {abs(bias):.2f}: {answer} "
        f"leads by {lead:.2f}."
    )


def _names(pair: tuple[int, int]) -> str:
    return f"{pair[0]} and {pair[1]}"


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count:,} times")
