"""What a list shows of a run: its settings and its newest report."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from dashboard.lab.job_registry import RunRegistry
from dashboard.lab.run_job import ShownRun
from mnist_core import Progress, Run, Score, Segment, State, TrainingConfig
from mnist_core.data.dataset import SOURCES
from mnist_core.run_file import run_store, stored_run

KEPT = 500  # summaries in memory, 32 KB each, for the model of the newest report

Stamp = tuple[int, int]  # when a file was written, in nanoseconds since 1970, and its bytes


@dataclass(frozen=True, eq=False)
class RunSummary:
    """A run as a list shows it.

    Attributes:
        id: its id.
        config: the settings, the newest if the run was continued.
        earlier: the segments before it was continued, the oldest first.
        source: of the digits it learns.
        state: what it is doing.
        final_epoch: the epoch at which it is finished.
        newest: the newest report; None before the first.
    """

    id: str
    config: TrainingConfig
    earlier: tuple[Segment, ...]
    source: str
    state: State
    final_epoch: float
    newest: Progress | None

    @property
    def test(self) -> Score | None:
        """How many of the test digits the newest model reads correctly; None before the first report."""
        return None if self.newest is None else _score(self.newest.test.accuracy, SOURCES[self.source][1])

    @property
    def validation(self) -> Score | None:
        """How many of the digits held out it reads correctly; None if there are none."""
        if self.newest is None or self.newest.validation is None:
            return None
        return _score(self.newest.validation.accuracy, self.config.validation)


class RunSummaries:
    """Summaries of everybody's runs, in memory once they have been asked for."""

    def __init__(self, registry: RunRegistry) -> None:
        """Begin with none."""
        self._registry = registry
        self._read: OrderedDict[str, tuple[Stamp, RunSummary]] = OrderedDict()
        self._lock = Lock()

    def find(self, run_id: str) -> RunSummary:
        """Summarize a run in memory or on disk, whose file is read only as far as it is needed.

        Raises:
            KeyError: there is no such run.
            ValueError: not an id, or the file is damaged.
            OSError: the file cannot be read.
        """
        run = self._registry.in_memory(run_id)
        if run is not None:
            return summary_of(run)
        written = run_store().find(run_id).stat()
        stamp = (written.st_mtime_ns, written.st_size)  # another one once the run was continued
        with self._lock:
            known = self._read.get(run_id)
        if known is not None and known[0] == stamp:
            return known[1]
        summary = _of_stored(run_id, stored_run(run_id, newest_only=True))
        with self._lock:
            self._read[run_id] = (stamp, summary)
            self._read.move_to_end(run_id)
            while len(self._read) > KEPT:
                self._read.popitem(last=False)
        return summary


def summary_of(run: ShownRun) -> RunSummary:
    """Summarize a run as it is now."""
    state, history = run.state, run.history  # in this order: if it has ended, the history is complete
    newest = history[-1] if history else None
    return RunSummary(run.id, run.config, run.earlier, run.source, state, run.final_epoch, newest)


def _of_stored(run_id: str, run: Run) -> RunSummary:
    state = State.FINISHED if run.finished else State.STOPPED
    newest = run.history[-1]
    return RunSummary(run_id, run.config, run.earlier, run.source, state, run.final_epoch, newest)


def _score(accuracy: float, count: int) -> Score:
    return Score(round(accuracy * count), count)
