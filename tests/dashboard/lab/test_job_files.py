"""Where jobs are saved: found by their id, damaged or not, and complete after every kill."""

import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.lab.job_files import files_with, load_job, map_files, run_files, save_job
from dashboard.lab.map_file import MapResults
from mnist_core import Run
from mnist_core.storage.file_store import FileUnreadable, new_id
from tests.dashboard.sweeps import GRID


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_runs_and_maps_are_found_by_their_ids(home: Path, ended: Run) -> None:
    run_id, map_id = new_id(), new_id()
    save_job(run_id, ended)
    save_job(map_id, MapResults(GRID, "sample"))
    run, drawn = load_job(run_id), load_job(map_id)
    assert isinstance(run, Run)
    assert run.config == ended.config
    assert isinstance(drawn, MapResults)
    assert drawn.grid == GRID
    assert [files_with(job_id) for job_id in (run_id, map_id)] == [run_files(), map_files()]
    assert load_job(new_id()) is None
    for path in (home / "runs" / f"{run_id}.safetensors", home / "maps" / f"{map_id}.json"):
        assert path.stat().st_mode & 0o077 == 0


def test_a_damaged_job_does_not_affect_the_others(ended: Run) -> None:
    intact, damaged = new_id(), new_id()
    for run_id in (intact, damaged):
        save_job(run_id, ended)
    run_files().path(damaged).write_bytes(b"half")
    with pytest.raises(FileUnreadable) as error:
        load_job(damaged)
    assert error.value.damaged
    assert load_job(intact) is not None


# Imports everything once, then forks 20 children that save without end, and kills each at a random moment.
KILLER = """
import os, random, signal, time
import torch
from dashboard.lab.job_files import load_job, run_files, save_job
from mnist_core import Metrics, Progress, Run, SoftmaxRegressor, TrainingConfig
from mnist_core.storage.file_store import new_id

torch.set_num_threads(1)
half, model = Metrics(0.5, 0.5), SoftmaxRegressor()
run = Run(TrainingConfig(), tuple(Progress(n, n, half, half, n, model) for n in range(1, 11)), "mnist")
draw = random.Random(0)
for _ in range(20):
    before = run_files().ids()
    child = os.fork()
    if child == 0:
        again = new_id()
        while True:
            save_job(again, run)
            save_job(new_id(), run)
    while run_files().ids() == before:
        time.sleep(0.001)
    time.sleep(draw.uniform(0, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    for run_id in set(run_files().ids()) - set(before):
        assert len(load_job(run_id).history) == 10
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_after_each_of_20_kills_during_saving_every_run_is_complete(home: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLER], check=True, timeout=120)
    assert len(run_files().ids()) >= 20
