"""Scripts and notebooks of runs, executed: their accuracies are those of the runs."""

import contextlib
import io
import re
import runpy
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from mnist_core import Digits, Preprocessing, Progress, Run, TrainingConfig, train
from mnist_core.export.notebook import notebook_of
from mnist_core.export.script import script_of
from mnist_core.run_file import Segment
from tests.support.paths import ROOT

REPORT = re.compile(
    r"step (\d+), epoch ([\d.]+): test ([\d.]+) %, training ([\d.]+) %(?:, validation ([\d.]+))?"
)
LIMIT = 600.0  # seconds

RAW = TrainingConfig(epochs=2, early_reports=True)
HARDEST = TrainingConfig(
    *(30, 0.5, 2, 3, Preprocessing.DIRECTIONS),
    validation=500,
    training_digits=3_000,
    wrong_labels=0.2,
    early_reports=True,
)  # with a line for each setting


def run_of(config: TrainingConfig, digits: Digits) -> Run:
    return Run(config, tuple(train(config, digits)), digits.source)


def with_any_torchvision(source: str) -> str:
    """Have a script import torchvision next to any build of torch, as it may be here."""
    shim = "from mnist_core.data.torchvision_shim import import_torchvision\n\nimport_torchvision()\n"
    return source.replace("from torchvision", f"{shim}from torchvision", 1)


def execute(script: str, folder: Path) -> str:
    """Execute a script in its folder; return what it prints."""
    (folder / "script.py").write_text(with_any_torchvision(script))
    printed = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
        runpy.run_path("script.py")
    return printed.getvalue()


def execute_cells(notebook: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Execute a notebook in a kernel of its own; return what its cells print."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # on busy cores two threads wait for each other
    monkeypatch.delenv("MPLBACKEND", raising=False)  # pictures go into the notebook
    content = nbformat.reads(notebook, as_version=4)
    nbformat.validate(content)
    for cell in content.cells:
        cell.source = with_any_torchvision(cell.source) if cell.cell_type == "code" else cell.source
    NotebookClient(content, timeout=LIMIT, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in content.cells for output in cell.get("outputs", [])]
    assert (
        sum("image/png" in output.get("data", {}) for output in outputs) == 2
    )  # the curve, the ten pictures
    return "".join(output.text for output in outputs if output.output_type == "stream")


def assert_same_accuracies(printed: str, run: Run) -> None:
    """At every report, at most one digit in 10,000 is read differently, or one of a smaller number."""
    reports = REPORT.findall(printed)
    assert [int(step) for step, *_ in reports] == [report.step for report in run.history]
    for (_, epoch, *accuracies), report in zip(reports, run.history, strict=True):
        assert float(epoch) == pytest.approx(report.epoch, abs=0.006)
        for text, metrics in zip(accuracies, (report.test, report.train, report.validation), strict=True):
            assert bool(text) == (metrics is not None)
            if metrics:
                one_digit = 100 / (10_000 if run.source == "mnist" else 500)
                assert float(text) == pytest.approx(100 * metrics.accuracy, abs=one_digit + 0.006)


@pytest.mark.slow
def test_a_script_trains_the_same_run(sample: Digits, tmp_path: Path) -> None:
    run = run_of(RAW, sample)
    script = script_of(run)
    assert len(script.splitlines()) <= 60
    assert_same_accuracies(execute(script, tmp_path), run)


@pytest.mark.slow
def test_a_script_with_all_settings_stops_where_the_run_was_stopped(sample: Digits, tmp_path: Path) -> None:
    whole = run_of(HARDEST, sample)
    stopped = Run(HARDEST, whole.history[:9], "sample")
    script = script_of(stopped)
    assert len(script.splitlines()) <= 65
    assert_same_accuracies(execute(script, tmp_path), stopped)


@pytest.mark.slow
def test_a_notebook_trains_the_same_run(
    sample: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(HARDEST, sample)
    printed = execute_cells(notebook_of(run), tmp_path, monkeypatch)
    assert_same_accuracies(printed, run)
    assert "95 % interval" in printed
    assert "p = " in printed


@pytest.mark.thorough
@pytest.mark.parametrize(
    "config",
    [TrainingConfig(), TrainingConfig(learning_rate=0.5, preprocessing=Preprocessing.DIRECTIONS)],
    ids=["raw", "directions"],
)
def test_the_default_run_on_mnist_is_trained_again_and_a_hidden_layer_reaches_97_percent(
    config: TrainingConfig,
    mnist: Digits,
    mnist_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = run_of(config, mnist)
    (tmp_path / "data").symlink_to(mnist_folder.resolve())
    script = script_of(run)
    assert ("mnist_core" in script) == (config.preprocessing is not Preprocessing.RAW)
    assert_same_accuracies(execute(script, tmp_path), run)
    printed = execute_cells(notebook_of(run), tmp_path, monkeypatch)
    assert_same_accuracies(printed, run)
    found = re.search(r"a hidden layer: ([\d.]+) % of the test digits", printed)
    assert found
    assert float(found[1]) >= 97


@pytest.fixture(scope="module")
def run(sample: Digits) -> Run:
    return run_of(TrainingConfig(epochs=1), sample)


def changed(report: Progress, **changes: object) -> Progress:
    return replace(report, **changes)  # type: ignore[arg-type]


def test_a_run_that_was_continued_has_no_script(run: Run) -> None:
    continued = Run(run.config, run.history, "sample", (Segment(run.config, 1.0),))
    for export in (script_of, notebook_of):
        with pytest.raises(ValueError, match="was continued"):
            export(continued)


def test_a_run_from_a_loaded_model_or_with_other_steps_has_no_script(run: Run) -> None:
    loaded = changed(run.history[-1], step=0, epoch=0.0)
    with pytest.raises(ValueError, match="model that was loaded"):
        script_of(Run(run.config, (loaded,), "sample"))
    with pytest.raises(ValueError, match="could not train it again"):
        script_of(Run(run.config, (changed(run.history[0], step=11),), "sample"))


def test_a_setting_that_the_script_does_not_know_refuses_the_export(run: Run) -> None:
    @dataclass(frozen=True)
    class Later(TrainingConfig):
        momentum: float = 0.0

    assert script_of(Run(Later(epochs=1), run.history, "sample")) == script_of(run)
    with pytest.raises(ValueError, match="momentum"):
        script_of(Run(Later(epochs=1, momentum=0.1), run.history, "sample"))
