"""A sweep as a generator: pull for the next result, drop it to stop."""

import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from mnist_core.data.dataset import Digits, Split
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.processes.process_pool import ProcessPool
from mnist_core.processes.shared_digits import share_digits
from mnist_core.sweep.grid import Cell, Grid, SweepResult
from mnist_core.sweep.tasks import TrainingDigits, divide, learn_side_by_side, run_task
from mnist_core.training.digits import count_to_learn

if TYPE_CHECKING:  # Dask is imported only if there is a scheduler to connect to
    from mnist_core.sweep.dask_cluster import DaskExecutor

SCHEDULER_VARIABLE = "DIGIT_LAB_SCHEDULER"
SECONDS_PER_LOOK = 0.1  # how soon a cancelled sweep notices while all its workers are busy


class ClusterError(RuntimeError):
    """What keeps a cluster from computing, as a sentence for the person who runs it.

    Attributes:
        what: ails it, as in "has no worker", without the address, which not everybody may know.
    """

    def __init__(self, address: str, what: str, way_out: str) -> None:
        """Take the address of the scheduler, what ails its cluster, and what can be done."""
        super().__init__(address, what, way_out)  # all three, so that it can be pickled
        self.what = what

    def __str__(self) -> str:
        """Write the sentence."""
        address, what, way_out = self.args
        return f"the cluster at {address} {what}: {way_out}"


@runtime_checkable
class SharesDigits(Protocol):
    """An executor with a way of its own to bring the digits to its workers, such as those of a cluster."""

    @contextmanager
    def share(self, splits: Mapping[str, Split]) -> Iterator[TrainingDigits]:
        """Make the digits of each input available to the workers; withdraw them at the end."""


def sweep(
    grid: Grid,
    digits: Digits,
    *,
    executor: Executor | None = None,
    done: Collection[Cell] = (),
    cancelled: Callable[[], bool] | threading.Event | None = None,
) -> Iterator[SweepResult]:
    """Learn every cell of a grid, and give each result as it comes.

    Cells that differ in the learning rate alone are learned side by side. All cells see the digits in the
    same order, so that none is luckier with it than another. The test digits are not read. The same grid
    gives the same results, bit for bit (except for `seconds`), on the same kind of machine with any executor.

    Nothing happens until the first result is asked for. To stop, close the generator or let `cancelled`
    become true: work that has not begun never does, and work that has begun stops within about half a second.

    Args:
        grid: the settings to try.
        digits: to learn from, not yet preprocessed.
        executor: what does the work. None takes a process for each core. Before processes are started, the
            calling thread computes the first cell, which takes less time than the start of a process.
        done: cells that are not to be learned again.
        cancelled: asked about ten times a second; once it is true, what has been computed is still given.

    Raises:
        ValueError: there are fewer training digits than are to be learned and held out.
        ClusterError: a cluster is lost, has no worker for 20 seconds, or has one that cannot do the work.
    """
    for cell in grid.cells:  # checks the numbers now, not when the first result is asked for
        count_to_learn(grid.config(cell), len(digits.train))
    if isinstance(cancelled, threading.Event):
        cancelled = cancelled.is_set
    return _results(grid, digits, executor, done, cancelled or (lambda: False))


def _results(
    grid: Grid,
    digits: Digits,
    executor: Executor | None,
    done: Collection[Cell],
    cancelled: Callable[[], bool],
) -> Iterator[SweepResult]:
    tasks = divide(grid, done)
    with ExitStack() as stack:
        # The cache preprocesses the test images too, each by itself: no result depends on them.
        needed = dict.fromkeys(task.config.preprocessing for task in tasks)
        splits: dict[str, Split] = {how: preprocessed_digits(digits, how).train for how in needed}
        if tasks and (executor is None or (isinstance(executor, ProcessPool) and executor.is_cold)):
            first = tasks.pop(0)
            yield from learn_side_by_side(first, splits[first.config.preprocessing], cancelled)
        if not tasks:
            return
        shared: TrainingDigits
        if isinstance(executor, SharesDigits):
            shared = stack.enter_context(executor.share(splits))
        elif executor is not None:
            shared = stack.enter_context(share_digits(splits))
        else:
            # A process comes first: it removes the folder even if this program is killed while it writes.
            folder = stack.enter_context(TemporaryDirectory(prefix="digit-lab-", ignore_cleanup_errors=True))
            executor = stack.enter_context(ProcessPool(folder=Path(folder)))
            executor.submit(os.getpid).result()
            shared = stack.enter_context(share_digits(splits, Path(folder)))
        futures = [executor.submit(run_task, shared, task) for task in tasks]
        for future in futures:
            stack.callback(future.cancel)
        pending = set(futures)
        while pending and not cancelled():
            finished, pending = wait(pending, SECONDS_PER_LOOK, FIRST_COMPLETED)
            for future in finished:
                found = future.result()
                if not found and not cancelled():
                    what = "a worker of the sweep has lost the digits, so cells are missing"
                    raise RuntimeError(f"{what}: start the sweep again")
                yield from found
        for future in pending:
            if future.done():
                yield from future.result()


def connect_scheduler(address: str | None = None) -> "DaskExecutor | None":
    """Connect to a Dask scheduler, to be given to `sweep` as its executor and closed with `with`.

    Args:
        address: such as tcp://host:8786; without one, that in the environment variable DIGIT_LAB_SCHEDULER.

    Returns:
        The executor, whose `workers` says how many there are; None if there is no address.

    Raises:
        ValueError: Dask is not installed.
        OSError: no scheduler answers.
    """
    address = address or os.environ.get(SCHEDULER_VARIABLE)
    if not address:
        return None
    try:
        from mnist_core.sweep.dask_cluster import DaskExecutor
    except ModuleNotFoundError as error:
        raise ValueError(
            f'the scheduler {address} needs Dask: pip install ".[dask]" in the folder of Digit Lab ({error})'
        ) from error
    try:
        return DaskExecutor(address)
    except (OSError, ValueError) as error:
        raise OSError(f"no Dask scheduler answers at {address}: {error}") from error
