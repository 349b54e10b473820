"""A run that pages can show, whether it is still learning or was loaded from disk."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from dashboard.lab.job_queue import QueuedTurn, Waiting
from mnist_core import Progress, Run, Segment, State, TrainingConfig, TrainingWorker
from mnist_core.run_file import final_epoch_of

WATCH_TIMEOUT = 120.0  # seconds after which a run that no page shows stops by itself


@dataclass(frozen=True, eq=False)
class EndedTraining:
    """The training of a run that was loaded: it has ended and nothing changes it."""

    state: State
    history: tuple[Progress, ...]
    error: Exception | None = None
    seconds_per_report: float = 0.0


@dataclass(eq=False)
class ShownRun:
    """A run that pages can show.

    Attributes:
        id: 128 random bits in hexadecimal; whoever has it may see the run.
        config: the settings, the newest if the run was continued.
        earlier: the segments before it was continued, the oldest first.
        source: of the digits it learns.
        training: the worker that learns, or what an earlier one left.
        unsaved: why the run could not be saved when it ended, or nothing.
        stop_reason: why the run was stopped, as a sentence; empty if its owner pressed Stop, None if nobody
            asked for it.
        turn: among the runs that share the cores; None if it has ended.
    """

    id: str
    config: TrainingConfig
    earlier: tuple[Segment, ...]
    source: str
    training: TrainingWorker | EndedTraining = field(repr=False)
    unsaved: list[str] = field(default_factory=list)
    stop_reason: str | None = None
    turn: QueuedTurn | None = field(default=None, repr=False)

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
    def waiting(self) -> Waiting | None:
        """Which runs learn before this one, and how long; None if it need not wait for them."""
        return None if self.turn is None or self.state.ended else self.turn.waiting

    @property
    def why_stopped(self) -> str:
        """Why the run was stopped, as a sentence, if that was not its owner's wish; else empty."""
        if self.state is not State.STOPPED or isinstance(self.training, EndedTraining):
            return ""
        if self.stop_reason is None:
            return f"It was stopped because no page had shown it for {WATCH_TIMEOUT:.0f} seconds."
        return self.stop_reason

    def as_run(self) -> Run:
        """Return the run as it is now, to be saved; ValueError before the first report."""
        return Run(self.config, self.history, self.source, self.earlier)

    def wait_for_end(self, seconds: float) -> bool:
        """Wait for an end that is at most some seconds away; return whether the run has ended."""
        if isinstance(self.training, EndedTraining):
            return True
        near = self.stop_reason is not None or self.seconds_left <= seconds
        return self.training.join(seconds if near else 0)

    def watch(self) -> None:
        """Say that a page shows the run, which keeps it from stopping by itself."""
        self._control(TrainingWorker.watch)

    def pause(self) -> None:
        """Hold back further reports."""
        self._control(TrainingWorker.pause)

    def resume(self) -> None:
        """Let reports come again."""
        self._control(TrainingWorker.resume)

    def step(self) -> None:
        """Let one more report come, and pause."""
        self._control(TrainingWorker.step)

    def stop(self, reason: str = "") -> None:
        """Stop the run and keep what it learned; the reason is a sentence for whoever watches it."""
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


def ended_run(run_id: str, run: Run) -> ShownRun:
    """Return a run that was loaded, or that somebody else has trained."""
    state = State.FINISHED if run.finished else State.STOPPED
    return ShownRun(run_id, run.config, run.earlier, run.source, EndedTraining(state, run.history))
