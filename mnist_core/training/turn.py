"""The turn of a run, among others that share the cores."""

from typing import Protocol


class Turn(Protocol):
    """The turn of one run. Its thread takes it before each report, and keeps it until it is given back."""

    def take(self, epoch: float) -> bool:
        """Wait for the turn, at this epoch of the run; return False if it was cancelled instead."""

    def give_back(self) -> None:
        """Let others learn: the run is paused, waits for slow motion, or has ended."""

    def cancel(self) -> None:
        """Wait no longer: the run is to stop. Any thread may call it."""


class Alone:
    """The turn of a run that need not wait for others."""

    def take(self, epoch: float) -> bool:
        """Return at once."""
        return True

    def give_back(self) -> None:
        """Do nothing."""

    def cancel(self) -> None:
        """Do nothing: nobody waits."""
