"""A training run in a thread of its own, so that a page can come and go while it learns."""

import math
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator, Sequence
from enum import StrEnum

from mnist_core.training import Progress


class State(StrEnum):
    """Where a run stands: running and paused can go on, the other three are ends."""

    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Tell whether nothing will change any more."""
        return self in (State.FINISHED, State.STOPPED, State.FAILED)


class TrainingRun:
    """Draws reports from an iterator, in a thread that starts at once.

    The iterator is what learns; so pausing is not asking it for the next report, and stopping is
    closing it. The thread knows the desk where reports are laid down, and not this object: when the
    last reference to a run is dropped, or the interpreter ends, the run stops and the thread is joined
    (a daemon thread that is still inside torch then would abort the interpreter).
    """

    def __init__(
        self,
        reports: Iterator[Progress],
        *,
        earlier: Sequence[Progress] = (),
        keep: Callable[[Sequence[Progress]], None] | None = None,
        seconds_a_report: float = 0.0,
        seconds_unwatched: float = math.inf,
    ) -> None:
        """Start to draw reports.

        Args:
            reports: where they come from; closed at the end, whatever the end was, if it is a generator.
            earlier: reports that the history begins with, for a run that is being continued.
            keep: called in the thread with the whole history once no more reports come, before the
                state says so; what it raises becomes `error`.
            seconds_a_report: the least time from one report to the next; see the attribute.
            seconds_unwatched: how long after the last `watch` the run stops by itself.
        """
        self._desk = _Desk(earlier, seconds_a_report, seconds_unwatched)
        thread = threading.Thread(
            target=_draw, args=(reports, self._desk, keep), name="training", daemon=True
        )
        thread.start()
        self._end = weakref.finalize(self, _stop_and_join, self._desk, thread)
        self._thread = thread

    @property
    def state(self) -> State:
        """Where the run stands. Read it before `history` to be sure of a whole history at an end."""
        return self._desk.state

    @property
    def history(self) -> tuple[Progress, ...]:
        """All reports so far, the oldest first."""
        return tuple(self._desk.history)

    @property
    def error(self) -> Exception | None:
        """What the iterator, or `keep`, raised."""
        return self._desk.error

    @property
    def seconds_a_report(self) -> float:
        """The least time from one report to the next, for slow motion; 0 is full speed. Can be set."""
        return self._desk.seconds_a_report

    @seconds_a_report.setter
    def seconds_a_report(self, seconds: float) -> None:
        self._desk.change(seconds_a_report=seconds)

    def pause(self) -> None:
        """Let no further report appear until `resume` or `step`."""
        self._desk.change(permitted=0)

    def resume(self) -> None:
        """Let reports appear again as they come."""
        self._desk.change(permitted=math.inf)

    def step(self) -> None:
        """Let exactly one more report appear, at once; a run that was not paused is, after it."""
        self._desk.permit_one_more()

    def stop(self) -> None:
        """End the run, keeping what it reported; `join` waits until it has ended."""
        self._desk.change(stopping=True)

    def watch(self) -> None:
        """Say that somebody is still interested."""
        self._desk.change(watched=time.monotonic())

    def join(self, timeout: float | None = None) -> bool:
        """Wait at most `timeout` seconds for the run's end; tell whether it has ended."""
        return self._desk.join(self._thread, timeout)


class _Desk:
    """What a run and its thread share, under one lock."""

    def __init__(
        self, earlier: Sequence[Progress], seconds_a_report: float, seconds_unwatched: float
    ) -> None:
        self.changed = threading.Condition()
        self.history = list(earlier)
        self.end: State | None = None
        self.ended = threading.Event()  # set when the thread has left the iterator, and torch, for good
        self.error: Exception | None = None
        self.permitted: float = math.inf  # how many reports may still appear
        self.stopping = False
        self.seconds_a_report = seconds_a_report
        self.seconds_unwatched = seconds_unwatched
        self.last_report = -math.inf
        self.watched = time.monotonic()

    @property
    def state(self) -> State:
        return self.end or (State.RUNNING if self.permitted else State.PAUSED)

    def change(self, **values: float) -> None:
        with self.changed:
            for name, value in values.items():
                setattr(self, name, value)
            self.changed.notify_all()

    def wait_for_turn(self) -> bool:
        """Wait until a report may appear; False if the run is to stop instead."""
        with self.changed:
            while True:
                now = time.monotonic()
                patience = self.watched + self.seconds_unwatched - now
                if self.stopping or patience <= 0:
                    return False
                wait = self.last_report + self.seconds_a_report - now if self.permitted else math.inf
                if wait <= 0:
                    return True
                until = min(wait, patience)
                self.changed.wait(None if until == math.inf else until)

    def permit_one_more(self) -> None:
        with self.changed:
            more = 1 if self.permitted == math.inf else self.permitted + 1
            self.change(permitted=more, last_report=-math.inf)

    def join(self, thread: threading.Thread, timeout: float | None = None) -> bool:
        # Not for the thread alone: in Python 3.11 a join that Ctrl-C interrupts marks the thread as ended
        # while it runs on, and the join at exit would then not wait for it.
        if self.ended.wait(timeout):
            thread.join()
        return self.ended.is_set()

    def lay_down(self, report: Progress) -> None:
        """Add a report, unless the run is to stop; a pause that came meanwhile holds it back."""
        with self.changed:
            if self.wait_for_turn():
                self.history.append(report)
                self.permitted -= 1
                self.last_report = time.monotonic()


def _draw(
    reports: Iterator[Progress], desk: _Desk, keep: Callable[[Sequence[Progress]], None] | None
) -> None:
    end = State.STOPPED
    try:
        while desk.wait_for_turn():
            report = next(reports, None)
            if report is None:
                end = State.FINISHED
                break
            desk.lay_down(report)
    except Exception as error:
        desk.error, end = error, State.FAILED
    try:
        if isinstance(reports, Generator):
            reports.close()
        if keep is not None and desk.history:
            keep(tuple(desk.history))
    except Exception as error:
        desk.error = desk.error or error
    desk.end = end
    desk.ended.set()


def _stop_and_join(desk: _Desk, thread: threading.Thread) -> None:
    desk.change(stopping=True)
    if thread is not threading.current_thread():
        desk.join(thread)
