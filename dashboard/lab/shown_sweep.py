"""A map of settings that pages can show, whether it is being drawn or was loaded from disk."""

import time
from dataclasses import dataclass, field

from dashboard.lab.job_queue import Waiting
from dashboard.lab.map_file import StoredSweep, Winner
from dashboard.lab.map_job import WATCH_TIMEOUT, SweepWorker
from mnist_core import Grid, ProcessPool, State, SweepResult
from mnist_core.sweep.tasks import divide

SECONDS_TO_START = 3.0  # about, of the processes


def work_of(grid: Grid) -> float:
    """Return how much work a map is, for each digit and epoch: core-microseconds on one machine."""
    return sum(task.cost for task in divide(grid))


def work_left(known: StoredSweep) -> float:
    """Return how much of this work is left."""
    done = {result.cell for result in known.results}
    return sum(task.cost for task in divide(known.grid, done))


def estimated_seconds(work: float, grid: Grid, digits: int) -> float:
    """Estimate how long work takes on the cores of this machine, with so many training digits in all."""
    core_seconds = 1e-6 * work * (digits - grid.validation) * grid.epochs
    return SECONDS_TO_START + core_seconds / ProcessPool().workers


@dataclass(eq=False)
class ShownSweep:
    """A map that pages can show, whether it is being drawn or was loaded from disk.

    Attributes:
        id: 128 random bits in hexadecimal; whoever has it may see the map.
        work: the worker that draws it, or what an earlier one left.
        unsaved: why it could not be saved, or nothing.
        estimate: seconds that the work was thought to take when it began.
    """

    id: str
    work: SweepWorker | StoredSweep = field(repr=False)
    unsaved: list[str] = field(default_factory=list)
    estimate: float = 0.0

    @property
    def state(self) -> State:
        """What is being done; read it before the results."""
        if isinstance(self.work, SweepWorker):
            return self.work.state
        complete = len(self.work.results) == len(self.work.grid.cells)
        return State.FINISHED if complete and self._was_tested(self.work) else State.STOPPED

    @property
    def known(self) -> StoredSweep:
        """The grid, the results so far and the winner, all of one moment."""
        return self.work.known if isinstance(self.work, SweepWorker) else self.work

    @property
    def grid(self) -> Grid:
        """The settings to try."""
        return self.known.grid

    @property
    def results(self) -> tuple[SweepResult, ...]:
        """What is done, in the order in which it came."""
        return self.known.results

    @property
    def winner(self) -> Winner | None:
        """The best cell, trained on all training digits and tested; None before the end."""
        return self.known.winner

    @property
    def done(self) -> float:
        """The share of the work that is done, 0 to 1."""
        return 1 - work_left(self.known) / work_of(self.grid)

    @property
    def seconds_left(self) -> float | None:
        """About how long it still takes; None while it waits for its turn, and if it has ended.

        By the time that the cells so far have taken, which leaves out how long the processes took to start.
        """
        work, known = self.work, self.known
        if not isinstance(work, SweepWorker) or work.state.ended or work.began is None:
            return None
        starting = max(0.0, work.began + SECONDS_TO_START - time.monotonic())
        left = work_left(known)
        done = work_of(known.grid) - left
        if len(known.results) <= 1:  # the first cell is computed alone, which is slower
            return max(1.0, self.estimate - SECONDS_TO_START + starting)
        per_work = sum(result.seconds for result in known.results) / done
        return starting + left * per_work / max(1, work.workers or ProcessPool().workers)

    @property
    def waiting(self) -> Waiting | None:
        """What is computed before it; None if it need not wait."""
        return self.work.waiting if isinstance(self.work, SweepWorker) else None

    @property
    def workers(self) -> int | None:
        """How many workers the cluster has that computes it; None without one."""
        return self.work.workers if isinstance(self.work, SweepWorker) else None

    @property
    def why_stopped(self) -> str:
        """Why it ended before all was done, as a sentence, if that was not its owner's wish; else empty."""
        if not isinstance(self.work, SweepWorker):
            return ""
        if self.work.unwatched:
            return f"It was stopped because no page had shown it for {WATCH_TIMEOUT:.0f} seconds."
        return self.work.error

    def watch(self) -> None:
        """Say that a page shows it, which keeps it from stopping by itself."""
        if isinstance(self.work, SweepWorker):
            self.work.watch()

    def wait_for_first_result(self, timeout: float) -> None:
        """See `SweepWorker`; there is nothing to wait for when nothing is computed."""
        if isinstance(self.work, SweepWorker):
            self.work.wait_for_first_result(timeout)

    def stop(self) -> None:
        """Cancel; what is done is kept."""
        if isinstance(self.work, SweepWorker):
            self.work.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end; return whether it has ended."""
        return not isinstance(self.work, SweepWorker) or self.work.join(timeout)

    @staticmethod
    def _was_tested(known: StoredSweep) -> bool:
        return known.winner is not None or all(result.diverged for result in known.results)
