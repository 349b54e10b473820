"""Saving a run, which a full disk must not keep from being shown."""

import logging

from dashboard.lab import run_list
from mnist_core import Run
from mnist_core.run_file import store_run

_log = logging.getLogger(__name__)


def save_or_say_why(run_id: str, run: Run) -> list[str]:
    """Save a run; return why it cannot be saved, or nothing."""
    try:
        store_run(run_id, run, run_list.owners)
    except (OSError, ValueError) as error:
        _log.exception("A run cannot be saved")
        return [str(error.strerror if isinstance(error, OSError) and error.strerror else error)]
    return []
