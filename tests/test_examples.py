"""The examples, run as people run them, on the sample."""

import re
import runpy
from pathlib import Path

import nbclient
import nbformat
import pytest

from tests.support.browser import OFFLINE
from tests.support.paths import ROOT

EXAMPLES = ROOT / "examples"


@pytest.fixture(autouse=True)
def outside_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {**OFFLINE, "PYTHONPATH": str(ROOT), "DIGIT_LAB_CACHE": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)


def test_the_six_lines_learn_as_much_as_train(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "six_lines.py"))  # as a program of its own in scripts/samples
    six_lines, trained = (float(share) for share in re.findall(r"([\d.]+)%", capsys.readouterr().out))
    assert trained == pytest.approx(six_lines, abs=3)
    assert trained > 60


@pytest.mark.slow
def test_the_notebook_runs_from_its_first_cell_to_its_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("MPLBACKEND", raising=False)  # pictures go into the notebook
    notebook = nbformat.read(EXAMPLES / "first_steps.ipynb", as_version=4)
    nbformat.validate(notebook)
    nbclient.NotebookClient(notebook, timeout=120).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 3
    assert "clear: " in "".join(output.get("text", "") for output in outputs)
