"""Runs that learn in other processes, where they wait neither for one another nor for the pages of a server.

Each step calls torch six times, and each call gives Python's lock away and takes it again. So two runs in
threads take 1.4 times as long as one, and beside the pages of a class far longer. A report holds all that the
next one depends on, so a process is needed for one report at a time, and a lost one costs no run.
"""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from weakref import WeakKeyDictionary, finalize

import torch

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Digits
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.preprocessing.preprocess import Preprocessing
from mnist_core.processes.mapped_split import map_split, write_split
from mnist_core.processes.process_pool import ProcessPool
from mnist_core.training.loop import compute_reports, next_report, train
from mnist_core.training.report import Progress

_log = logging.getLogger(__name__)


class TrainingProcesses:
    """Computes the reports of any number of runs.

    One run alone learns in the caller's thread: a process would take 250 MB, and two seconds to start. When
    another run wants a report meanwhile, processes are started, and used as soon as they are ready. The
    reports are the same, bit for bit.
    """

    def __init__(self, processes: int) -> None:
        """Prepare at most so many; each starts when a report is needed while all others are computed."""
        self._most = processes
        self._lock = Lock()
        self._pool: ProcessPool | None = None
        self._started: list[Future[None]] = []  # for each process, done once it is ready
        self._given_up = False  # on a machine that cannot start processes, or write the digits for them
        self._in_threads, self._in_processes = 0, 0  # reports that are being computed
        self._files: WeakKeyDictionary[Digits, dict[Preprocessing, _DigitFiles]] = WeakKeyDictionary()
        self._ending = ExitStack()
        self._end = finalize(self, self._ending.close)

    def train(
        self, config: TrainingConfig, digits: Digits, *, start: Progress | None = None
    ) -> Iterator[Progress]:
        """Learn digits as `train` does, with the same arguments, errors and reports."""
        train(config, digits, start=start)  # checks the arguments
        return compute_reports(config, digits, start, partial(self._next_report, config, digits))

    def release_idle(self) -> None:
        """End the processes, unless a report is being computed; they are started again when needed."""
        with self._lock:
            if not self._in_threads + self._in_processes:
                self._ending.close()
                self._pool, self._started = None, []
                self._files.clear()

    def close(self) -> None:
        """End the processes."""
        self._end()

    def _next_report(
        self, config: TrainingConfig, digits: Digits, report: Progress | None, goal: int
    ) -> Progress:
        if pool := self._free_pool():
            try:
                files = self._write(digits, config.preprocessing)
                work = (config, files, report, goal, torch.get_num_threads())
                return pool.submit(_next_report, *work).result()
            except BrokenExecutor:
                _log.warning("A process has ended before it had computed a report", exc_info=True)
            except OSError as error:
                self._give_up(error)
            finally:
                with self._lock:
                    self._in_processes -= 1
        with self._lock:
            self._in_threads += 1
        try:
            return next_report(config, preprocessed_digits(digits, config.preprocessing), report, goal)
        finally:
            with self._lock:
                self._in_threads -= 1

    def _free_pool(self) -> ProcessPool | None:
        """Count one more report and return the pool, if a process is ready or all are; else None.

        Processes are started for the reports to come if others are being computed now.
        """
        with self._lock:
            learning = self._in_threads + self._in_processes
            while 0 < learning >= len(self._started) < self._most and not self._given_up:
                self._start()
            ready = [start for start in self._started if start.done()]
            for error in filter(None, (start.exception() for start in ready)):
                self._give_up(error)
            if self._given_up or self._in_processes >= len(ready) < self._most:
                return None
            self._in_processes += 1
            return self._pool

    def _start(self) -> None:
        """Start one more process; the first comes with a folder for the digits, which goes with the pool."""
        if self._pool is None:
            try:
                folder = tempfile.mkdtemp(prefix="digit-lab-")
            except OSError as error:
                self._give_up(error)
                return
            self._ending.callback(shutil.rmtree, folder, ignore_errors=True)
            self._folder, self._pool = Path(folder), ProcessPool(self._most, niceness=0, folder=Path(folder))
            self._ending.callback(self._pool.shutdown)
        self._started.append(self._pool.submit(_get_ready))

    def _give_up(self, error: BaseException) -> None:
        if not self._given_up:
            _log.warning("Runs learn in threads from now on: processes fail here", exc_info=error)
        self._given_up = True

    def _write(self, digits: Digits, how: Preprocessing) -> "_DigitFiles":
        """Write the digits, preprocessed, to files when they are first needed."""
        ready = preprocessed_digits(digits, how)
        with self._lock:
            known = self._files.setdefault(digits, {})
            if how not in known:
                known[how] = _written(self._folder, ready)
            return known[how]


@dataclass(frozen=True)
class _DigitFiles:
    folder: str
    source: str


_here: dict[_DigitFiles, Digits] = {}  # in a process: the digits that it has mapped


def _written(parent: Path, digits: Digits) -> _DigitFiles:
    """Write digits to a folder of their own, of which nothing stays if that fails."""
    folder = Path(tempfile.mkdtemp(dir=parent))
    try:
        write_split(folder, "train", digits.train)
        write_split(folder, "test", digits.test)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _DigitFiles(str(folder), digits.source)


def _get_ready() -> None:
    """Do nothing: what takes time is to import this module."""


def _next_report(
    config: TrainingConfig, files: _DigitFiles, report: Progress | None, goal: int, threads: int
) -> Progress:
    """Compute a report, in the process; the number of threads decides the last bits."""
    torch.set_num_threads(threads)
    return next_report(config, _digits(files), report, goal)


def _digits(files: _DigitFiles) -> Digits:
    if files not in _here:
        train, test = (map_split(Path(files.folder), name) for name in ("train", "test"))
        _here[files] = Digits(train, test, files.source)
    return _here[files]
