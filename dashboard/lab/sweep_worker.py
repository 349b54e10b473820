"""A map of settings that is being drawn, in a thread that hands the work to processes or to a cluster."""

import time
import weakref
from threading import Thread, current_thread

from dashboard.lab.sweep_file import StoredSweep
from dashboard.lab.training_queue import QueuedTurn, Waiting
from dashboard.services.sweep_work import Save, SweepProgress, draw
from mnist_core import Digits, State

WATCH_TIMEOUT = 120.0  # seconds after which a map that no page shows stops by itself


class SweepWorker:
    """Computes the cells that are missing and then tests the winner; starts at once.

    The thread holds no reference to the worker: when the last one is dropped, or at exit, the work stops and
    the thread is joined, because a thread inside torch would make the exit crash.
    """

    def __init__(
        self,
        known: StoredSweep,
        digits: Digits,
        *,
        save: Save,
        turns: list[QueuedTurn],
        watch_timeout: float = WATCH_TIMEOUT,
    ) -> None:
        """Begin.

        Args:
            known: the grid, and the results so far; these cells are not computed again.
            digits: of the same source.
            save: called in the thread with what is done, now and then and before the end.
            turns: to be taken one after the other before anything is computed.
            watch_timeout: it stops by itself this many seconds after the last call of `watch`.
        """
        self._shared = shared = SweepProgress(known, turns, watch_timeout)
        work = (digits, shared, save)
        self._thread = Thread(target=draw, args=work, name="sweep-map", daemon=True)
        self._thread.start()
        self._end = weakref.finalize(self, _stop_and_join, shared, self._thread)

    @property
    def state(self) -> State:
        """What it is doing; read it before the results: if it has ended, they are complete."""
        return self._shared.final_state or State.RUNNING

    @property
    def known(self) -> StoredSweep:
        """What is known by now."""
        return self._shared.known

    @property
    def began(self) -> float | None:
        """When the computing began, by the monotonic clock; None while it waits for its turn."""
        return self._shared.began

    @property
    def waiting(self) -> Waiting | None:
        """What is computed before it; None if it need not wait."""
        if self._shared.began is not None or self.state.ended:
            return None
        return next(filter(None, (turn.waiting for turn in self._shared.turns)), None)

    @property
    def workers(self) -> int | None:
        """How many workers the cluster has; None if there is no cluster."""
        return self._shared.workers

    @property
    def error(self) -> str:
        """Why it failed, as a sentence; empty if it has not."""
        return self._shared.error

    @property
    def unwatched(self) -> bool:
        """Whether it stopped because no page had shown it."""
        return self.state is State.STOPPED and not self._shared.stopping.is_set()

    def wait_for_first_result(self, timeout: float) -> None:
        """Wait for a result, but no longer than until `timeout` seconds after the computing began."""
        if self.began is not None and not self._shared.known.results and not self.state.ended:
            self._shared.found.wait(max(0.0, self.began + timeout - time.monotonic()))

    def watch(self) -> None:
        """Say that a page shows the map."""
        self._shared.last_watch = time.monotonic()

    def stop(self) -> None:
        """Cancel; what is done is kept."""
        self._shared.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Wait at most `timeout` seconds for the end; return whether it has ended."""
        return _join(self._shared, self._thread, timeout)


def _join(shared: SweepProgress, thread: Thread, timeout: float | None = None) -> bool:
    if shared.ended.wait(timeout):  # not the thread alone: see TrainingWorker
        thread.join()
    return shared.ended.is_set()


def _stop_and_join(shared: SweepProgress, thread: Thread) -> None:
    shared.stop()
    if thread is not current_thread():
        _join(shared, thread)
