"""A training run in its own thread, so that a page can come and go while the model learns."""

import math
import time
import weakref
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from threading import Condition, Event, Thread, current_thread
from typing import Protocol

from mnist_core.training.report import Progress

Save = Callable[[Sequence[Progress]], None]


class State(StrEnum):
    """What a run is doing: it can go on while it is running or paused; the other three are final."""

    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether the state is final."""
        return self in (State.FINISHED, State.STOPPED, State.FAILED)


class Turn(Protocol):
    """The turn of one run, among others that share the cores.

    It is taken before each report, and kept until it is given back.
    """

    def take(self, epoch: float, go_on: Callable[[], None]) -> bool | None:
        """Take the turn, at this epoch of the run; return False if it was cancelled instead.

        None if others come first: `go_on` is called when it is the run's turn, which is then taken again.
        """

    def give_back(self) -> None:
        """Let others learn: the run is paused, waits for slow motion, or has ended."""

    def cancel(self) -> bool:
        """Wait no longer: the run is to stop. Return whether it waited: `go_on` is not called then."""


class NoTurns:
    """For a run that does not wait for others."""

    def take(self, epoch: float, go_on: Callable[[], None]) -> bool:
        """Return at once."""
        return True

    def give_back(self) -> None:
        """Do nothing."""

    def cancel(self) -> bool:
        """Do nothing: there is no waiting to cancel."""
        return False


class TrainingWorker:
    """Takes reports from an iterator, in a thread that starts at once.

    The iterator learns when it is asked, so the worker pauses by not asking. While the run waits for its turn
    it has no thread. A thread holds no reference to the worker: when the last one is dropped, or at exit, the
    run stops and the thread is joined, because a thread inside torch would make the exit crash.
    """

    def __init__(
        self,
        reports: Iterator[Progress],
        *,
        earlier: Sequence[Progress] = (),
        save: Save | None = None,
        seconds_per_report: float = 0.0,
        watch_timeout: float = math.inf,
        paused: bool = False,
        turn: Turn | None = None,
    ) -> None:
        """Start to take reports.

        Args:
            reports: the source; a generator is closed at the end, however the run ends.
            earlier: reports that the history begins with, for a run that is being continued.
            save: called with the history, in the thread, before the final state; its error becomes `error`.
            seconds_per_report: see the attribute.
            watch_timeout: the run stops by itself this many seconds after the last call of `watch`.
            paused: whether to pause after the first report.
            turn: of this run among others that share the cores, if there are any.
        """
        self._shared = shared = _Shared(earlier, seconds_per_report, watch_timeout, paused, turn or NoTurns())
        self._work = (reports, shared, save)
        _go_on(*self._work)
        self._end = weakref.finalize(self, _stop_and_join, *self._work)

    @property
    def state(self) -> State:
        """What the run is doing. Read it before `history`: if it has ended, the history is then complete."""
        return self._shared.final_state or (State.RUNNING if self._shared.reports_allowed else State.PAUSED)

    @property
    def history(self) -> tuple[Progress, ...]:
        """All reports so far, the oldest first."""
        return tuple(self._shared.history)

    @property
    def error(self) -> Exception | None:
        """What the iterator, or `save`, raised."""
        return self._shared.error

    @property
    def seconds_per_report(self) -> float:
        """The least time from one report to the next, for slow motion; 0 is full speed. It can be set."""
        return self._shared.seconds_per_report

    @seconds_per_report.setter
    def seconds_per_report(self, seconds: float) -> None:
        with self._shared.changing():
            self._shared.seconds_per_report = seconds

    def pause(self) -> None:
        """Hold back all further reports until `resume` or `step`."""
        with self._shared.changing():
            self._shared.reports_allowed = 0

    def resume(self) -> None:
        """Let reports come again."""
        with self._shared.changing():
            self._shared.reports_allowed = math.inf

    def step(self) -> None:
        """Let exactly one more report come, without waiting for slow motion, and then pause."""
        with self._shared.changing():
            allowed = self._shared.reports_allowed
            self._shared.reports_allowed = 1 if allowed == math.inf else allowed + 1
            self._shared.last_report = -math.inf

    def stop(self) -> None:
        """End the run and keep what it reported; `join` waits until it has ended."""
        _stop(*self._work)

    def watch(self) -> None:
        """Restart the watch timeout."""
        with self._shared.changing():
            self._shared.last_watch = time.monotonic()

    def wait_for_reports(self, count: int, timeout: float) -> None:
        """Wait at most `timeout` seconds until there are so many reports, while they are allowed."""
        shared = self._shared
        with shared.changed:
            shared.changed.wait_for(
                lambda: len(shared.history) >= count or not shared.reports_allowed or shared.final_state,
                timeout,
            )

    def join(self, timeout: float | None = None) -> bool:
        """Wait at most `timeout` seconds for the end of the run; return whether it has ended."""
        return _join(self._shared, timeout)


class _Shared:
    """What a worker and its thread share, under one lock."""

    def __init__(
        self, earlier: Sequence[Progress], per_report: float, watch_timeout: float, paused: bool, turn: Turn
    ) -> None:
        self.changed = Condition()
        self.history = list(earlier)
        self.final_state: State | None = None
        self.ended = Event()  # set once the thread has left the iterator, and torch, for good
        self.error: Exception | None = None
        self.reports_allowed = 1 if paused else math.inf
        self.stopping = False
        self.seconds_per_report = per_report
        self.watch_timeout = watch_timeout
        self.turn = turn
        self.last_report = -math.inf
        self.last_watch = time.monotonic()
        self.thread: Thread | None = None  # the last that took reports

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock for a change, and wake the threads that wait for one."""
        with self.changed:
            yield
            self.changed.notify_all()

    def wait_until_allowed(self) -> bool:
        """Wait until a report is allowed; return False if the run is to stop instead."""
        with self.changed:
            while True:
                now = time.monotonic()
                until_unwatched = self.last_watch + self.watch_timeout - now
                if self.stopping or until_unwatched <= 0:
                    return False
                due = self.last_report + self.seconds_per_report if self.reports_allowed else math.inf
                if due <= now:
                    return True
                self.turn.give_back()
                wait = min(due - now, until_unwatched)
                self.changed.wait(None if wait == math.inf else wait)

    def add(self, report: Progress) -> None:
        """Add a report to the history when it is allowed, unless the run is to stop."""
        with self.changing():
            if self.wait_until_allowed():
                self.history.append(report)
                self.reports_allowed -= 1
                self.last_report = time.monotonic()


def _go_on(reports: Iterator[Progress], shared: _Shared, save: Save | None) -> None:
    """Take reports in a new thread, until the run ends or waits for its turn."""
    thread = Thread(target=_take_reports, args=(reports, shared, save), name="training", daemon=True)
    shared.thread = thread
    thread.start()


def _take_reports(reports: Iterator[Progress], shared: _Shared, save: Save | None) -> None:
    final_state = State.STOPPED
    epoch = shared.history[-1].epoch if shared.history else 0.0
    try:
        while shared.wait_until_allowed():
            mine = shared.turn.take(epoch, partial(_go_on, reports, shared, save))
            if mine is None:
                return
            if not mine:
                break
            report = next(reports, None)
            if report is None:
                final_state = State.FINISHED
                break
            shared.add(report)
            epoch = report.epoch
    except Exception as error:
        shared.error, final_state = error, State.FAILED
    shared.turn.give_back()
    try:
        if isinstance(reports, Generator):
            reports.close()
        if save is not None and shared.history:
            save(tuple(shared.history))
    except Exception as error:
        shared.error = shared.error or error
    shared.final_state = final_state
    shared.ended.set()


def _stop(reports: Iterator[Progress], shared: _Shared, save: Save | None) -> None:
    """Have the run end; one that waits for its turn ends here, without a thread of its own."""
    with shared.changing():
        shared.stopping = True
    if shared.turn.cancel():
        _take_reports(reports, shared, save)


def _join(shared: _Shared, timeout: float | None = None) -> bool:
    # Joining the thread is not enough: in Python 3.11 a join that Ctrl-C interrupts marks the thread as ended
    # although it still runs, and the join at exit would not wait for it.
    if shared.ended.wait(timeout) and shared.thread:
        shared.thread.join()
    return shared.ended.is_set()


def _stop_and_join(reports: Iterator[Progress], shared: _Shared, save: Save | None) -> None:
    _stop(reports, shared, save)
    if shared.thread is not current_thread():
        _join(shared)
