"""What a killed process has left in the temporary folder."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mnist_core.processes.temporary import remove_abandoned, temporary_prefix

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no signal asks there whether a process is alive")


def test_folders_of_processes_that_are_gone_are_removed_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as alive:
        gone = subprocess.run(
            [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
        )
        mine = temporary_prefix()
        kept = [f"digit-lab-{alive.pid}-a", "digit-lab-tests-a", "another"]
        left = [
            f"digit-lab-{int(gone.stdout)}-a",
            f"{mine}a",
        ]  # the last by an earlier process of this number
        for name in (*kept, *left):
            (tmp_path / name).mkdir()
            (tmp_path / name / "digits.npy").write_bytes(b"digits")
        assert remove_abandoned() == 2
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
        alive.communicate(b"\n")
