"""What all visitors of this server share: the digits, the jobs and the people.

It is held in this module because any visitor may clear Streamlit's caches: the page's own websocket takes
that message from everybody.
"""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from threading import RLock

from dashboard.lab.digits_loader import DigitsLoader
from dashboard.lab.job_queue import JobQueue
from dashboard.lab.job_registry import JobRegistry
from dashboard.lab.people import People
from dashboard.lab.rooms import Rooms
from mnist_core import Digits, Preprocessing, TrainingConfig
from mnist_core.inference.novelty import NoveltyDetector, fit_novelty_detector
from mnist_core.processes.training_processes import TrainingProcesses
from mnist_core.training.loop import prepared_for


class _Shared:
    def __init__(self) -> None:
        queue = JobQueue()
        self.loader = DigitsLoader()
        self.processes = TrainingProcesses(queue.slots) if _wants_processes() else None
        self.jobs = JobRegistry(queue, self.processes)
        self.people = People()
        self.rooms = Rooms()
        self.detectors: dict[Digits, Future[NoveltyDetector]] = {}
        self.chosen_inputs: dict[Digits, set[Preprocessing]] = {}


def _wants_processes() -> bool:
    """Whether runs learn in processes of their own, unless `DIGIT_LAB_PROCESSES` is 0."""
    return os.environ.get("DIGIT_LAB_PROCESSES") != "0"


_lock = RLock()
_shared: _Shared | None = None


def _get() -> _Shared:
    global _shared
    with _lock:
        _shared = _shared or _Shared()
        return _shared


def reset() -> None:
    """Forget everything, for tests; what is being computed stops."""
    global _shared
    with _lock:
        _shared = None


def release_idle() -> None:
    """Release what is not needed while nobody has the page open: runs that are on disk, and processes."""
    if known := _shared:  # without the lock: a visitor who comes now need not wait until processes have ended
        known.jobs.forget_ended()
        if known.processes:
            known.processes.release_idle()


def digits_loader() -> DigitsLoader:
    """The loader of the digits; it starts to load when it is first asked for."""
    return _get().loader


def digits() -> Digits | None:
    """The digits; None while they are loading, and if they cannot be loaded."""
    return _get().loader.digits


def reload_digits() -> None:
    """Try the download once more for all, unless it is too early; the sample stays in use meanwhile."""
    with _lock:
        loader = _get().loader
        if loader.may_try_again:
            _get().loader = DigitsLoader(instead_of=loader.digits)


def prepare(config: TrainingConfig) -> None:
    """Begin to prepare the digits for settings that somebody has chosen, so that Train need not wait."""
    known, how = digits(), config.preprocessing
    if known is None or how is Preprocessing.RAW:
        return
    with _lock:
        chosen = _get().chosen_inputs
        if known not in chosen:
            chosen.clear()
        if how in chosen.setdefault(known, set()):
            return
        chosen[known].add(how)
    executor = ThreadPoolExecutor(1, "loading")
    executor.submit(lambda: prepared_for(config, known).finish())
    executor.shutdown(wait=False)


def jobs() -> JobRegistry:
    """Everybody's runs and maps of settings."""
    return _get().jobs


def people() -> People:
    """Everybody's drawings and lists of jobs."""
    return _get().people


def rooms() -> Rooms:
    """The rooms in which classes work together."""
    return _get().rooms


def is_in_room(person_id: str) -> bool:
    """Whether a person is in a room; no before anybody has used the page."""
    return _shared is not None and _shared.rooms.room_of(person_id) is not None


def novelty_detector() -> Future[NoveltyDetector] | None:
    """What drawings are compared with; its fitting starts when it is first asked for. None without digits."""
    known = digits()
    if known is None:
        return None
    with _lock:
        detectors = _get().detectors
        if known not in detectors:
            detectors.clear()
            executor = ThreadPoolExecutor(1, "novelty")
            detectors[known] = executor.submit(fit_novelty_detector, known.train)
            executor.shutdown(wait=False)
        return detectors[known]
