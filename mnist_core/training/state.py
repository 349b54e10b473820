"""What a training run is doing."""

from enum import StrEnum


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
