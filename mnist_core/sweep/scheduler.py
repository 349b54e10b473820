"""The way to a cluster, which imports nothing of Dask unless there is an address to connect to."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnist_core.sweep.dask_cluster import DaskExecutor

VARIABLE = "DIGIT_LAB_SCHEDULER"


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
    address = address or os.environ.get(VARIABLE)
    if not address:
        return None
    try:
        from mnist_core.sweep.dask_cluster import DaskExecutor
    except ModuleNotFoundError as error:
        raise ValueError(
            f"the scheduler {address} needs Dask: pip install -r requirements-dask.txt ({error})"
        ) from error
    try:
        return DaskExecutor(address)
    except (OSError, ValueError) as error:
        raise OSError(f"no Dask scheduler answers at {address}: {error}") from error
