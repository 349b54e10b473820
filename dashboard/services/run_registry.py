"""The runs of everybody on this server, by id."""

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from mnist_core import (
    Digits,
    Progress,
    SoftmaxRegressor,
    State,
    TrainingConfig,
    TrainingWorker,
    evaluate,
    train,
)
from mnist_core.run_file import Run, Segment, final_epoch_of, store_run, stored_run
from mnist_core.storage.file_store import new_id

UNWATCHED = 120.0  # seconds after which a run that no page shows stops by itself
SLOW = 0.4  # seconds a report in slow motion: twenty of them can be talked over
REMEMBERED = 100  # ended runs held in memory, about 1.3 MB each; the others are on disk


@dataclass(frozen=True)
class LiveRun:
    """A run that pages can show and control.

    Attributes:
        id: 128 random bits in hexadecimal; who has it may see the run.
        config: the settings, the newest where the run was continued.
        earlier: the settings before, the oldest first.
        source: of the digits it learns.
        training: the thread; over for a run from disk.
    """

    id: str
    config: TrainingConfig
    earlier: tuple[Segment, ...]
    source: str
    training: TrainingWorker

    @property
    def final_epoch(self) -> float:
        """The epoch at which the run is finished."""
        return final_epoch_of(self.config, self.earlier)

    @property
    def state(self) -> State:
        """Where the run stands; read it before the history."""
        state = self.training.state
        fell_short = state is State.FINISHED and self.history[-1].epoch < self.final_epoch
        return State.STOPPED if fell_short else state

    @property
    def history(self) -> tuple[Progress, ...]:
        """All reports so far, the oldest first."""
        return self.training.history

    @property
    def seconds_left(self) -> float:
        """How long it takes to the goal at the pace so far, pauses left out; inf before the first report."""
        last = self.history[-1] if self.history else None
        if last is None or not last.epoch:
            return math.inf
        reports = self.config.reports_per_epoch
        a_report = max(last.seconds / last.epoch / reports, self.training.seconds_per_report)
        return (self.final_epoch - last.epoch) * reports * a_report

    def wait_for_end(self, seconds: float) -> bool:
        """Wait for an end that is no more than some seconds away; tell whether the run has ended."""
        return self.training.join(seconds if self.seconds_left <= seconds else 0)


class RunRegistry:
    """Begins runs, goes on with them, and finds them again, from any session."""

    def __init__(self) -> None:
        """Begin with the runs on disk."""
        self._runs: OrderedDict[str, LiveRun] = OrderedDict()
        self._lock = Lock()

    def begin(self, config: TrainingConfig, digits: Digits, *, seconds_per_report: float) -> LiveRun:
        """Begin a run from zero weights."""
        return self._learn(new_id(), config, (), digits, (), seconds_per_report)

    def go_on(
        self, run: LiveRun, config: TrainingConfig, digits: Digits, *, seconds_per_report: float
    ) -> LiveRun:
        """Go on with a run that has ended, by as many epochs as the settings say.

        Raises:
            ValueError: the settings, or the digits, do not go with the run.
        """
        if digits.source != run.source:
            raise ValueError(
                f"this run learned from the {run.source} digits, and only {digits.source} is here"
            )
        history = run.history
        earlier = (*run.earlier, Segment(run.config, history[-1].epoch))
        return self._learn(run.id, config, earlier, digits, history, seconds_per_report)

    def adopt(self, model: SoftmaxRegressor, digits: Digits) -> LiveRun:
        """Make a run of a model from elsewhere: it has learned nothing here yet, but can go on."""
        report = Progress(
            step=0,
            epoch=0.0,
            train=evaluate(model, digits.train),
            test=evaluate(model, digits.test),
            seconds=0.0,
            model=model,
        )
        config = TrainingConfig(preprocessing=model.preprocessing)
        run_id = new_id()
        store_run(run_id, Run(config, (report,), digits.source))
        return self.find(run_id)

    def find(self, run_id: str) -> LiveRun:
        """Find a run in memory or on disk.

        Raises:
            KeyError: there is no such run.
            ValueError: it is no id, or the file is damaged.
        """
        with self._lock:
            if run_id in self._runs:
                return self._runs[run_id]
        kept = stored_run(run_id)
        over = TrainingWorker(iter(()), earlier=kept.history)
        over.join()
        return self._remember(LiveRun(run_id, kept.config, kept.earlier, kept.source, over))

    def _learn(
        self,
        run_id: str,
        config: TrainingConfig,
        earlier: tuple[Segment, ...],
        digits: Digits,
        history: Sequence[Progress],
        seconds_per_report: float,
    ) -> LiveRun:
        source = digits.source
        training = TrainingWorker(
            train(config, digits, start=history[-1] if history else None),
            earlier=history,
            keep=lambda reports: store_run(run_id, Run(config, tuple(reports), source, earlier)),
            seconds_per_report=seconds_per_report,
            seconds_unwatched=UNWATCHED,
        )
        return self._remember(LiveRun(run_id, config, earlier, source, training))

    def _remember(self, run: LiveRun) -> LiveRun:
        with self._lock:
            self._runs[run.id] = run
            self._runs.move_to_end(run.id)
            ended = [known.id for known in self._runs.values() if known.state.ended]
            for surplus in ended[:-REMEMBERED]:
                del self._runs[surplus]
        return run
