"""Signals while the app is imported, and after a start at which Ctrl-C was ignored.

Each server of a browser test gets a Ctrl-C at its end.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from dashboard.server.exit import exit_quietly
from tests.support.browser import start_server
from tests.support.inherited_signals import hand_on_no_ignored_signals


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


@pytest.fixture
def ctrl_c_is_ignored() -> Iterator[None]:
    """As the shell has it for `nohup program &`."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("ctrl_c_is_ignored")
def test_a_server_that_was_started_with_ctrl_c_ignored_closes_in_order_on_sigterm(tmp_path: Path) -> None:
    start_server({"DIGIT_LAB_HOME": str(tmp_path), "MNIST_ROOT": ""}).stop(signal.SIGTERM)


@pytest.mark.usefixtures("ctrl_c_is_ignored")
def test_processes_of_tests_that_ignore_ctrl_c_do_not_ignore_it() -> None:
    hand_on_no_ignored_signals()
    signal.raise_signal(signal.SIGINT)  # is still ignored here
    show = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    child = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True)
    assert child.stdout == "True\n"
