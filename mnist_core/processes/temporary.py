"""Temporary folders, named after their process so that those of one that was killed can be removed."""

import os
import re
import shutil
import tempfile
from pathlib import Path

NAME = re.compile(r"digit-lab-(\d+)-.+")


def temporary_prefix() -> str:
    """Return how the names of this process's temporary folders begin."""
    return f"digit-lab-{os.getpid()}-"


def remove_abandoned() -> int:
    """Remove temporary folders of processes that are gone; return how many.

    Call it when a program starts: a folder with the number of this very process was left by an earlier one.
    """
    if os.name != "posix":  # elsewhere the system removes them, and no signal asks whether a process is there
        return 0
    removed = 0
    for path in Path(tempfile.gettempdir()).iterdir():
        found = NAME.fullmatch(path.name)
        if found and _is_mine(path) and _is_gone(int(found[1])):
            shutil.rmtree(path, ignore_errors=True)
            removed += 1
    return removed


def _is_mine(path: Path) -> bool:
    return not path.is_symlink() and path.is_dir() and path.stat().st_uid == os.getuid()


def _is_gone(process: int) -> bool:
    if process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        return False
    return False
