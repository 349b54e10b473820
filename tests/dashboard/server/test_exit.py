"""Signals while the app is imported, and after a start at which Ctrl-C was ignored.

Each server of a browser test gets a Ctrl-C at its end; in tests/dashboard/test_command.py one that ignores it
from the start gets a SIGTERM.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import uvicorn
from streamlit.proto.WidgetStates_pb2 import WidgetState

from dashboard.server.exit import exit_quietly
from tests.dashboard.server.asgi import finish
from tests.support.browser import OFFLINE, Server, start_server
from tests.support.inherited_signals import hand_on_no_ignored_signals
from tests.support.session import connected
from tests.support.sources import wait_for


@pytest.fixture(autouse=True)
def _this_process_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.server.exit._insist", lambda: None)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_or_after_it_closes_the_server_and_is_not_raised_again(number: int) -> None:
    for before in (True, False):
        server = uvicorn.Server(uvicorn.Config("app"))
        with (
            server.capture_signals()
        ):  # which raises again, at its end, what the server's own handler has got
            if before:
                signal.raise_signal(number)
            exit_quietly(server)
            if not before:
                signal.raise_signal(number)
            assert server.should_exit
            assert not server.force_exit


def test_a_second_ctrl_c_ends_it_at_once() -> None:
    server = uvicorn.Server(uvicorn.Config("app"))
    with server.capture_signals():
        exit_quietly(server)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        assert server.force_exit


@pytest.mark.usefixtures("ctrl_c_is_ignored")
def test_processes_of_tests_that_ignore_ctrl_c_do_not_ignore_it() -> None:
    hand_on_no_ignored_signals()
    signal.raise_signal(signal.SIGINT)  # is still ignored here
    show = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    child = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True)
    assert child.stdout == "True\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc")
def test_a_server_whose_processes_hang_ends_within_five_seconds_and_they_with_it(tmp_path: Path) -> None:
    folders = {"DIGIT_LAB_HOME": str(tmp_path), "DIGIT_LAB_CACHE": str(tmp_path / "cache")}
    server = start_server({**OFFLINE, **folders, "DIGIT_LAB_TRAININGS": "2"})
    finish(_train_until_processes_hang(server))
    hung = _children(server.process.pid)
    assert hung
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(30) == 0
    assert time.monotonic() - began < 10  # it is 4 s where the machine has nothing else to do
    wait_for(lambda: all(not Path(f"/proc/{pid}/cmdline").exists() for pid in hung))
    server.log.close()


async def _train_until_processes_hang(server: Server) -> None:
    async with connected(server.address) as one, connected(server.address) as other:
        for page in (one, other):
            await page.open()
            await page.ask("Train", WidgetState(id=page.buttons["Train"], trigger_value=True))
        while not _children(server.process.pid):
            for page in (one, other):
                await page.ask("Train", WidgetState(id=page.buttons["Train"], trigger_value=True))
        for pid in _children(server.process.pid):
            os.kill(pid, signal.SIGSTOP)
        for page in (one, other):
            await page.ask("Train", WidgetState(id=page.buttons["Train"], trigger_value=True))


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]
