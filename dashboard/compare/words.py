"""What a comparison of runs says beyond two single models: several seeds, and a choice among many."""

import math
import statistics
from collections.abc import Iterable, Mapping

from dashboard.lab.setting_choices import SETTINGS
from dashboard.ui.text import percent
from mnist_core import Cell, Choice, Grid, Preprocessing, SweepResult
from mnist_core.evaluation.mcnemar import Score, seed_spread

REFUSALS = {  # how a grid names what is wrong with it -> how the page does
    "learning_rates": "Learning rates",
    "batch_sizes": "Batch sizes",
    "preprocessings": "Inputs",
    "training_digits": "Training digits",
    "wrong_labels": "Wrong labels",
}


def describe_refusal(error: ValueError) -> str:
    """Say why a grid cannot be drawn."""
    text = str(error)
    for name, label in REFUSALS.items():
        text = text.replace(name, label)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def describe_duration(seconds: float) -> str:
    """Write about how long something takes."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} minutes"


def describe_size(grid: Grid, seconds: float) -> str:
    """Say how large a map will be, and about how long it takes."""
    cells = len(grid.cells)
    epochs = "1 epoch" if grid.epochs == 1 else f"{grid.epochs} epochs"
    return f"{_count(cells, 'cell')}, {epochs} each: about {describe_duration(seconds)}."


def describe_cell(cell: Cell, *, with_input: bool = False) -> str:
    """Name a cell: "batch 100 · rate 0.5"."""
    text = f"batch {cell.batch_size:,} · rate {cell.learning_rate:g}"
    for name in ("training_digits", "wrong_labels"):
        if value := getattr(cell, name):
            text += f" · {SETTINGS[name].describe(value)}"
    return f"{text} · {cell.preprocessing}" if with_input else text


def describe_result(result: SweepResult) -> str:
    """Say how a cell has done."""
    loss = result.metrics.loss
    text = (
        f"{describe_score(result.validation)}, loss {f'{loss:.4g}' if math.isfinite(loss) else 'not finite'}"
    )
    ending = (
        " It has diverged: the loss is above that of a model that knows nothing." if result.diverged else ""
    )
    return f"validation accuracy {text}.{ending}"


def describe_score(score: Score) -> str:
    """Write an accuracy with its interval."""
    low, high = score.interval
    return f"{percent(score.accuracy, 2)} (95 % interval {100 * low:.2f} to {100 * high:.2f})"


def describe_best(results: Iterable[SweepResult], how: Preprocessing) -> str:
    """Say how well the cells of one input do at best; nothing if there are none that have not diverged."""
    sound = [one.validation for one in results if one.cell.preprocessing == how and not one.diverged]
    best = max((score.accuracy for score in sound), default=None)
    return "" if best is None else f", at best {percent(best, 2)}"


def describe_region(choice: Choice | None, cells: int, *, complete: bool) -> str:
    """Say which cell is the best, and how many cannot be told apart from it."""
    if choice is None:
        return "All settings have diverged: choose smaller learning rates." if cells and complete else ""
    best = describe_cell(choice.best.cell, with_input=True)
    so_far = "" if complete else " so far"
    equals = len(choice.equals)
    if cells == 1:
        return f"The best cell{so_far} is {best}: it is the only one{'' if complete else ' yet'}."
    if not equals:
        return f"The best cell{so_far} is {best}. Every other cell reads fewer digits, by more than chance."
    others = "the other cell" if equals == 1 else f"the {equals} other cells"
    return (
        f"The best cell{so_far} is {best}. Chance alone could explain the difference between it and {others} "
        "inside the line."
    )


def describe_marks() -> str:
    """Explain the marks."""
    return (
        "Percent of the digits held out that are read correctly. More blue means fewer mistakes; none is "
        "left at four times as many as the best cell of the same input makes. × has diverged. The frame "
        "marks the best cell. The line goes around it and all cells that cannot be told apart from it "
        "(McNemar's test on the same digits, 0.05). Often it is a whole region: then any of them will do."
    )


def describe_pairing(grid: Grid) -> str:
    """Say what is shared, and by what digits the choice is made."""
    return (
        "All cells see the digits in the same order, and those with one batch size the same batches, so a "
        "difference between two cells comes from their settings and not from luck with the order. Where a "
        "cell learns fewer digits, they are some of those that the others learn. The cells are "
        f"compared on the last {grid.validation:,} training digits, which none of them learns from."
    )


def describe_winner(cell: Cell, test: Score) -> str:
    """Say how the winner does on the test digits."""
    learned = SETTINGS["training_digits"].describe(cell.training_digits)
    return (
        f"**Winner: {describe_cell(cell, with_input=True)}**, trained on {learned}: test accuracy "
        f"**{describe_score(test)}**. The test digits were read only for this, once."
    )


def describe_map(input_name: str, rows: str, results: int, cells: int, region: str) -> str:
    """Describe the map for a screen reader; `rows` names the setting that changes from row to row."""
    return (
        f"Map of {rows.lower()} and learning rate for {input_name}: {results} of {cells} cells done. {region}"
    )


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number:,} {what}s"


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
        f"Over {len(common)} seeds, {better}'s accuracy is {points(abs(mean))} higher than {other}'s on "
        f"average. From seed to seed, this difference varies by {points(deviation)} (standard deviation); "
        f"{better} is better {how_often}."
    )


def _unpaired(a: Accuracies, b: Accuracies, a_name: str, b_name: str) -> str:
    means = {name: statistics.fmean(known.values()) for name, known in ((a_name, a), (b_name, b))}
    better, other = (b_name, a_name) if means[b_name] >= means[a_name] else (a_name, b_name)
    lead = points(means[better] - means[other])
    sentences = [
        f"On average, {a_name} and {b_name} read equally many digits."
        if lead == points(0)
        else f"On average, {better}'s accuracy is {lead} higher than {other}'s."
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
