"""One server for each home folder: if two wrote to it, one would overwrite what the other has saved.

A folder that is deleted takes its lock with it, and another server could begin in a new one. So the lock is
looked at now and then, and taken again.
"""

import logging
import os
import signal
import sys
import time
from pathlib import Path
from threading import Thread

from filelock import FileLock, Timeout

TIMEOUT = 5.0  # seconds for a server that is still closing down
EVERY = 2.0  # seconds between two looks at the lock

_log = logging.getLogger(__name__)

_held: list[FileLock] = []  # for as long as the process lives, however often the app is imported


def claim_home(timeout: float = TIMEOUT) -> None:
    """Keep the home folder for this server; if another server has it, say so and exit.

    The system releases the lock when the process ends, however it ends. A folder that cannot be written to
    needs no lock, because nothing is kept there.
    """
    if _held:
        return
    from mnist_core.storage.files import home_folder  # here, because it imports torch, which takes seconds

    home = home_folder()
    lock = FileLock(home / "server.lock", mode=0o600)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire(timeout=timeout)
    except Timeout:
        sys.exit(
            f"Another Digit Lab server is running with the runs and drawings in {home}. Stop it first, or "
            "give this one a folder of its own: DIGIT_LAB_HOME=/some/folder streamlit run streamlit_app.py"
        )
    except OSError:
        return
    _held.append(lock)
    path = home / "server.lock"
    Thread(target=_keep, args=(path, _stamp(path)), name="home lock", daemon=True).start()


def _keep(path: Path, mine: tuple[int, int] | None) -> None:
    """Take the lock again when its file has been replaced; end the server if another one has it then."""
    while mine is not None:
        time.sleep(EVERY)
        if _stamp(path) != mine:
            mine = take_again(path)


def take_again(path: Path) -> tuple[int, int] | None:
    """Take the lock of a home folder that was replaced; return its stamp, None if another server has it."""
    lock = FileLock(path, mode=0o600)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        _log.critical("The home folder was replaced, and another server has the new one: this server ends")
        os.kill(os.getpid(), signal.SIGTERM)
        return None
    except OSError:
        return (0, 0)  # the next look tries again
    _log.warning("The home folder was replaced: what was kept in it is gone")
    _held[:] = [lock]
    return _stamp(path) or (0, 0)


def _stamp(path: Path) -> tuple[int, int] | None:
    """Say which file this is; None if there is none, or it cannot be told."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
