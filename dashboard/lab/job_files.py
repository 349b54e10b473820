"""Where runs and maps are saved: a folder of the server for each, with a file for each of them."""

from dashboard.lab.map_file import MapResults, load_map, save_map
from mnist_core import Run
from mnist_core.run_file import load_run, save_run
from mnist_core.storage.file_store import FileStore
from mnist_core.storage.files import home_folder

Content = Run | MapResults


def run_files() -> FileStore:
    """The files of all runs."""
    return FileStore(home_folder() / "runs", ".safetensors")


def map_files() -> FileStore:
    """The files of all maps."""
    return FileStore(home_folder() / "maps", ".json")


def files_with(job_id: str) -> FileStore:
    """Return the store that has a job; that of the runs if none has.

    ValueError if it is not an id, OSError if it cannot be told.
    """
    stores = (run_files(), map_files())
    return next((store for store in stores if store.size(job_id) is not None), stores[0])


def touch_job(job_id: str) -> None:
    """Note that somebody visited a job today, if it is there."""
    for store in (run_files(), map_files()):
        store.touch(job_id)


def save_job(job_id: str, content: Content) -> None:
    """Write a job, in the place of an earlier version; ValueError for a bad id, OSError if it fails."""
    if isinstance(content, Run):
        run_files().put(job_id, lambda path: save_run(path, content))
    else:
        map_files().put(job_id, lambda path: save_map(path, content))


def load_job(job_id: str) -> Content | None:
    """Read a job; None if there is none.

    FileUnreadable if it is damaged or cannot be read, ValueError if it is not an id.
    """
    return run_files().read(job_id, load_run) or map_files().read(job_id, load_map)
