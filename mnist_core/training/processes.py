"""Runs that learn in other processes, where they wait neither for one another nor for the pages of a server.

Each step calls torch six times, and each call gives Python's lock away and takes it again. So two runs in
threads take 1.4 times as long as one, and beside the pages of a class far longer. A report holds all that the
next one depends on, so a process is needed for one report at a time, and a lost one costs no run.
"""

import logging
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock

import torch

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Digits
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.preprocessing.preprocess import Preprocessing
from mnist_core.processes.mapped_split import map_split, write_split
from mnist_core.processes.pool import ProcessPool
from mnist_core.training.loop import Progress, next_report, repeat, train

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
        self._folder = _new_folder()  # None if files cannot be written
        self._pool = ProcessPool(processes, niceness=0, folder=self._folder)
        self._lock = Lock()
        self._started: list[Future[None]] = []  # for each process, done once it is ready
        self._files_fail = self._folder is None
        self._in_threads, self._in_processes = 0, 0  # reports that are being computed
        self._files: weakref.WeakKeyDictionary[Digits, dict[Preprocessing, _DigitFiles]]
        self._files = weakref.WeakKeyDictionary()
        self._end = weakref.finalize(self, _end, self._pool, self._folder)

    def train(
        self, config: TrainingConfig, digits: Digits, *, start: Progress | None = None
    ) -> Iterator[Progress]:
        """Learn digits as `train` does, with the same arguments, errors and reports."""
        train(config, digits, start=start)  # checks the arguments
        return repeat(config, digits, start, partial(self._next_report, config, digits))

    def close(self) -> None:
        """End the processes."""
        self._end()

    def _next_report(
        self, config: TrainingConfig, digits: Digits, report: Progress | None, goal: int
    ) -> Progress:
        if self._may_use_process():
            try:
                files = self._write(digits, config.preprocessing)
                work = (config, files, report, goal, torch.get_num_threads())
                return self._pool.submit(_next_report, *work).result()
            except BrokenExecutor:
                _log.warning("A report could not be computed in another process", exc_info=True)
            except OSError:
                _log.warning("Other processes cannot get at the digits: runs learn in threads", exc_info=True)
                self._files_fail = True
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

    def _may_use_process(self) -> bool:
        """Count one more report if a process is ready for it, or all are; start one if others learn now."""
        with self._lock:
            if self._files_fail:
                return False
            learning = self._in_threads + self._in_processes
            while 0 < learning >= len(self._started) < self._most:
                self._start()
            ready = sum(start.done() for start in self._started)
            if self._in_processes >= ready < self._most:
                return False
            self._in_processes += 1
            return True

    def _start(self) -> None:
        self._started.append(self._pool.submit(_get_ready))

    def _write(self, digits: Digits, how: Preprocessing) -> "_DigitFiles":
        """Write the digits, preprocessed, to files when they are first needed."""
        ready = preprocessed_digits(digits, how)
        with self._lock:
            assert self._folder is not None
            known = self._files.setdefault(digits, {})
            if how not in known:
                known[how] = _written(self._folder, ready)
            return known[how]


@dataclass(frozen=True)
class _DigitFiles:
    folder: str
    source: str


_here: dict[_DigitFiles, Digits] = {}  # in a process: the digits that it has mapped


def _new_folder() -> Path | None:
    try:
        return Path(tempfile.mkdtemp(prefix="digit-lab-"))
    except OSError:
        return None


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


def _end(pool: ProcessPool, folder: Path | None) -> None:
    pool.shutdown()
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


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
