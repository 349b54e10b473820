"""The command `digit-lab`, with the wheel unpacked in a folder of its own, as an install has it."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

import mnist_core
from dashboard import command
from tests.support.browser import OFFLINE, start_server
from tests.support.paths import ROOT


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel was unpacked into."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.mark.slow
def test_the_wheel_has_all_files_of_both_packages_and_no_other(installed: Path) -> None:
    def files(root: Path) -> set[Path]:
        paths = {path for name in ("mnist_core", "dashboard") for path in (root / name).rglob("*")}
        kept = (path for path in paths if path.is_file() and "__pycache__" not in path.parts)
        return {path.relative_to(root) for path in kept}

    start = {Path("dashboard/start/streamlit_app.py"), Path("dashboard/start/.streamlit/config.toml")}
    assert files(installed) == files(ROOT) | start


@pytest.mark.slow
@pytest.mark.usefixtures("ctrl_c_is_ignored")
def test_the_page_is_served_from_an_empty_folder_with_our_configuration_to_this_computer_alone(
    installed: Path, tmp_path: Path
) -> None:
    folders = {f"DIGIT_LAB_{name}": str(tmp_path / name) for name in ("HOME", "CACHE")}
    (tmp_path / "empty").mkdir()
    environment = OFFLINE | folders | {"PYTHONPATH": str(installed)}
    server = start_server(environment, command="dashboard.command", cwd=tmp_path / "empty")
    with urllib.request.urlopen(
        urllib.request.Request(server.address, headers={"Accept": "text/html"})
    ) as answer:
        page = answer.read().decode()
        assert "Content-Security-Policy" in answer.headers
    assert (ROOT / "dashboard" / "page.css").read_text() in page
    port = int(server.address.rpartition(":")[2])
    with socket.socket() as other:  # taken only if somebody listens on all addresses
        other.bind(("127.0.0.2", port))
    assert "Only this computer can open the page" in server.text()
    assert not list((tmp_path / "empty").iterdir())
    server.stop(signal.SIGTERM)


def _digit_lab(*arguments: str, installed: Path, first: str = "") -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, (first, str(installed))))
    return subprocess.run(
        [sys.executable, "-m", "dashboard.command", *arguments],
        cwd=installed.parent,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_it_tells_its_version_and_what_it_can_do_at_once(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise SystemExit('torch is imported')")
    version = _digit_lab("--version", installed=installed, first=str(tmp_path))
    assert version.stdout == f"digit-lab {mnist_core.__version__}\n"
    assert "train,predict,compare,sweep,export" in _digit_lab("--help", installed=installed).stdout


def test_ctrl_c_while_pytorch_is_imported_ends_it_in_silence(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGINT)")
    ended = _digit_lab("train", installed=installed, first=str(tmp_path))
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")


def test_without_what_the_page_needs_it_names_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "NEEDED", ("streamlit", "no_such_module"))
    monkeypatch.setattr(sys, "argv", ["digit-lab"])
    assert command.main() == 2
    shown = capsys.readouterr().err
    assert "the page needs no_such_module." in shown
    assert 'pip install ".[app]"' in shown


def test_a_command_gets_its_arguments(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(sys, "argv", ["digit-lab", "predict", "no-such-file.png"])
    assert command.main() == 2
    assert "no-such-file.png" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before
