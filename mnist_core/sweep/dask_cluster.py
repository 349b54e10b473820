"""A sweep on the workers of a Dask scheduler: many machines instead of the cores of one.

Dask's `distributed` is used directly. It is an optional requirement, the extra `dask`, and only this module
imports it. docs/cluster.md tells how to set up a cluster, and what a large sweep costs.

- The digits of each input are the result of a task that all others depend on. A worker fetches them from
  another when it needs them; if all that had them are lost, the scheduler has one made again. When the sweep
  ends, nobody wants them any more and they are freed everywhere, also if this program was killed.
- The cells of a worker that is lost are computed again, by Dask. A result counts once it has arrived here.
- Cancelling a task marks it on its worker, and the task looks at that mark every 2,000 digits. The same
  happens to the tasks of a program that disappears.
- A scheduler that is gone, silent or without workers would be waited for without end: here it fails all
  calls, after `PATIENCE` seconds at most. A scheduler that was restarted knows nothing of the calls, so they
  fail too.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, ParamSpec, TypeVar

import dask
import numpy as np
import torch
from distributed import Client, KilledWorker, get_worker
from distributed import Future as RemoteFuture
from distributed.client import FutureCancelledError
from numpy.typing import NDArray

from mnist_core.data.dataset import Split
from mnist_core.sweep.search import ClusterError
from mnist_core.sweep.tasks import TrainingDigits
from mnist_core.version import __version__

SECONDS_TO_CONNECT = 10
PATIENCE = 20.0  # seconds without an answer of the scheduler, or without any worker
SECONDS_PER_LOOK = 1.0

P = ParamSpec("P")
T = TypeVar("T")
Arrays = tuple[NDArray[np.uint8], NDArray[np.int64]]

_here: ContextVar[Mapping[str, Arrays]] = ContextVar("digits of the task that this thread of a worker does")


class DaskExecutor(Executor):
    """Calls functions on the workers of a scheduler.

    Attributes:
        address: of the scheduler, such as tcp://host:8786.
        workers: how many there were about a second ago.
    """

    def __init__(self, address: str) -> None:
        """Connect to a scheduler; OSError if there is none."""
        self.address = address
        self._lock = Lock()
        self._waiting: set[Future[Any]] = set()
        self._failure: ClusterError | None = None
        self._digits: dict[str, RemoteFuture[Arrays]] = {}
        # Of a lost connection Dask would log two pages: here that is an error with one sentence.
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._client = Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
        self.workers = len(self._client.nthreads())
        self._client.loop.add_callback(self._watch)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function on one of the workers; it must be importable there.

        Besides the errors of the function, the future may have a ClusterError.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._failure:
                raise self._failure
            self._waiting.add(future)
        remote = self._send(_call, versions(), self._digits, fn, args, kwargs)

        def stop(future: Future[T]) -> None:
            if future.cancelled():
                remote.cancel()

        future.add_done_callback(stop)
        remote.add_done_callback(lambda remote: self._take(remote, future))
        return future

    @contextmanager
    def share(self, splits: Mapping[str, Split]) -> Iterator[TrainingDigits]:
        """Have the workers make the digits available to one another, until the end."""
        self._check_workers()
        arrays = {
            name: (split.images.contiguous().numpy(), split.labels.contiguous().numpy())
            for name, split in splits.items()
        }
        self._digits = {name: self._send(_same, both) for name, both in arrays.items()}
        try:
            yield WorkerDigits()
        finally:
            self._digits = {}  # the scheduler frees what no future stands for

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Disconnect; calls that have not ended fail."""
        self._fail("was disconnected", "start again")
        self._client.close(timeout=SECONDS_TO_CONNECT)

    def _send(self, fn: Callable[..., Any], *args: Any) -> RemoteFuture[Any]:
        # The digits are larger than what Dask takes without a warning, which advises what is done here.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GB"}):
            try:
                return self._client.submit(fn, *args, pure=False)
            except Exception as error:
                raise self._lost() from error

    def _check_workers(self) -> None:
        """Refuse a cluster in which a worker cannot do the work, before any does."""
        try:
            answers = self._client.sync(
                self._client._run, versions, on_error="return", callback_timeout=PATIENCE
            )
        except TimeoutError:
            return  # a worker is busy: each call checks again
        except OSError as error:
            raise self._lost() from error
        for worker, answer in answers.items():
            if isinstance(answer, str) and answer != versions():
                raise self._unfit(f"{worker} has {answer}")
            if isinstance(answer, Exception) and not isinstance(answer, OSError):  # or it has just left
                raise self._unfit(f"{worker} cannot load Digit Lab ({answer})")

    def _take(self, remote: RemoteFuture[T], future: Future[T]) -> None:
        """Give a result or an error that has come, or a connection that is lost, to whoever waits."""
        if future.done():
            return
        try:
            answer = self._wait(remote)
        except FutureCancelledError as error:  # Dask's reason for it, as it was not cancelled from here
            gone = error.reason == "scheduler-connection-lost"
            refused = ClusterError(self.address, "cannot do the work", str(error.msg or error.reason))
            self._settle(future, error=self._lost() if gone else refused)
        except (TimeoutError, OSError):
            self._settle(future, error=self._lost())
        except ModuleNotFoundError as error:
            self._settle(future, error=self._unfit(f"one of them lacks a package ({error})"))
        except KilledWorker:
            what = "lost worker after worker at the same task"
            way_out = "see their logs; they may have had too little memory"
            self._settle(future, error=ClusterError(self.address, what, way_out))
        except Exception as error:
            self._settle(future, error=error)
        else:
            if isinstance(answer, _WrongVersion):
                self._settle(future, error=self._unfit(f"{answer.worker} has {answer.found}"))
            else:
                self._settle(future, answer)

    def _wait(self, remote: RemoteFuture[Any]) -> Any:
        """Wait for a result for as long as the scheduler answers.

        If its worker was killed before it was fetched, Dask tries for 30 s to reach that worker, and then has
        the call done again.
        """
        while True:
            try:
                return remote.result(timeout=PATIENCE)
            except TimeoutError:
                if self._failure or remote.status == "error":  # an error of the call
                    raise

    def _settle(self, future: Future[T], answer: Any = None, error: Exception | None = None) -> None:
        with self._lock:
            self._waiting.discard(future)
            if future.done() or not future.set_running_or_notify_cancel():
                return
        if error:
            future.set_exception(error)
        else:
            future.set_result(answer)

    async def _watch(self) -> None:
        """Fail all calls when the scheduler says nothing for long, or has no worker for long."""
        last_worker = time.monotonic()
        while not self._failure:
            try:
                cores = await asyncio.wait_for(self._client.scheduler.ncores(), PATIENCE)
            except Exception:  # Dask's own are many, and after a loss there is no `scheduler`
                if self._client.status != "connecting":
                    self._fail(*_LOST)
            else:
                self.workers, now = len(cores), time.monotonic()
                last_worker = now if cores or not self._waiting else last_worker
                if now > last_worker + PATIENCE:
                    start = f"start one, dask worker {self.address} --nthreads 1 --preload mnist_core"
                    self._fail("has no worker", start)
            await asyncio.sleep(SECONDS_PER_LOOK)

    def _fail(self, what: str, way_out: str) -> None:
        with self._lock:
            self._failure = self._failure or ClusterError(self.address, what, way_out)
            waiting = list(self._waiting)
        for future in waiting:
            self._settle(future, error=self._failure)

    def _lost(self) -> ClusterError:
        self._fail(*_LOST)
        assert self._failure
        return self._failure

    def _unfit(self, which: str) -> ClusterError:
        way_out = f"{which}. Install {versions()} there, or stop that worker"
        return ClusterError(self.address, "has a worker that cannot do the work", way_out)


_LOST = ("has lost its scheduler", "start it and its workers again, then the sweep")


# What follows runs on the workers.


def versions() -> str:
    """Return the versions that must be equal everywhere for equal results."""
    return f"Digit Lab {__version__} with torch {torch.__version__.partition('+')[0]}"


class _WrongVersion:
    """The answer of a worker that would compute something else."""

    def __init__(self, worker: str, found: str) -> None:
        self.worker, self.found = worker, found


def _call(
    wanted: str,
    digits: Mapping[str, Arrays],
    fn: Callable[..., T],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> T | _WrongVersion:
    if versions() != wanted:
        return _WrongVersion(get_worker().address, versions())
    _here.set(digits)
    return fn(*args, **kwargs)


def _same(arrays: Arrays) -> Arrays:
    return arrays


class WorkerDigits:
    """The digits of the task that asks."""

    def split(self, name: str) -> Split:
        """Return the digits of one input."""
        images, labels = _here.get()[name]
        return Split(torch.tensor(images), torch.tensor(labels))  # copies: what has arrived may be read-only

    def withdrawn(self) -> bool:
        """Tell whether the task that calls this has been cancelled."""
        worker = get_worker()
        task: Any = worker.state.tasks.get(worker.get_current_task())
        return task is None or task.state != "executing"
