"""Where the program stores its files, and how it writes them."""

import os
import secrets
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """The folder for what can be downloaded or computed again; `DIGIT_LAB_CACHE` overrides it."""
    return _folder("DIGIT_LAB_CACHE", platformdirs.user_cache_path("digit-lab", appauthor=False))


def home_folder() -> Path:
    """The folder for the user's own runs and drawings; `DIGIT_LAB_HOME` overrides it."""
    return _folder("DIGIT_LAB_HOME", platformdirs.user_data_path("digit-lab", appauthor=False))


def _folder(variable: str, default: Path) -> Path:
    return Path(os.environ.get(variable) or default)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that, even after a crash or a power cut, it is complete or what it was before.

    If the process is killed, a file whose name ends in .part may be left behind.

    Raises:
        OSError: the file cannot be written.
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
    if os.name == "posix":  # Windows cannot open a folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # otherwise a power cut could undo the renaming
        finally:
            os.close(folder)
