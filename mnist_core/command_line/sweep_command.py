"""What `digit-lab sweep` does: a table of settings, then the best of them trained and tested."""

import csv
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import TextIO

from tqdm import tqdm  # type: ignore[import-untyped]

from mnist_core.command_line.commands import describe_score, load_digits_with_bars
from mnist_core.data.dataset import Digits
from mnist_core.evaluation.mcnemar import Score
from mnist_core.preprocessing.preprocess import Preprocessing
from mnist_core.sweep.choice import Choice, indistinguishable, train_best
from mnist_core.sweep.grid import Cell, Grid, SweepResult, digits_to_hold_out
from mnist_core.sweep.search import SCHEDULER_VARIABLE, ClusterError, connect_scheduler, sweep

LEARNING_RATES = (0.001, 0.01, 0.1, 0.3, 1.0)
BATCH_SIZES = (10, 100, 1_000)

BEST, EQUAL, DIVERGED, MISSING = "*", "=", "!", "-"
COLUMNS = (
    *("preprocessing", "training_digits", "wrong_labels", "batch_size", "learning_rate"),
    *("validation_accuracy", "low", "high"),
    *("validation_loss", "mark", "seconds"),
)
LEGEND = (
    f"{BEST} best   {EQUAL} cannot be told apart from the best (McNemar's exact test, 0.05)   "
    f"{DIVERGED} diverged: loss above ln 10   {MISSING} not computed"
)


def add_sweep(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = (
        "Try every learning rate with every batch size and input, on digits held out from training; then "
        "train on all with the best settings, and test once. Ctrl-C prints what is done."
    )
    add = parser.add_argument
    add("--learning-rates", type=float, nargs="+", default=LEARNING_RATES, metavar="RATE")
    add("--batch-sizes", type=int, nargs="+", default=BATCH_SIZES, metavar="N", help="digits per step")
    add(
        "--preprocessing",
        nargs="+",
        choices=[how.value for how in Preprocessing],
        default=[Preprocessing.DIRECTIONS],
        help="what is done to each digit first (directions)",
    )
    add(
        "--training-digits",
        type=int,
        nargs="+",
        default=[None],
        metavar="N",
        help="how many digits to learn, chosen at random by the seed (all)",
    )
    add(
        "--wrong-labels",
        type=float,
        nargs="+",
        default=[0.0],
        metavar="SHARE",
        help="share of the digits to learn as another digit, 0 to 1 (0)",
    )
    add("--epochs", type=int, default=3, metavar="N", help="times through all digits (%(default)s)")
    add("--seed", type=int, default=0, metavar="N", help="for the order of the digits (%(default)s)")
    add(
        "--validation",
        type=int,
        metavar="N",
        help="hold out the last N training digits, to choose by (5,000, or a quarter if that is fewer)",
    )
    add("--csv", action="store_true", help="print a line for each cell, as comma-separated values")
    add(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask scheduler whose workers do the work, such as tcp://host:8786 "
        f"(${SCHEDULER_VARIABLE})",
    )
    parser.set_defaults(run=sweep_and_print)


def sweep_and_print(options: Namespace) -> None:
    """Print the table, also after Ctrl-C; then train with the best settings and test."""
    validation = {} if options.validation is None else {"validation": options.validation}
    grid = Grid(  # refuses an impossible one before anything starts
        options.learning_rates,
        options.batch_sizes,
        options.preprocessing,
        options.epochs,
        options.seed,
        training_digits=options.training_digits,
        wrong_labels=options.wrong_labels,
        **validation,
    )
    with connect_scheduler(options.scheduler) or nullcontext() as executor:
        if executor:
            print(f"Workers of {executor.address}: {executor.workers}", file=sys.stderr)
        configs = [grid.config(cell) for cell in grid.cells] if validation else []
        digits = load_digits_with_bars(*grid.preprocessings, refused_for=configs)
        if not validation:
            grid = replace(grid, validation=digits_to_hold_out(digits.train))
        results: list[SweepResult] = []
        try:
            with tqdm(total=len(grid.cells), unit="cell", leave=False, disable=None) as bar:
                for result in sweep(grid, digits, executor=executor):
                    results.append(result)
                    bar.update()
        except ClusterError as error:
            raise ValueError(f"the sweep has ended early: {error}") from error
        except RuntimeError as error:  # from a worker: among others, that it lacks something
            if isinstance(error.__context__, KeyboardInterrupt):  # Ctrl-C, while a thread was being started
                raise error.__context__ from None
            raise ValueError(f"the sweep has failed: {error}") from error
        finally:
            choice = indistinguishable(results)
            _print_csv(grid, results, choice) if options.csv else _print_tables(grid, results, choice)
            sys.stdout.flush()
    if choice is None:
        raise ValueError("every cell has diverged: try lower learning rates")
    _print_best(grid, choice, digits, sys.stderr if options.csv else sys.stdout)


def _print_tables(grid: Grid, results: Sequence[SweepResult], choice: Choice | None) -> None:
    found = {result.cell: result for result in results}
    rates = [f"{rate:g}" for rate in grid.learning_rates]
    width = max(7, *map(len, rates)) + 2
    for same in dict.fromkeys(replace(cell, batch_size=0, learning_rate=0.0) for cell in grid.cells):
        digits = f"{grid.validation:,} digits held out"
        print(f"{_describe(same)}: accuracy in % on {digits}, by batch size and learning rate")
        print(f"{'':10}" + "".join(f"{rate:>{width - 1}} " for rate in rates))
        for size in grid.batch_sizes:
            cells = [replace(same, batch_size=size, learning_rate=rate) for rate in grid.learning_rates]
            entries = (_entry(found.get(cell), choice) for cell in cells)
            print(f"{size:>10,}" + "".join(f"{entry:>{width}}" for entry in entries))
        print()
    print(LEGEND)


def _describe(cell: Cell) -> str:
    """Write what a cell learns from, such as "raw, 100 digits, 20 % of the labels wrong"."""
    digits = "" if cell.training_digits is None else f", {cell.training_digits:,} digits"
    wrong = f", {100 * cell.wrong_labels:g} % of the labels wrong" if cell.wrong_labels else ""
    return f"{cell.preprocessing}{digits}{wrong}"


def _entry(result: SweepResult | None, choice: Choice | None) -> str:
    if result is None:
        return f"{MISSING} "
    return f"{100 * result.validation.accuracy:.2f}{_mark(result, choice) or ' '}"


def _mark(result: SweepResult, choice: Choice | None) -> str:
    if result.diverged:
        return DIVERGED
    if choice is None or result.cell not in choice.cells:
        return ""
    return BEST if result is choice.best else EQUAL


def _print_csv(grid: Grid, results: Sequence[SweepResult], choice: Choice | None) -> None:
    place = {cell: number for number, cell in enumerate(grid.cells)}
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(COLUMNS)
    for result in sorted(results, key=lambda result: place[result.cell]):
        score, cell = result.validation, result.cell
        numbers = (f"{number:.4f}" for number in (score.accuracy, *score.interval, result.metrics.loss))
        mark = {BEST: "best", EQUAL: "equal", DIVERGED: "diverged", "": ""}[_mark(result, choice)]
        settings = (
            cell.preprocessing,
            "all" if cell.training_digits is None else cell.training_digits,
            cell.wrong_labels,
            cell.batch_size,
            cell.learning_rate,
        )
        table.writerow([*settings, *numbers, mark, f"{result.seconds:.3f}"])


def _print_best(grid: Grid, choice: Choice, digits: Digits, file: TextIO) -> None:
    cell = choice.best.cell
    settings = f"{_describe(cell)}, batch size {cell.batch_size:,}, learning rate {cell.learning_rate:g}"
    print(
        f"Best: {settings}; {len(choice.equals)} others cannot be told apart from it.", file=file, flush=True
    )
    report = train_best(grid, cell, digits)
    count = len(digits.test)
    score = Score(round(report.test.accuracy * count), count)
    learned = f"{cell.training_digits:,}" if cell.training_digits else f"all {len(digits.train):,}"
    print(f"Trained on {learned} digits and tested once: {describe_score(score)}", file=file)
