"""The settings of a run."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mnist_core.preprocessing.preprocess import Preprocessing

MAX_LEARNING_RATE = 1e38  # weights are float32, whose largest number is 3.4e38
FEWEST_DIGITS = 10  # to learn from: one of each, if chance would have it


@dataclass(frozen=True)
class TrainingConfig:
    """The settings of a run; the defaults are those of most articles on softmax regression.

    Attributes:
        batch_size: digits per step, at least 1; if there are fewer digits, an epoch is a single step.
        learning_rate: what the gradient is multiplied by, above 0 and up to 1e38.
        epochs: how many times the model goes through the training digits, at least 1.
        seed: determines the order of the digits, 0 to 2^63 - 1.
        preprocessing: what is done to each image first; its name is accepted too.
        reports_per_epoch: how often an epoch is interrupted for a report, at least 1.
        early_reports: whether to report also before the first step and after the first few, see `train`.
        validation: how many digits, the last of the training digits, are held out to choose settings by, 0 to
            2^31 - 1 and fewer than there are. To choose by the test digits would make the result on them
            look better than it is.
        training_digits: how many of the others are learned, chosen at random by the seed, at least 10 and not
            more than there are; None for all.
        wrong_labels: the share of these that are learned as another digit, chosen at random by the seed, 0
            to 1.

    Raises:
        ValueError: a value out of its range.
    """

    batch_size: int = 100
    learning_rate: float = 0.01
    epochs: int = 10
    seed: int = 0
    preprocessing: Preprocessing = Preprocessing.RAW
    reports_per_epoch: int = 4
    validation: int = 0
    training_digits: int | None = None
    wrong_labels: float = 0.0
    early_reports: bool = False

    if TYPE_CHECKING:

        def __init__(
            self,
            batch_size: int | np.integer = ...,
            learning_rate: float | np.floating | np.integer = ...,
            epochs: int | np.integer = ...,
            seed: int | np.integer = ...,
            preprocessing: Preprocessing | str = ...,
            reports_per_epoch: int | np.integer = ...,
            validation: int | np.integer = ...,
            training_digits: int | np.integer | None = ...,
            wrong_labels: float | np.floating | np.integer = ...,
            early_reports: bool = ...,
        ) -> None:
            """Take numpy's numbers and the names of the inputs too."""

    def __post_init__(self) -> None:
        """Refuse values that no run can have."""
        self._check_whole("batch_size", 1, 2**31 - 1)
        self._check_whole("epochs", 1, 2**31 - 1)
        self._check_whole("seed", 0, 2**63 - 1)
        self._check_whole("reports_per_epoch", 1, 2**31 - 1)
        self._check_whole("validation", 0, 2**31 - 1)
        if self.training_digits is not None:
            self._check_whole("training_digits", FEWEST_DIGITS, 2**31 - 1)
        share = self.wrong_labels
        if not _is_number(share):
            raise ValueError(f"wrong_labels must be a share from 0 to 1, such as 0.2, not {named(share)}")
        if not 0 <= share <= 1:
            raise ValueError(f"wrong_labels must be a share from 0 to 1, such as 0.2, not {share}")
        object.__setattr__(self, "wrong_labels", float(share))
        if not isinstance(self.early_reports, bool):
            raise ValueError(f"early_reports must be True or False, not {named(self.early_reports)}")
        rate = self.learning_rate
        if not _is_number(rate):
            raise ValueError(f"learning_rate must be a number, such as 0.01, not {named(rate)}")
        if not 0 < rate <= MAX_LEARNING_RATE:
            raise ValueError(
                f"learning_rate must be a number above 0, up to {MAX_LEARNING_RATE:g}, such as 0.01, "
                f"not {rate}"
            )
        object.__setattr__(self, "learning_rate", float(rate))
        object.__setattr__(self, "preprocessing", Preprocessing(self.preprocessing))

    def _check_whole(self, name: str, least: int, most: int) -> None:
        value = getattr(self, name)
        if not isinstance(value, int | np.integer) or isinstance(value, bool):
            raise ValueError(f"{name} must be a whole number from {least} to {most}, not {named(value)}")
        if not least <= value <= most:
            raise ValueError(f"{name} must be a whole number from {least} to {most}, not {value}")
        object.__setattr__(self, name, int(value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.floating | np.integer) and not isinstance(value, bool)


def named(value: object) -> str:
    """Write a value that has the wrong type, and its type, for a message."""
    return f"{value!r:.40} ({type(value).__name__})"
