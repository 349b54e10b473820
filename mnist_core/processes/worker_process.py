"""What each process of the pool runs: read a call, answer it, until the pipe closes.

It is run as a script, so that it imports only what the calls need: `child.py NICENESS [FOLDER]`. It removes
the folder, if one is named, when the program that asks is gone without having ended this process.
"""

import os
import pickle
import queue
import shutil
import sys
import threading
from typing import Any

Call = tuple[Any, tuple[Any, ...], dict[str, Any]]


def serve() -> None:
    """Answer the calls on the standard input, on what was the standard output."""
    if hasattr(os, "nice"):
        os.nice(int(sys.argv[1]))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what is printed must not get among the answers
    calls: queue.SimpleQueue[Call] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(calls,), daemon=True).start()
    while True:
        function, args, kwargs = calls.get()
        answer: tuple[Any, Exception | None]
        try:
            answer = function(*args, **kwargs), None
        except Exception as error:
            answer = None, error
        answers.write(pickle.dumps(answer))
        answers.flush()


def _read(calls: "queue.SimpleQueue[Call]") -> None:
    """Read calls; end the process, in the middle of its work too, when the program that asks is gone."""
    try:
        while True:
            calls.put(pickle.load(sys.stdin.buffer))
    except EOFError:
        for folder in sys.argv[2:]:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os._exit(0)


if __name__ == "__main__":
    serve()
