"""Runs that learn in other processes, where they wait neither for one another nor for the pages of a server.

Each step calls torch six times, and each call gives Python's lock away and takes it again. So two runs in
threads take 1.4 times as long as one, and beside the pages of a class far longer. A report holds all that the
next one depends on, so a process is needed for one report at a time, and a lost one costs no run.
"""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from threading import Lock, Thread
from weakref import WeakKeyDictionary, finalize

import torch

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Digits
from mnist_core.preprocessing.cache import DigitsBeingPrepared
from mnist_core.processes.shared_digits import SharedDigits, share_digits
from mnist_core.processes.temporary import temporary_prefix
from mnist_core.processes.worker_process import WorkerProcess
from mnist_core.training.loop import compute_reports, next_report, prepared_for, train
from mnist_core.training.report import Progress

_log = logging.getLogger(__name__)


class TrainingProcesses:
    """Computes the reports of any number of runs.

    One run alone learns in the caller's thread: a process would take 250 MB, and two seconds to start. When
    another run wants a report meanwhile, processes are started, and used as soon as they are ready. The
    reports are the same, bit for bit.
    """

    def __init__(self, most: int) -> None:
        """Prepare at most so many processes."""
        self._most = most
        self._lock = Lock()
        self._processes: set[WorkerProcess] = set()
        self._idle: list[WorkerProcess] = []  # those that are ready and compute nothing
        self._given_up = False  # on a machine that cannot start processes, or write the digits for them
        self._computing = 0  # reports, here and in processes
        self._folder: Path | None = None
        self._files: WeakKeyDictionary[Digits, SharedDigits] = WeakKeyDictionary()
        self._ending = ExitStack()  # ends the processes and removes the folder
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
            if not self._computing:
                self._processes.clear()
                self._idle.clear()
                self._files.clear()
                self._folder = None
                self._ending.close()

    def _next_report(
        self, config: TrainingConfig, digits: Digits, report: Progress | None, goal: int
    ) -> Progress:
        ready = prepared_for(config, digits)
        with self._lock:
            if self._computing:
                self._start_processes(min(self._computing + 1, self._most))
            self._computing += 1
            process = self._idle.pop() if self._idle and not self._given_up else None
        try:
            if process:
                try:
                    files = self._share(ready.finish())
                    return process.call(report_on, files, digits.source, config, report, goal)
                except BrokenExecutor:
                    _log.warning("A process has ended before it had computed a report", exc_info=True)
                except OSError as error:
                    self._give_up(error)
            return next_report(config, ready, report, goal)
        finally:
            with self._lock:
                self._computing -= 1
                if process and process.ended:
                    self._processes.discard(process)
                elif process:
                    self._idle.append(process)

    def _start_processes(self, count: int) -> None:
        """Start what is missing to have so many, the first with a folder for the digits."""
        while len(self._processes) < count and not self._given_up:
            try:
                if self._folder is None:
                    self._folder = Path(tempfile.mkdtemp(prefix=temporary_prefix()))
                    self._ending.callback(shutil.rmtree, self._folder, ignore_errors=True)
                process = WorkerProcess(folder=self._folder)
            except OSError as error:
                self._give_up(error)
            else:
                self._ending.callback(process.kill)
                self._processes.add(process)
                Thread(target=self._get_ready, args=(process,), daemon=True).start()

    def _get_ready(self, process: WorkerProcess) -> None:
        try:
            process.call(_prepare)
        except Exception as error:
            if process in self._processes and self._end.alive:  # or it has been ended from here
                self._give_up(error)
        else:
            with self._lock:
                if process in self._processes:
                    self._idle.append(process)

    def _give_up(self, error: BaseException) -> None:
        if not self._given_up:
            _log.warning("Runs learn in threads from now on: processes fail here", exc_info=error)
        self._given_up = True

    def _share(self, digits: Digits) -> SharedDigits:
        """Write preprocessed digits to files when they are first needed."""
        with self._lock:
            if digits not in self._files:
                splits = {"train": digits.train, "test": digits.test}
                self._files[digits] = self._ending.enter_context(share_digits(splits, self._folder))
            return self._files[digits]


# What follows runs in the processes.


def _prepare() -> None:
    """Import this module, which takes time, and compute on one thread: switching takes 1 ms a report."""
    torch.set_num_threads(1)


def report_on(
    files: SharedDigits,
    source: str,
    config: TrainingConfig,
    report: Progress | None,
    goal: int,
) -> Progress:
    """Compute a report."""
    return next_report(config, DigitsBeingPrepared(_mapped(files, source), None), report, goal)


@cache
def _mapped(files: SharedDigits, source: str) -> Digits:
    train, test = files.split("train"), files.split("test")
    if train is None or test is None:
        raise FileNotFoundError(f"there are no digits in {files.folder} any more")
    return Digits(train, test, source)
