"""A training run as a generator: pull to learn, stop pulling to pause, drop it to stop."""

import math
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import partial

from torch import Tensor

from mnist_core.config import TrainingConfig
from mnist_core.data.dataset import Digits
from mnist_core.model import SoftmaxRegressor
from mnist_core.one_thread import one_thread
from mnist_core.preprocessing.cache import DigitsBeingPrepared, digits_being_prepared
from mnist_core.training.digits import count_to_learn, digits_to_learn
from mnist_core.training.report import TRAIN_SAMPLE, Progress, measure
from mnist_core.training.sgd import SGD

DIGITS_PER_WAIT = 5_000  # while they are being prepared, they are learned in parts of so many

# Steps after which `early_reports` report: most of the learning happens in the first of them.
EARLY_STEPS = (1, 3, 10, 30, 100, 300)


def train(
    config: TrainingConfig, digits: Digits, *, start: Progress | SoftmaxRegressor | None = None
) -> Iterator[Progress]:
    """Learn digits, and report the progress now and then.

    Nothing happens until the first report is asked for. The same config and digits give the same reports,
    bit for bit (except for `seconds`), on the same machine. It computes on one thread, whatever torch is set
    to, and while it waits to be asked, torch is set as before.

    Args:
        config: the settings.
        digits: to learn from and to test on, not yet preprocessed.
        start: a report to continue from, to the end of its epoch and for `config.epochs` more. If it comes
            from a run with the same settings, the run continues as if it had never stopped. Its run must have
            held out the same number of digits, or the model has learned from some of those held out now. A
            model instead of a report begins a new run with its weights; it stays unchanged.

    Yields:
        `config.reports_per_epoch` reports per epoch, evenly spaced, the last at its end; fewer if it has
        fewer steps. With `config.early_reports` also one before the first step, and after 1, 3, 10, 30, 100
        and 300 steps.

    Raises:
        ValueError: there are fewer training digits than are to be learned and held out; the model in `start`
            was trained with another preprocessing than the config asks for; or only one of the two holds out
            digits.
    """
    count_to_learn(config, len(digits.train))  # checks the number now, not when the first report is asked for
    model = start.model if isinstance(start, Progress) else start
    if model is not None and model.preprocessing != config.preprocessing:
        raise ValueError(
            f"a run continues with the preprocessing it began with, {model.preprocessing}, but the "
            f"settings ask for {config.preprocessing}: begin a new run for that"
        )
    if isinstance(start, Progress) and (start.validation is not None) != (config.validation > 0):
        held_out = "none" if start.validation is None else "some"
        raise ValueError(
            f"a run continues with the training digits it began with, {held_out} of them held out, but the "
            f"settings hold out {config.validation:,}: begin a new run for that"
        )
    return _reports(config, digits, start)


def _reports(
    config: TrainingConfig, digits: Digits, start: Progress | SoftmaxRegressor | None
) -> Iterator[Progress]:
    ready = prepared_for(config, digits)
    if isinstance(start, SoftmaxRegressor):
        start = measure(deepcopy(start), ready.finish(), config)
        if config.early_reports:
            yield replace(start, model=deepcopy(start.model))
    compute = partial(next_report, config, ready)
    yield from compute_reports(config, digits, start, compute)


def compute_reports(
    config: TrainingConfig,
    digits: Digits,
    start: Progress | None,
    compute: Callable[[Progress | None, int], Progress],
) -> Iterator[Progress]:
    """Give all reports of a run, each computed from the one before and the goal, see `next_report`."""
    report, goal = start, goal_of(config, digits, start)
    while report is None or digits_learned(config, digits, report) < goal:
        report = compute(report, goal)
        yield replace(report, model=deepcopy(report.model))  # a copy that the caller may change


def digits_learned(config: TrainingConfig, digits: Digits, report: Progress | None) -> int:
    """Count the digits that a run has learned from by a report, each as often as it has."""
    return round(report.epoch * count_to_learn(config, len(digits.train))) if report else 0


def goal_of(config: TrainingConfig, digits: Digits, start: Progress | None) -> int:
    """Count the digits that a run will have learned from at its end, if it begins at `start`.

    An epoch that was begun is finished first, so that a run ends with a whole one.
    """
    count = count_to_learn(config, len(digits.train))
    begun = math.ceil(digits_learned(config, digits, start) / count)
    return (begun + config.epochs) * count


def prepared_for(config: TrainingConfig, digits: Digits) -> DigitsBeingPrepared:
    """Prepare the digits for a run, first those that it learns first; it need not wait for all."""

    def order() -> Tensor:
        return digits_to_learn(digits.train, config).order(config.seed, 0)

    ready = digits_being_prepared(digits, config.preprocessing, order)
    if config.validation:
        ready.finish()  # each report is measured on those held out too
    return ready


@one_thread()
def next_report(
    config: TrainingConfig, ready: DigitsBeingPrepared, report: Progress | None, goal: int
) -> Progress:
    """Learn until the next report is due.

    A report holds all that the next one depends on, so each can be computed by another thread or process.

    Args:
        config: the settings.
        ready: the digits, preprocessed as the settings say; each is waited for when it is needed.
        report: the one before; None at the beginning of a run.
        goal: at how many digits learned the run ends, see `goal_of`; they must be more than those learned.
    """
    began, digits = time.perf_counter(), ready.digits
    learned = digits_to_learn(digits.train, config)
    sgd = SGD(report.model if report else SoftmaxRegressor(config.preprocessing), config)
    step, seconds = (report.step, report.seconds) if report else (0, 0.0)
    count = len(learned)
    epoch, place = divmod(digits_learned(config, digits, report), count)
    if epoch:
        ready.finish()
    if report or not config.early_reports:  # these begin with a report before the first step
        end = _report_place(config, count, place, min(count, goal - epoch * count), step)
        size = config.batch_size * math.ceil(DIGITS_PER_WAIT / config.batch_size)  # whole batches
        for part in learned.order(config.seed, epoch)[place:end].split(size):
            ready.wait(part)
            sgd.learn(learned.split, part)
        step += math.ceil((end - place) / config.batch_size)
        place = end
    ready.wait_for_measuring(min(TRAIN_SAMPLE, len(learned.split)))
    if count < len(learned.split):
        ready.wait(learned.places[:TRAIN_SAMPLE])
    seconds += time.perf_counter() - began
    epochs = epoch + place / count
    return measure(sgd.model(), digits, config, step=step, epoch=epochs, seconds=seconds)


def _report_place(config: TrainingConfig, count: int, first: int, end: int, step: int) -> int:
    """Tell after how many digits of an epoch to report next, when learning goes from place `first` to `end`.

    That is after a batch that completes another `reports_per_epoch`-th of the epoch, at the end, or after one
    of the early steps; `step` is the number of steps taken before.
    """
    reports, previous = config.reports_per_epoch, first
    for taken, place in enumerate(range(first + config.batch_size, end, config.batch_size), start=step + 1):
        completes = place * reports // count > previous * reports // count
        if completes or (config.early_reports and taken in EARLY_STEPS):
            return place
        previous = place
    return end
