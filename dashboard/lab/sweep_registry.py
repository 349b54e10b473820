"""The maps of settings of everybody on this server, by id.

A map that is being drawn keeps all cores busy, so only one is at a time: the others wait in a queue of their
own, the smallest first. The one that is drawn also takes a turn among the runs and holds it to its end. A run
that learns beside it has the other turns, and the higher priority: that of the processes is lower. A map that
is computed on a cluster takes no turn among the runs.
"""

import logging
import os
from collections import OrderedDict
from threading import Lock

from dashboard.lab.job_queue import TrainingQueue
from dashboard.lab.map_file import StoredSweep, store_sweep, stored_sweep
from dashboard.lab.map_job import SweepWorker
from dashboard.lab.shown_sweep import ShownSweep, estimated_seconds, work_left
from mnist_core import Digits, Grid
from mnist_core.storage.file_store import new_id
from mnist_core.sweep.search import SCHEDULER_VARIABLE

MAX_CELLS = 400
REMEMBERED = 30  # ended maps held in memory, below 3 MB each; the others are on disk
PATIENCE = 20  # a map that waits for a turn among the runs goes before smaller work after a fifth of its time

_log = logging.getLogger(__name__)


class SweepRegistry:
    """Begins maps, continues them, and finds them again, for every session."""

    def __init__(self, cores: TrainingQueue | None = None) -> None:
        """Begin with the maps on disk; `cores` is the queue of the runs, which maps share."""
        self._cores = cores or TrainingQueue()
        self._maps = TrainingQueue(slots=1)
        self._known: OrderedDict[str, ShownSweep] = OrderedDict()
        self._of_owner: dict[str, str] = {}  # who has a map drawn, and which
        self._lock = Lock()

    def begin(self, grid: Grid, digits: Digits, *, owner: str) -> ShownSweep:
        """Begin a map, under a new id.

        Raises:
            ValueError: more cells than the server draws, or this owner has a map drawn already.
        """
        check_size(grid)
        return self._draw(new_id(), StoredSweep(grid, digits.source), digits, owner)

    def continue_sweep(self, sweep: ShownSweep, digits: Digits, *, owner: str) -> ShownSweep:
        """Draw what is missing of a map that has ended.

        Raises:
            ValueError: other digits are here than those of the map, or as for `begin`.
        """
        if digits.source != sweep.known.source:
            raise ValueError(f"This map is about the {sweep.known.source} digits, which are not here.")
        return self._draw(sweep.id, sweep.known, digits, owner)

    def find(self, sweep_id: str) -> ShownSweep:
        """Find a map in memory or on disk.

        Raises:
            KeyError: there is no such map.
            ValueError: not an id, or the file is damaged.
            OSError: it cannot be read.
        """
        with self._lock:
            known = self._known.get(sweep_id)
        return known or self._remember(ShownSweep(sweep_id, stored_sweep(sweep_id)))

    def drawn_for(self, owner: str) -> ShownSweep | None:
        """Return the map that is being drawn for somebody; None if there is none."""
        with self._lock:
            sweep = self._known.get(self._of_owner.get(owner, ""))
        return None if sweep is None or sweep.state.ended else sweep

    def _draw(self, sweep_id: str, known: StoredSweep, digits: Digits, owner: str) -> ShownSweep:
        unsaved: list[str] = []  # shared with the thread, which must not hold the map

        def save(done: StoredSweep) -> None:
            unsaved[:] = _save(sweep_id, done)

        seconds = estimated_seconds(work_left(known), known.grid, len(digits.train))
        with self._lock:
            before = self._known.get(self._of_owner.get(owner, ""))
            if before is not None and not before.state.ended:
                raise ValueError("Another map of yours is still being drawn: cancel it, or wait for its end.")
            turns = [self._maps.turn(None, per_epoch=seconds, until=1.0, reports=1)]
            if not os.environ.get(SCHEDULER_VARIABLE):
                turns.append(self._cores.turn(None, per_epoch=seconds, until=1.0, reports=PATIENCE))
            work = SweepWorker(known, digits, save=save, turns=turns)
            sweep = ShownSweep(sweep_id, work, unsaved, seconds)
            self._of_owner[owner] = sweep_id
            self._known[sweep_id] = sweep
        return self._remember(sweep)

    def _remember(self, sweep: ShownSweep) -> ShownSweep:
        with self._lock:
            sweep = self._known.setdefault(sweep.id, sweep)  # another thread may have been faster
            self._known.move_to_end(sweep.id)
            ended = [one.id for one in self._known.values() if one.state.ended and not one.unsaved]
            for surplus in ended[:-REMEMBERED]:
                del self._known[surplus]
            self._of_owner = {who: which for who, which in self._of_owner.items() if which in self._known}
        return sweep


def check_size(grid: Grid) -> None:
    """Raise ValueError if the server does not draw a map of so many cells."""
    if len(grid.cells) > MAX_CELLS:
        raise ValueError(
            f"These are {len(grid.cells):,} cells, and a map has at most {MAX_CELLS}: choose fewer learning "
            "rates, batch sizes or inputs."
        )


def _save(sweep_id: str, known: StoredSweep) -> list[str]:
    """Save a map; return why it cannot be saved, or nothing."""
    try:
        store_sweep(sweep_id, known)
    except (OSError, ValueError) as error:
        _log.exception("A map cannot be saved")
        return [str(error.strerror if isinstance(error, OSError) and error.strerror else error)]
    return []
