"""The settings of a run."""

from dataclasses import dataclass

from mnist_core.normalization import Normalization

LARGEST_RATE = 1e38  # weights are float32, which holds no number above 3.4e38


@dataclass(frozen=True)
class TrainingConfig:
    """The settings of a run; the defaults are the article's, but for the normalization.

    Attributes:
        batch_size: digits a step, at least 1; more than there are means one step an epoch.
        learning_rate: what the gradient is multiplied with, above 0 and up to 1e38.
        epochs: how often each training digit is learned from, at least 1.
        seed: what the order of the digits follows from, 0 to 2^63 - 1.
        normalization: how each image is prepared.
        reports_per_epoch: how often an epoch is interrupted for a report, at least 1.

    Raises:
        ValueError: a value out of its range.
    """

    batch_size: int = 100
    learning_rate: float = 0.01
    epochs: int = 10
    seed: int = 0
    normalization: Normalization = Normalization.MOMENTS
    reports_per_epoch: int = 4

    def __post_init__(self) -> None:
        """Refuse a value that no run can have."""
        self._check_whole("batch_size", 1, 2**31 - 1)
        self._check_whole("epochs", 1, 2**31 - 1)
        self._check_whole("seed", 0, 2**63 - 1)
        self._check_whole("reports_per_epoch", 1, 2**31 - 1)
        rate = self.learning_rate
        if not isinstance(rate, int | float) or isinstance(rate, bool) or not 0 < rate <= LARGEST_RATE:
            raise ValueError(
                f"learning_rate must be a number above 0, up to {LARGEST_RATE:g}, such as 0.01, not {rate!r}"
            )
        if self.normalization not in list(Normalization):
            known = ", ".join(Normalization)
            raise ValueError(f"normalization must be one of {known}, not {self.normalization!r}")
        object.__setattr__(self, "normalization", Normalization(self.normalization))  # "raw" will do

    def _check_whole(self, name: str, least: int, most: int) -> None:
        value = getattr(self, name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"{name} must be a whole number from {least} to {most}, not {value!r}")
