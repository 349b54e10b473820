"""Two servers on one home folder."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.server import home_lock
from dashboard.server.home_lock import claim_home
from tests.support.paths import ROOT

OTHER = "from dashboard.server.home_lock import claim_home; claim_home(0); print('mine', flush=True); input()"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(home_lock, "_held", [])
    yield tmp_path / "home"
    for lock in home_lock._held:
        lock.release()


@pytest.mark.slow
def test_one_server_at_a_time_has_a_folder_and_one_that_was_killed_leaves_it_to_the_next(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OTHER], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        with pytest.raises(SystemExit) as exit_info:
            claim_home(0)
        assert str(home) in str(exit_info.value.code)
        assert "DIGIT_LAB_HOME=" in str(exit_info.value.code)

        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("DIGIT_LAB_HOME", str(tmp_path / "another"))
            claim_home(0)
        home_lock._held.pop().release()

        other.kill()
    claim_home(0)
    assert len(home_lock._held) == 1


def test_an_app_that_is_imported_twice_claims_once() -> None:
    claim_home(0)
    claim_home(0)
    assert len(home_lock._held) == 1


def test_a_folder_that_cannot_be_written_needs_no_claim(home: Path) -> None:
    home.write_text("a file in the place of the folder")
    claim_home(0)
    assert home_lock._held == []
