"""Runs that a person deletes, and may bring back for as long as this is remembered."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.lab.job_list import ListedRun
from dashboard.lab.job_registry import RunRegistry
from dashboard.lab.people import Person

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class DeletedRun:
    """A run that was deleted: what the list had of it, and its file; None for another person's run."""

    listed: ListedRun
    file: bytes | None


def delete_runs(person: Person, run_ids: Iterable[str], registry: RunRegistry) -> tuple[DeletedRun, ...]:
    """Take runs off a person's list, and delete those that are their own from the disk at once.

    Only what is returned can bring them back: there is no file that could be forgotten there.
    """
    deleted = []
    for run_id in run_ids:
        listed = person.runs.remove(run_id)
        if listed is not None:
            deleted.append(DeletedRun(listed, _delete(run_id, registry) if listed.own else None))
    return tuple(deleted)


def restore_runs(person: Person, deleted: Iterable[DeletedRun], registry: RunRegistry) -> None:
    """Bring deleted runs back; OSError if one cannot be saved."""
    back = [one for one in deleted if one.file is not None or not one.listed.own]
    for one in back:
        if one.file is not None:
            registry.restore(one.listed.run_id, one.file)
    person.runs.restore(one.listed for one in back)


def _delete(run_id: str, registry: RunRegistry) -> bytes | None:
    try:
        return registry.delete(run_id)
    except (ValueError, OSError):
        _log.exception("A run cannot be deleted")
        return None
