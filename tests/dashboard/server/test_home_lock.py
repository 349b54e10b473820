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


@pytest.fixture
def other(home: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that has claimed the home."""
    command = [sys.executable, "-c", OTHER]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "mine\n"
        yield process
        process.kill()


@pytest.mark.usefixtures("other")
def test_a_second_server_says_whose_folder_it_is_and_exits(home: Path) -> None:
    with pytest.raises(SystemExit) as exit_info:
        claim_home(0)
    assert str(home) in str(exit_info.value.code)
    assert "DIGIT_LAB_HOME=" in str(exit_info.value.code)


@pytest.mark.usefixtures("other")
def test_a_second_server_with_a_folder_of_its_own_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path / "another"))
    claim_home(0)
    assert len(home_lock._held) == 1


def test_a_server_that_was_killed_leaves_the_folder_to_the_next(other: "subprocess.Popen[str]") -> None:
    other.kill()
    other.wait()
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
