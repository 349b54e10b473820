"""Where the program's files lie."""

import os
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
