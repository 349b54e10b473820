"""A run: what pages show of it, whether it is still learning or was loaded from disk."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from dashboard.lab.job import UNWATCHED, Job
from dashboard.lab.job_queue import QueuedTurn, Waiting
from mnist_core import Digits, Progress, Run, SoftmaxRegressor, TrainingConfig
from mnist_core.data.dataset import counts_of
from mnist_core.evaluation.mcnemar import Score
from mnist_core.model_file import Origin
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.run_file import Segment, final_epoch_of
from mnist_core.training.digits import count_to_learn
from mnist_core.training.loop import EARLY_STEPS
from mnist_core.training.report import measure
from mnist_core.training.worker import State, TrainingWorker

BYTES_PER_REPORT = 31_700  # the weights, and the numbers

# Reports that stay when a run is continued. With the 200 of another fifty epochs it has at most about 500.
MOST = 300

FIRST, MOMENT = 3, 0.2  # reports, which take less than 0.1 s, and seconds


@dataclass(frozen=True, eq=False)
class EndedTraining:
    """The training of a run that was loaded: it has ended and nothing changes it."""

    state: State
    history: tuple[Progress, ...]
    error: Exception | None = None
    seconds_per_report: float = 0.0


@dataclass(eq=False)
class RunJob(Job):
    """A run that pages can show.

    Attributes:
        config: the settings, the newest if the run was continued.
        earlier: the segments before it was continued, the oldest first.
        source: of the digits it learns.
        training: the worker that learns, or what an earlier one left.
        stop_reason: why the run was stopped, as a sentence; empty if its owner pressed Stop, None if nobody
            asked for it.
        turn: among the runs that share the cores; None if it has ended.
        awaited: whether a page has waited for its first reports.
    """

    config: TrainingConfig
    earlier: tuple[Segment, ...]
    source: str
    training: TrainingWorker | EndedTraining = field(repr=False)
    stop_reason: str | None = None
    turn: QueuedTurn | None = field(default=None, repr=False)
    awaited: bool = field(default=False, repr=False)

    @property
    def state(self) -> State:
        """What the run is doing; read it before the history."""
        return self.training.state

    @property
    def history(self) -> tuple[Progress, ...]:
        """All reports so far, the oldest first."""
        return self.training.history

    @property
    def final_epoch(self) -> float:
        """The epoch at which the run is finished."""
        return final_epoch_of(self.config, self.earlier)

    @property
    def trained_elsewhere(self) -> bool:
        """Whether this is a model from a file that has not been trained further here."""
        return self.state.ended and bool(self.history) and not self.history[-1].seconds

    @property
    def seconds_left(self) -> float:
        """How long it still takes at the pace so far, without pauses; inf before the first report."""
        last = self.history[-1] if self.history else None
        if last is None or not last.epoch:
            return math.inf
        reports = self.config.reports_per_epoch
        pace = max(last.seconds / last.epoch / reports, self.training.seconds_per_report)
        return (self.final_epoch - last.epoch) * reports * pace

    @property
    def begun(self) -> bool:
        """Whether the run has learned anything, or learns."""
        return self.turn is None or self.turn.begun or self.turn.holding or bool(self.history)

    @property
    def waiting(self) -> Waiting | None:
        """Which runs learn before this one, and how long; None if it need not wait for them."""
        return None if self.turn is None or self.state.ended else self.turn.waiting

    @property
    def why_stopped(self) -> str:
        """Why the run was stopped, as a sentence, if that was not its owner's wish; else empty."""
        if self.state is not State.STOPPED or isinstance(self.training, EndedTraining):
            return ""
        if self.stop_reason is None:
            return UNWATCHED
        return self.stop_reason

    def content(self) -> Run:
        """Return the run as it is now, to be saved; ValueError before the first report."""
        return Run(self.config, self.history, self.source, self.earlier)

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end; return whether it has ended."""
        return isinstance(self.training, EndedTraining) or self.training.join(timeout)

    @property
    def is_abandoned(self) -> bool:
        """Whether it waits to begin, and its owner has gone."""
        return self.turn is not None and not self.begun and self.turn.is_away

    def wait_for_end(self, seconds: float) -> bool:
        """Wait for an end that is at most some seconds away; return whether the run has ended."""
        near = self.stop_reason is not None or self.seconds_left <= seconds
        return self.join(seconds if near else 0)

    def wait_for_beginning(self) -> None:
        """Wait a moment, once, for the first reports of a run that learns: its chart comes with a curve."""
        if self.awaited or self.waiting:
            return
        self.awaited = True
        if isinstance(self.training, TrainingWorker) and not self.state.ended:
            self.training.wait_for_reports(1 if self.training.seconds_per_report else FIRST, MOMENT)

    def watch(self) -> None:
        """Say that a page shows the run, which keeps it from stopping by itself."""
        self._control(TrainingWorker.watch)
        if self.turn is not None and not self.state.ended:
            self.turn.watch()

    def pause(self) -> None:
        """Hold back further reports."""
        self._control(TrainingWorker.pause)

    def resume(self) -> None:
        """Let reports come again."""
        self._control(TrainingWorker.resume)

    def go_to_next_report(self) -> None:
        """Let one more report come, and pause."""
        self._control(TrainingWorker.step)

    def stop(self, reason: str = "") -> None:
        """Stop the run and keep what it learned; the reason is a sentence for those who watch it."""
        if not self.state.ended:
            self.stop_reason = reason
            self._control(TrainingWorker.stop)

    def set_pace(self, seconds_per_report: float) -> None:
        """Set the least time from one report to the next."""
        if isinstance(self.training, TrainingWorker):
            self.training.seconds_per_report = seconds_per_report

    def _control(self, act: Callable[[TrainingWorker], None]) -> None:
        if isinstance(self.training, TrainingWorker):
            act(self.training)


def ended_run(run_id: str, run: Run) -> RunJob:
    """Return a run that was loaded, or that somebody else has trained."""
    state = State.FINISHED if run.finished else State.STOPPED
    return RunJob(run_id, run.config, run.earlier, run.source, EndedTraining(state, run.history))


def run_of_model(model: SoftmaxRegressor, digits: Digits, origin: Origin | None = None) -> Run:
    """Make a run of a model from a file: it has taken no step here, but can be continued.

    Where the file tells how it was trained, on these digits, the run has these settings and steps.
    """
    ready = preprocessed_digits(digits, model.preprocessing)
    config, step, epoch = TrainingConfig(preprocessing=model.preprocessing), 0, 0.0
    if origin is not None and origin.source == digits.source:
        with suppress(ValueError):  # settings that need more digits than there are
            count_to_learn(origin.config, len(digits.train))
            config, step, epoch = origin.config, origin.step, origin.epoch
    report = measure(model, ready, config, step=step, epoch=epoch)
    return Run(config, (replace(report, seconds=0.0),), digits.source)  # none was spent on learning here


def estimated_bytes(config: TrainingConfig, history: Sequence[Progress] = ()) -> int:
    """Estimate how large the file of a run will be that learns with these settings after these reports."""
    early = len(EARLY_STEPS) if config.early_reports else 0
    return BYTES_PER_REPORT * (len(history) + config.epochs * config.reports_per_epoch + early)


def thin_out(
    history: Sequence[Progress], earlier: Sequence[Segment], most: int = MOST
) -> tuple[Progress, ...]:
    """Keep about `most` of the reports, evenly spaced over the epochs, if there are more.

    The first and the last always stay, and those after the early steps and at the ends of segments.
    """
    if len(history) <= most:
        return tuple(history)
    ends = {segment.until for segment in earlier}
    gap = (history[-1].epoch - history[0].epoch) / most
    kept = [history[0]]
    for report in history[1:]:
        special = report is history[-1] or report.epoch in ends or report.step <= EARLY_STEPS[-1]
        if special or report.epoch - kept[-1].epoch >= gap * (1 - 1e-9):  # not less by rounding alone
            kept.append(report)
    return tuple(kept)


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
        """How many of the test digits the newest model reads correctly; None if it is not known."""
        counts = counts_of(self.source)
        return _score(self.newest.test.accuracy, counts[1]) if self.newest and counts else None

    @property
    def validation(self) -> Score | None:
        """How many of the digits held out it reads correctly; None if there are none."""
        if self.newest is None or self.newest.validation is None:
            return None
        return _score(self.newest.validation.accuracy, self.config.validation)


def summary_of(run: RunJob) -> RunSummary:
    """Summarize a run as it is now."""
    state, history = run.state, run.history  # in this order: if it has ended, the history is complete
    newest = history[-1] if history else None
    return RunSummary(run.id, run.config, run.earlier, run.source, state, run.final_epoch, newest)


def _score(accuracy: float, count: int) -> Score:
    return Score(round(accuracy * count), count)
