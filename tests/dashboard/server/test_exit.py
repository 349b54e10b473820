"""Signals while the app is imported. Later ones are sent by each browser test's server when it ends."""

import signal

import pytest
import uvicorn

from dashboard.server.exit import exit_quietly


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_or_after_it_closes_the_server_and_is_not_raised_again(number: int) -> None:
    for before in (True, False):
        server = uvicorn.Server(uvicorn.Config("app"))
        with (
            server.capture_signals()
        ):  # which raises again, at its end, what the server's own handler has got
            if before:
                signal.raise_signal(number)
            exit_quietly()
            if not before:
                signal.raise_signal(number)
            assert server.should_exit
            assert not server.force_exit


def test_a_second_ctrl_c_ends_it_at_once() -> None:
    server = uvicorn.Server(uvicorn.Config("app"))
    with server.capture_signals():
        exit_quietly()
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        assert server.force_exit
