"""What a run reports: how far it has come, how well its model reads, and the same as a row of a table."""

import time
from dataclasses import dataclass

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Digits, Split
from mnist_core.evaluation.metrics import Metrics, metrics_from_logits
from mnist_core.model import SoftmaxRegressor
from mnist_core.training.digits import digits_to_learn

# Training digits for `Progress.train`: read by the same model as the test digits, so that both compare, and
# few enough to cost a run of twenty reports no more than a tenth.
TRAIN_SAMPLE = 5_000


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a run has come.

    Attributes:
        step: steps taken since the start of the run.
        epoch: epochs done since the start of the run; 2.5 is the middle of the third.
        train: over the first 5,000 of the digits learned, or all if there are fewer, read by `model`, by the
            labels that they were learned with.
        test: over all test digits, read by `model`.
        seconds: time spent learning and testing since the start of the run, without pauses.
        model: a copy of the model at this moment, which nothing changes any more.
        validation: over the digits held out, read by `model`; None if there are none.
    """

    step: int
    epoch: float
    train: Metrics
    test: Metrics
    seconds: float
    model: SoftmaxRegressor
    validation: Metrics | None = None


def measure(
    model: SoftmaxRegressor,
    preprocessed: Digits,
    config: TrainingConfig,
    *,
    step: int = 0,
    epoch: float = 0.0,
    seconds: float = 0.0,
) -> Progress:
    """Report how well a model reads; every report is made here, so that all can be compared.

    Args:
        model: any model, not copied.
        preprocessed: as the model expects them.
        config: the settings, which say what digits are learned and held out.
        step, epoch, seconds: see `Progress`. The time that measuring takes is added to the seconds.
    """
    began = time.perf_counter()
    learned = digits_to_learn(preprocessed.train, config)
    train, test = _metrics(model, learned.first(TRAIN_SAMPLE)), _metrics(model, preprocessed.test)
    validation = _metrics(model, learned.held_out) if learned.held_out else None
    return Progress(step, epoch, train, test, seconds + time.perf_counter() - began, model, validation)


def _metrics(model: SoftmaxRegressor, preprocessed: Split) -> Metrics:
    return metrics_from_logits(model.logits(preprocessed.images), preprocessed.labels)


# The columns and their units, in this order everywhere.
CURVES = {
    "step": "",
    "epoch": "",
    "seconds": "s",
    "train_loss": "nats",
    "train_accuracy": "0 to 1",
    "test_loss": "nats",
    "test_accuracy": "0 to 1",
}
VALIDATION_CURVES = {"validation_loss": "nats", "validation_accuracy": "0 to 1"}  # if digits are held out


def curve_units(report: Progress) -> dict[str, str]:
    """Return the columns that this report's row has, and their units."""
    return CURVES if report.validation is None else CURVES | VALIDATION_CURVES


def curve_row(report: Progress) -> tuple[float, ...]:
    """Return the numbers of a report in the order of `curve_units`."""
    metrics = (report.train, report.test, report.validation)
    losses_and_accuracies = (number for m in metrics if m for number in (m.loss, m.accuracy))
    return (report.step, report.epoch, report.seconds, *losses_and_accuracies)


def report_of_row(row: tuple[float, ...], model: SoftmaxRegressor) -> Progress:
    """Make a report of its row and its model; ValueError if the row has other things in it than numbers."""
    step, *numbers = row
    if type(step) is not int or any(type(number) not in (int, float) for number in numbers):
        count = "six" if len(row) == len(CURVES) else "eight"
        raise ValueError(f"curves: expected a whole number of steps and {count} numbers, found {row}")
    epoch, seconds, train_loss, train_accuracy, test_loss, test_accuracy, *validation = numbers
    train, test = Metrics(train_loss, train_accuracy), Metrics(test_loss, test_accuracy)
    return Progress(step, epoch, train, test, seconds, model, Metrics(*validation) if validation else None)
