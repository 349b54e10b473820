"""People and runs on the server of a test."""

from dashboard.lab import shared
from dashboard.lab.job_files import run_files, save_job
from dashboard.lab.people import Person
from dashboard.lab.run_job import RunJob
from mnist_core import Digits, Run, TrainingConfig
from mnist_core.run_file import load_run
from mnist_core.storage.file_store import new_id
from mnist_core.training.worker import TrainingWorker
from tests.support.sources import wait_for

LIMIT = 60  # seconds; for a busy machine
ONE, OTHER = "1" * 32, "2" * 32  # the ids of two people
UNENDING = 600.0  # seconds per report: the second one does not come while a test runs


def person(person_id: str) -> Person:
    """Somebody who has the page open."""
    return shared.people().find(person_id)


def join(run: RunJob) -> RunJob:
    """Wait until a run has ended."""
    assert isinstance(run.training, TrainingWorker)
    assert run.training.join(LIMIT)
    return run


def wait_for_report(run: RunJob) -> RunJob:
    """Wait for the first report of a run."""
    wait_for(lambda: bool(run.history))
    return run


def digits() -> Digits:
    """The digits of the server, once they are loaded."""
    shared.digits_loader().wait(LIMIT)
    loaded = shared.digits()
    assert loaded is not None
    return loaded


def begin(config: TrainingConfig, owner: Person | None = None, seconds_per_report: float = 0) -> RunJob:
    """Begin a run."""
    owner = owner or person(new_id())
    return shared.jobs().begin_run(config, digits(), owner.jobs, seconds_per_report=seconds_per_report)


def begin_slowly(config: TrainingConfig, owner: Person | None = None) -> RunJob:
    """Begin a run that has made its first report, and makes no other until its pace is changed."""
    return wait_for_report(begin(config, owner, UNENDING))


def store(run: Run, owner: Person | None = None) -> str:
    """Put a run on the server's disk, and on the list of its owner; return its id."""
    run_id = new_id()
    save_job(run_id, run)
    if owner is not None:
        owner.jobs.add(run_id)
    return run_id


def stored(run_id: str) -> Run:
    """Read a run from the server's disk."""
    run = run_files().read(run_id, load_run)
    assert run is not None
    return run


def found_run(run_id: str) -> RunJob:
    """Find a run of the server."""
    found = shared.jobs().run(run_id)
    assert found is not None
    return found
