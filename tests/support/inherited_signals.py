"""What the processes that tests start inherit from whatever started the tests."""

import signal


def hand_on_no_ignored_signals() -> None:
    """Let every process that is started from now on be ended by Ctrl-C and SIGTERM.

    With `nohup pytest &` the tests ignore Ctrl-C, and a process inherits that. A handler that does nothing
    ignores it as well, but is not inherited.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
