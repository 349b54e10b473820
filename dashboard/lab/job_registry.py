"""The runs of everybody on this server, by id."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from dashboard.lab import job_list as run_list
from dashboard.lab.job_queue import TrainingQueue, seconds_per_epoch
from dashboard.lab.report_thinning import thin_out
from dashboard.lab.run_job import WATCH_TIMEOUT, ShownRun, ended_run
from mnist_core import (
    Digits,
    Progress,
    Run,
    Segment,
    SoftmaxRegressor,
    TrainingConfig,
    TrainingProcesses,
    TrainingWorker,
    preprocessed_digits,
    train,
)
from mnist_core.run_file import final_epoch_of, run_store, store_run, stored_run
from mnist_core.storage.file_store import new_id
from mnist_core.storage.files import write_atomically
from mnist_core.training.report import measure

_log = logging.getLogger(__name__)


def save_or_say_why(run_id: str, run: Run) -> list[str]:
    """Save a run; return why it cannot be saved, or nothing."""
    try:
        store_run(run_id, run, run_list.owners)
    except (OSError, ValueError) as error:
        _log.exception("A run cannot be saved")
        return [str(error.strerror if isinstance(error, OSError) and error.strerror else error)]
    return []


REMEMBERED = 40  # ended runs held in memory, about 1.3 MB each; reading another from disk takes 10 ms


class RunRegistry:
    """Begins runs, continues them, and finds them again, for every session."""

    def __init__(
        self, queue: TrainingQueue | None = None, processes: TrainingProcesses | None = None
    ) -> None:
        """Begin with the runs on disk; new ones wait in the queue, and learn in the processes, if any."""
        self._queue = queue or TrainingQueue()
        self._processes = processes
        self._runs: OrderedDict[str, ShownRun] = OrderedDict()
        self._lock = Lock()

    def begin(
        self,
        config: TrainingConfig,
        digits: Digits,
        *,
        seconds_per_report: float,
        paused: bool = False,
        owner: str | None = None,
        together: bool = False,
    ) -> ShownRun:
        """Begin a run from zero weights, under a new id; `paused` after its first report.

        Only one run of an owner, the id of a person, learns at a time, but see `TrainingQueue.turn`.
        """
        return self._train(new_id(), config, (), digits, (), seconds_per_report, owner, paused, together)

    def continue_run(
        self,
        run: ShownRun,
        config: TrainingConfig,
        digits: Digits,
        *,
        seconds_per_report: float,
        owner: str | None = None,
    ) -> ShownRun:
        """Continue a run that has ended, for as many epochs as the settings say.

        Raises:
            ValueError: the settings, or the digits, do not fit the run.
        """
        if digits.source != run.source:
            raise ValueError(f"this run learned the {run.source} digits, but only {digits.source} is here")
        if config.validation != run.config.validation:
            raise ValueError(
                f"this run holds out {run.config.validation:,} digits, the settings {config.validation:,}: "
                "begin a new run for that"
            )
        earlier = (*run.earlier, Segment(run.config, run.history[-1].epoch))
        history = thin_out(run.history, earlier)
        return self._train(run.id, config, earlier, digits, history, seconds_per_report, owner)

    def adopt(self, model: SoftmaxRegressor, digits: Digits) -> ShownRun:
        """Make a run of a model from a file: it has taken no step here, but can be continued.

        OSError if it cannot be saved.
        """
        report = measure(model, preprocessed_digits(digits, model.preprocessing))
        config = TrainingConfig(preprocessing=model.preprocessing)
        return self._keep(Run(config, (report,), digits.source))

    def copy(self, run: ShownRun) -> ShownRun:
        """Copy a run as it is now, under an id of its own; ValueError before its first report, or OSError."""
        return self._keep(run.as_run())

    def find(self, run_id: str) -> ShownRun:
        """Find a run in memory or on disk.

        Raises:
            KeyError: there is no such run.
            ValueError: not an id, or the file is damaged.
        """
        return self.in_memory(run_id) or self._remember(ended_run(run_id, stored_run(run_id)))

    def in_memory(self, run_id: str) -> ShownRun | None:
        """Return a run that is learning or was looked at lately; None if it is at most on disk."""
        with self._lock:
            return self._runs.get(run_id)

    def delete(self, run_id: str) -> bytes | None:
        """Stop a run if it is learning, and delete it; return its file, or None if there was none.

        ValueError for a bad id, OSError if the file cannot be read or deleted.
        """
        path = run_store().path(run_id)
        run = self.in_memory(run_id)
        if run is not None and isinstance(run.training, TrainingWorker):
            run.stop("It was deleted.")
            run.training.join()  # it saves the run when it ends
        with self._lock:
            self._runs.pop(run_id, None)
        content = path.read_bytes() if path.exists() else None
        path.unlink(missing_ok=True)
        return content

    def restore(self, run_id: str, content: bytes) -> None:
        """Bring back the file of a run that was deleted; OSError if it cannot be written."""
        run_store().put(run_id, lambda path: write_atomically(path, content), run_list.owners)

    def save_again(self, run: ShownRun) -> None:
        """Try once more to save a run that has ended; `run.unsaved` says whether it worked."""
        run.unsaved[:] = save_or_say_why(run.id, run.as_run())

    def forget_ended(self, *, all_but: int = 0) -> None:
        """Forget the ended runs that are on disk, but for the newest; `find` reads them again."""
        with self._lock:
            ended = [known.id for known in self._runs.values() if known.state.ended and not known.unsaved]
            for run_id in ended[: max(0, len(ended) - all_but)]:
                del self._runs[run_id]

    def _keep(self, run: Run) -> ShownRun:
        run_id = new_id()
        store_run(run_id, run, run_list.owners)
        return self._remember(ended_run(run_id, run))

    def _train(
        self,
        run_id: str,
        config: TrainingConfig,
        earlier: tuple[Segment, ...],
        digits: Digits,
        history: Sequence[Progress],
        seconds_per_report: float,
        owner: str | None,
        paused: bool = False,
        together: bool = False,
    ) -> ShownRun:
        source = digits.source
        unsaved: list[str] = []  # shared by the thread and the run: a thread that held the run would keep it

        def save(reports: Sequence[Progress]) -> None:
            unsaved[:] = save_or_say_why(run_id, Run(config, tuple(reports), source, earlier))

        turn = self._queue.turn(
            owner,
            per_epoch=seconds_per_epoch(config, len(digits.train) - config.validation),
            until=final_epoch_of(config, earlier),
            reports=config.reports_per_epoch,
            together=together,
        )
        learn = self._processes.train if self._processes else train
        training = TrainingWorker(
            learn(config, digits, start=history[-1] if history else None),
            earlier=history,
            save=save,
            seconds_per_report=seconds_per_report,
            watch_timeout=WATCH_TIMEOUT,
            paused=paused,
            turn=turn,
        )
        return self._remember(ShownRun(run_id, config, earlier, source, training, unsaved, turn=turn))

    def _remember(self, run: ShownRun) -> ShownRun:
        with self._lock:
            self._runs[run.id] = run
            self._runs.move_to_end(run.id)
        self.forget_ended(all_but=REMEMBERED)
        return run
