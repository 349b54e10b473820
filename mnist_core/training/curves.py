"""The curves of a run as a table, one row per report; run files and downloads have the same columns."""

from mnist_core.evaluation.metrics import Metrics
from mnist_core.model import SoftmaxRegressor
from mnist_core.training.loop import Progress

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
