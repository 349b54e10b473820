"""The runs of everybody on this server, by id."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from mnist_core import Digits, Progress, State, TrainingConfig, TrainingRun, train

UNWATCHED = 120.0  # seconds after which a run that no page shows stops by itself
SLOW = 0.25  # seconds a report in slow motion: four steps a second can be talked over
REMEMBERED = 100  # runs held in memory, about 1.3 MB each


@dataclass(frozen=True)
class LiveRun:
    """A run that pages can show and control.

    Attributes:
        id: 128 random bits in hexadecimal; who has it may see the run.
        config: the settings, the newest where the run was continued.
        source: of the digits it learns.
        goal: the epoch at which it is finished.
        training: the thread.
    """

    id: str
    config: TrainingConfig
    source: str
    goal: float
    training: TrainingRun

    @property
    def state(self) -> State:
        """Where the run stands; read it before the history."""
        return self.training.state

    @property
    def history(self) -> tuple[Progress, ...]:
        """All reports so far, the oldest first."""
        return self.training.history


class Registry:
    """Begins runs and finds them again, from any session."""

    def __init__(self) -> None:
        """Begin with no runs."""
        self._runs: OrderedDict[str, LiveRun] = OrderedDict()
        self._lock = Lock()

    def begin(self, config: TrainingConfig, digits: Digits, *, slowly: bool) -> LiveRun:
        """Begin a run from zero weights."""
        training = TrainingRun(
            train(config, digits),
            seconds_a_report=SLOW if slowly else 0.0,
            seconds_unwatched=UNWATCHED,
        )
        return self._remember(LiveRun(secrets.token_hex(16), config, digits.source, config.epochs, training))

    def find(self, run_id: str) -> LiveRun | None:
        """Find a run by its id; None if there is none."""
        with self._lock:
            return self._runs.get(run_id)

    def _remember(self, run: LiveRun) -> LiveRun:
        with self._lock:
            self._runs[run.id] = run
            self._runs.move_to_end(run.id)
            while len(self._runs) > REMEMBERED:
                self._runs.popitem(last=False)
        return run
