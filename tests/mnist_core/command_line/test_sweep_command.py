"""The command `sweep`, run as a user runs it, against the core's functions."""

import csv
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from mnist_core import (
    Cell,
    Digits,
    Grid,
    Preprocessing,
    SweepResult,
    TrainingConfig,
    evaluate,
    indistinguishable,
    sweep,
    train,
    wilson_interval,
)
from mnist_core.__main__ import main
from tests.mnist_core.command_line.conftest import RunInTerminal, exit_code
from tests.support.paths import ROOT

SETTINGS = "--learning-rates 0.01 0.5 1e9 --batch-sizes 1000 100 --preprocessing raw --epochs 2"
GRID = Grid((0.01, 0.5, 1e9), (1000, 100), (Preprocessing.RAW,), epochs=2, validation=1_000)


@pytest.fixture(scope="module")
def expected(sample: Digits) -> dict[Cell, SweepResult]:
    with ThreadPoolExecutor(1) as executor:
        return {result.cell: result for result in sweep(GRID, sample, executor=executor)}


@pytest.fixture
def on_a_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the command do its work in this process, which is quicker than to start others."""
    with ThreadPoolExecutor(1) as threads:
        monkeypatch.setattr(
            "mnist_core.command_line.sweep_command.sweep",
            lambda grid, digits, executor: sweep(grid, digits, executor=executor or threads),
        )
        yield


def _marks(results: dict[Cell, SweepResult], best: str, equal: str, diverged: str) -> dict[Cell, str]:
    """The mark of each cell."""
    choice = indistinguishable(results.values())
    assert choice is not None
    marks = {cell: diverged if result.diverged else "" for cell, result in results.items()}
    return marks | dict.fromkeys(choice.cells, equal) | {choice.best.cell: best}


@pytest.mark.slow
def test_sweep_prints_a_table_and_the_best_tested_once(
    sample: Digits, expected: dict[Cell, SweepResult], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", *SETTINGS.split()]) == 0
    output, _ = capsys.readouterr()
    head, rates, *rows = output.splitlines()
    assert head == "raw: accuracy in % on 1,000 digits held out, by batch size and learning rate"
    assert rates.split() == ["0.01", "0.5", "1e+09"]
    marks = _marks(expected, "*", "=", "!")
    assert {*marks.values(), "="} == {"*", "=", "!", ""}
    for row, size in zip(rows, GRID.batch_sizes, strict=False):
        cells = [Cell(Preprocessing.RAW, size, rate) for rate in GRID.learning_rates]
        entries = [f"{100 * expected[cell].validation.accuracy:.2f}{marks[cell]}" for cell in cells]
        assert row.split() == [f"{size:,}", *entries]

    choice = indistinguishable(expected.values())
    assert choice is not None
    cell = choice.best.cell
    *_, last = train(replace(GRID.config(cell), validation=0), sample)
    right = round(1_000 * evaluate(last.model, sample.test).accuracy)
    low, high = wilson_interval(right, 1_000)
    assert rows[-2:] == [
        f"Best: raw, batch size {cell.batch_size:,}, learning rate {cell.learning_rate:g}; "
        f"{len(choice.equals)} others cannot be told apart from it.",
        f"Trained on all 4,000 digits and tested once: test accuracy {right / 10:.2f} %, "
        f"95 % interval {100 * low:.2f} to {100 * high:.2f} %",
    ]


def test_csv_is_a_line_for_each_cell_in_the_order_of_the_grid(
    expected: dict[Cell, SweepResult], on_a_thread: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", *SETTINGS.split(), "--csv"]) == 0
    output, messages = capsys.readouterr()
    lines = list(csv.DictReader(output.splitlines()))
    marks = _marks(expected, "best", "equal", "diverged")
    for line, cell in zip(lines, GRID.cells, strict=True):
        assert (line["preprocessing"], int(line["batch_size"]), float(line["learning_rate"])) == (
            cell.preprocessing,
            cell.batch_size,
            cell.learning_rate,
        )
        score = expected[cell].validation
        assert line["validation_accuracy"] == f"{score.accuracy:.4f}"
        assert (line["low"], line["high"]) == tuple(f"{end:.4f}" for end in score.interval)
        assert line["mark"] == marks[cell]
        assert float(line["seconds"]) > 0
    assert "Best: raw, " in messages
    assert "tested once: test accuracy" in messages


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--learning-rates", "argument --learning-rates: expected at least one argument"),
        ("--learning-rates many", "invalid float value: 'many'"),
        ("--learning-rates -0.5", "learning_rate must be a number above 0"),
        ("--learning-rates 0.1 0.1", "learning_rates: expected each value once, got 0.1 2 times"),
        ("--batch-sizes 0", "batch_size must be a whole number from 1 to"),
        ("--preprocessing upright", "invalid choice: 'upright'"),
        ("--epochs 0", "epochs must be a whole number from 1 to"),
        ("--validation 0", "validation must be at least 1"),
        ("--validation 4000", "at most 3,999 of the 4,000 training digits can be held out, not 4,000"),
        ("--training-digits 5", "training_digits must be a whole number from 10 to"),
        ("--training-digits 100 4000", "there are 3,000 digits to learn from beside the 1,000 held out, not"),
        ("--wrong-labels 0 1.5", "wrong_labels must be a share from 0 to 1"),
        ("--batch-sizes " + " ".join(map(str, range(1, 3_000))), "at most 1,000 cells"),
        ("--scheduler nonsense://host:1", "no Dask scheduler answers at nonsense://host:1"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    options: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = exit_code(["sweep", "--preprocessing", "raw", *options.split()])
    output, errors = capsys.readouterr()
    assert code == 2
    assert "Best" not in output
    assert message in errors


def test_more_digits_held_out_than_there_are_are_refused_before_anything_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["sweep", "--validation", "60000"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("digit-lab: error: ")


def test_few_digits_and_wrong_labels_have_tables_of_their_own(
    on_a_thread: None, sample: Digits, capsys: pytest.CaptureFixture[str]
) -> None:
    options = "sweep --preprocessing raw --learning-rates 0.1 --batch-sizes 10 --training-digits 10 1000"
    assert main([*options.split(), "--wrong-labels", "0", "0.2", "--epochs", "1"]) == 0
    *output, best, tested = capsys.readouterr().out.splitlines()
    heads = ["raw, 10 digits", "raw, 1,000 digits"]
    wrong = ", 20 % of the labels wrong"
    tables = [line.partition(":")[0] for line in output if "held out" in line]
    assert tables == [heads[0], heads[0] + wrong, heads[1], heads[1] + wrong]
    assert best.startswith("Best: raw, 1,000 digits, batch size 10, learning rate 0.1")
    (*_, last) = train(TrainingConfig(10, 0.1, 1, training_digits=1000), sample)
    assert tested.startswith(
        f"Trained on 1,000 digits and tested once: test accuracy {100 * last.test.accuracy:.2f} %"
    )


def test_that_all_cells_diverged_is_said(on_a_thread: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "--preprocessing", "raw", "--batch-sizes", "100", "--learning-rates", "1e30"]) == 2
    output, errors = capsys.readouterr()
    assert "!" in output.splitlines()[2]
    assert "every cell has diverged" in errors


def test_a_worker_that_fails_is_an_error_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], expected: dict[Cell, SweepResult]
) -> None:
    def fails(grid: Grid, digits: Digits, executor: None) -> Iterator[SweepResult]:
        yield expected[GRID.cells[0]]
        raise RuntimeError("a process of the sweep has ended")

    monkeypatch.setattr("mnist_core.command_line.sweep_command.sweep", fails)
    assert main(["sweep", *SETTINGS.split()]) == 2
    output, errors = capsys.readouterr()
    assert f"{100 * expected[GRID.cells[0]].validation.accuracy:.2f}*" in output
    assert errors.endswith("error: the sweep has failed: a process of the sweep has ended\n")


def test_an_error_while_ctrl_c_stops_a_sweep_is_no_failure_of_the_sweep(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], expected: dict[Cell, SweepResult]
) -> None:
    def interrupted(grid: Grid, digits: Digits, executor: None) -> Iterator[SweepResult]:
        yield expected[GRID.cells[0]]
        try:
            raise KeyboardInterrupt
        finally:
            threading.Thread().join()  # as for a process whose thread was being started

    monkeypatch.setattr("mnist_core.command_line.sweep_command.sweep", interrupted)
    assert main(["sweep", *SETTINGS.split()]) == 130
    assert f"{100 * expected[GRID.cells[0]].validation.accuracy:.2f}*" in capsys.readouterr().out


@pytest.mark.slow
def test_a_terminal_shows_the_progress_and_ctrl_c_prints_what_is_done(in_terminal: RunInTerminal) -> None:
    # One step of 4,000 digits an epoch, then 3,000 steps of one: the second cell takes long.
    options = "--preprocessing raw --epochs 50 --learning-rates 0.1 --batch-sizes 4000 1"
    code, lines = in_terminal(f"sweep {options}", interrupt_at="| 1/2 [")
    assert code == 130, lines
    table = lines[lines.index("raw: accuracy") :].splitlines()
    assert [table[row].split()[0] for row in (2, 3)] == ["4,000", "1"]
    assert table[2].split()[1].endswith("*")
    assert table[3].split()[1] == "-"
    assert "Traceback" not in lines
    assert "Best:" not in lines


@pytest.mark.slow
def test_without_a_scheduler_nothing_of_dask_is_imported(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "import mnist_core, mnist_core.__main__\n"
        "assert mnist_core.connect_scheduler() is None\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('dask', 'distributed')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "[]\n"
