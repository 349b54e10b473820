"""What each process of the pool runs: read a call, answer it, until the pipe closes.

It is run as a script, so that it imports only what the calls need.
"""

import os
import pickle
import sys
from typing import Any

NICENESS = 5  # so that a server on the same cores still answers at once


def serve() -> None:
    """Answer the calls on the standard input, on what was the standard output."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what is printed must not get among the answers
    while True:
        try:
            function, args, kwargs = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        answer: tuple[Any, Exception | None]
        try:
            answer = function(*args, **kwargs), None
        except Exception as error:
            answer = None, error
        answers.write(pickle.dumps(answer))
        answers.flush()


if __name__ == "__main__":
    serve()
