"""One server for each home folder: if two wrote to it, one would overwrite what the other has saved."""

import sys

from filelock import FileLock, Timeout

TIMEOUT = 5.0  # seconds for a server that is still closing down

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
