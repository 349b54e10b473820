"""Two servers on one home folder."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from dashboard.server import home_lock
from dashboard.server.home_lock import claim_home
from tests.support.paths import ROOT
from tests.support.sources import wait_for

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


@pytest.mark.slow
def test_a_home_that_was_replaced_is_claimed_again_before_another_server_has_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_lock, "EVERY", 0.05)
    claim_home(0)
    before = home_lock._held[0]
    shutil.rmtree(home)
    wait_for(lambda: home_lock._held[0] is not before)
    with pytest.raises(Timeout):
        FileLock(home / "server.lock").acquire(timeout=0)
    before.release()


def test_a_server_ends_whose_home_another_one_has(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signals: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _, number: signals.append(number))
    home.mkdir()
    with FileLock(home / "server.lock"):
        assert home_lock.take_again(home / "server.lock") is None
    assert signals == [signal.SIGTERM]


def test_a_folder_that_cannot_be_written_needs_no_claim(home: Path) -> None:
    home.write_text("a file in the place of the folder")
    claim_home(0)
    assert home_lock._held == []
