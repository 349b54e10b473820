"""How well each learning rate does with each batch size: computed once for everybody, in a thread."""

from concurrent.futures import Future, ThreadPoolExecutor

from dashboard.learn.computed_once import ForDigits
from mnist_core import Digits, Grid, Preprocessing, SweepResult, sweep

RATES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
BATCH_SIZES = (10, 50, 200, 1_000, 5_000)
HELD_OUT = 12  # a twelfth of the training digits: 5,000 of MNIST

Results = tuple[SweepResult, ...]


def map_of_settings(digits: Digits) -> Future[Results]:
    """Return the results of all settings; they begin to be computed when they are first asked for."""
    return computed.get(digits)


def map_if_asked_for(digits: Digits | None) -> Future[Results] | None:
    """Return the results if anybody has asked for them already."""
    return computed.if_asked_for(digits)


def _compute(digits: Digits) -> Results:
    grid = Grid(RATES, BATCH_SIZES, (Preprocessing.RAW,), epochs=1, validation=len(digits.train) // HELD_OUT)
    # In this thread alone: a pool of processes would take both cores from the runs that people watch.
    with ThreadPoolExecutor(1, "settings-map-cells") as executor:
        return tuple(sweep(grid, digits, executor=executor))


computed = ForDigits("settings-map", _compute)
