"""A sweep on the workers of a Dask scheduler: many machines instead of the cores of one.

Dask's `distributed` is used directly. It is an optional requirement, the extra `dask`, and only this module
imports it. Scheduler and workers need mnist_core installed, in the same versions for the same bits.

- The digits travel in a worker plugin, once for each input: Dask gives it to every worker, and to those that
  join later. They stay there for the next sweep.
- The cells of a worker that is lost are computed again, by Dask. A result counts once it has arrived here.
- Cancelling a task marks it on its worker, and the task looks at that mark every 2,000 digits. The same
  happens to the tasks of a program that disappears.

What it costs with 1,000 workers, on paper: the scheduler holds the digits of an input, 47 MB, and sends them
to each worker once, before its first cell: 47 GB, 38 s at 10 Gbit/s. After that it sends and holds tasks,
below 1 KB each. A result is 5.5 KB for each cell; it stays on its worker until it is fetched, through the
scheduler, and is then forgotten: 5.5 MB for the largest grid, 1,000 cells. While it learns, a task asks only
its own worker. A grid keeps as many workers busy as it has tasks: one for each input, batch size
and 16 learning rates.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import torch
from distributed import Client, WorkerPlugin, get_worker
from distributed import Future as RemoteFuture

from mnist_core.data.dataset import Split
from mnist_core.sweep.tasks import TrainingDigits

SECONDS_TO_CONNECT = 10

P = ParamSpec("P")
T = TypeVar("T")

_here: dict[str, Split] = {}  # on a worker: the digits that it has, by the name of the plugin


class DaskExecutor(Executor):
    """Calls functions on the workers of a scheduler."""

    def __init__(self, address: str) -> None:
        """Connect to a scheduler, such as tcp://host:8786; OSError if there is none."""
        self.address = address
        self._client = Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)

    @property
    def workers(self) -> int:
        """How many workers there are now."""
        return len(self._client.nthreads())

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function on one of the workers; it must be importable there."""
        future: Future[T] = Future()
        remote = self._client.submit(fn, *args, **kwargs, pure=False)

        def stop(future: Future[T]) -> None:
            if future.cancelled():
                remote.cancel()

        def take(remote: RemoteFuture[T]) -> None:
            if not remote.cancelled() and future.set_running_or_notify_cancel():
                try:
                    future.set_result(remote.result())
                except Exception as error:
                    future.set_exception(error)
            elif remote.cancelled():  # by the scheduler, if not by `stop`
                future.cancel()

        future.add_done_callback(stop)
        remote.add_done_callback(take)
        return future

    @contextmanager
    def share(self, splits: Mapping[str, Split]) -> Iterator[TrainingDigits]:
        """Give the digits to all workers, unless they have them already."""
        plugins = {name: DigitsPlugin(split) for name, split in splits.items()}
        for plugin in plugins.values():
            self._client.register_plugin(plugin, name=plugin.name)
        yield WorkerDigits({name: plugin.name for name, plugin in plugins.items()})

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Disconnect; calls that have not ended are cancelled."""
        self._client.close()


class DigitsPlugin(WorkerPlugin):
    """Digits on their way to the workers."""

    idempotent = True  # a worker that has them keeps them

    def __init__(self, split: Split) -> None:
        """Name the plugin after the digits, so that the same digits are sent once."""
        self.images, self.labels = split.images.contiguous().numpy(), split.labels.contiguous().numpy()
        self.name = (
            f"digit-lab-{hashlib.sha256(self.images.tobytes() + self.labels.tobytes()).hexdigest()[:16]}"
        )

    def setup(self, worker: object) -> None:
        """Keep them on a worker."""
        # Copied, as the arrays that arrive may be read-only.
        _here[self.name] = Split(torch.tensor(self.images), torch.tensor(self.labels))

    def teardown(self, worker: object) -> None:
        """Forget them."""
        _here.pop(self.name, None)


@dataclass(frozen=True)
class WorkerDigits:
    """The digits that a worker has from its plugins.

    Attributes:
        names: of the plugin of each input.
    """

    names: dict[str, str]

    def split(self, name: str) -> Split | None:
        """Return the digits of one input; None if this worker has none."""
        return _here.get(self.names[name])

    def withdrawn(self) -> bool:
        """Tell whether the task that calls this has been cancelled."""
        worker = get_worker()
        task: Any = worker.state.tasks.get(worker.get_current_task())
        return task is None or task.state != "executing"
