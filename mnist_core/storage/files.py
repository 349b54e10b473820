"""Where the program's files lie, and how they are written."""

import os
import secrets
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """The folder for what can be fetched or computed again; `DIGIT_LAB_CACHE` names another."""
    return _folder("DIGIT_LAB_CACHE", platformdirs.user_cache_path("digit-lab", appauthor=False))


def home_folder() -> Path:
    """The folder for what a person made here, runs and drawings; `DIGIT_LAB_HOME` names another."""
    return _folder("DIGIT_LAB_HOME", platformdirs.user_data_path("digit-lab", appauthor=False))


def _folder(variable: str, usual: Path) -> Path:
    return Path(os.environ.get(variable) or usual)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that after a kill or a power cut there is the new one, whole, or what was there before.

    What a kill can leave is a file whose name ends in .part. Raises OSError.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the new name is on disk only with this
        finally:
            os.close(folder)
