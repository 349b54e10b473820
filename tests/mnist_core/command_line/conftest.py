"""The command line on the sample, in a process of its own or in a terminal."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.support.paths import ROOT

RunInTerminal = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module", autouse=True)
def no_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Use an empty cache and make all mirrors unreachable, so that the digits are the sample."""
    with pytest.MonkeyPatch.context() as environment:
        for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            environment.setenv(proxy, "http://127.0.0.1:9")
        for exception in ("no_proxy", "NO_PROXY", "MNIST_ROOT", "DIGIT_LAB_SCHEDULER"):
            environment.delenv(exception, raising=False)
        environment.setenv("DIGIT_LAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def in_terminal() -> RunInTerminal:
    """Run the command line in a terminal; optionally press Ctrl-C once a text is shown."""
    if sys.platform == "win32":
        pytest.skip("Windows has no pseudo-terminals")
    import pty
    import termios

    def run(arguments: str, *, interrupt_at: str | None = None) -> tuple[int, str]:
        ours, child = pty.openpty()
        termios.tcsetwinsize(child, (30, 100))
        command = [sys.executable, "-m", "mnist_core", *arguments.split()]
        with subprocess.Popen(command, cwd=ROOT, stdin=child, stdout=child, stderr=child) as program:
            os.close(child)
            shown = b""
            while select.select([ours], [], [], 120)[0]:
                try:
                    shown += os.read(ours, 4096)
                except OSError:  # how Linux reports the end of a terminal
                    break
                if interrupt_at and interrupt_at.encode() in shown:
                    program.send_signal(signal.SIGINT)
                    interrupt_at = None
            os.close(ours)
            return program.wait(timeout=120), shown.decode().replace("\r\n", "\n")

    return run


def exit_code(arguments: list[str]) -> int:
    """Run a command in this process and return its exit code, also if argparse refuses it."""
    from mnist_core.__main__ import main

    try:
        return main(arguments)
    except SystemExit as error:  # raised by argparse
        return int(str(error.code))
