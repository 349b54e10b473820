"""The pool of processes, against calls made here."""

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor

import pytest

from mnist_core import ProcessPool
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    with ProcessPool(1) as pool:
        yield pool


def test_calls_run_in_another_process_and_their_answers_and_errors_come_back(pool: ProcessPool) -> None:
    assert pool.submit(os.getpid).result() != os.getpid()
    assert pool.submit(divmod, 17, 5).result() == divmod(17, 5)
    assert pool.submit(int, "ff", base=16).result() == 255
    with pytest.raises(ZeroDivisionError):
        pool.submit(divmod, 17, 0).result()
    assert pool.submit(abs, -3).result() == 3


def test_what_a_call_prints_does_not_get_among_the_answers(pool: ProcessPool) -> None:
    assert pool.submit(print, "hello").result() is None
    assert pool.submit(abs, -4).result() == 4


def test_the_processes_give_way_to_this_one(pool: ProcessPool) -> None:
    assert pool.submit(os.nice, 0).result() == min(19, os.nice(0) + 5)


def test_what_cannot_be_sent_is_refused_at_once(pool: ProcessPool) -> None:
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        pool.submit(lambda: 1)


def test_a_process_that_dies_fails_its_call_and_no_other() -> None:
    with ProcessPool(1) as pool:
        assert pool.submit(abs, -1).result() == 1
        with pytest.raises(BrokenExecutor, match="a process has ended"):
            pool.submit(os._exit, 3).result()
        assert pool.submit(abs, -2).result() == 2


def test_a_process_starts_only_when_all_others_are_busy() -> None:
    with ProcessPool(3) as pool:
        assert len({pool.submit(os.getpid).result() for _ in range(20)}) == 1
        busy = pool.submit(time.sleep, 1e6)
        assert len({pool.submit(os.getpid).result() for _ in range(20)}) == 1
        assert not busy.done()


def test_a_closed_pool_takes_no_calls_and_cancels_those_that_wait() -> None:
    pool = ProcessPool(1)
    running, waiting = pool.submit(time.sleep, 1e6), pool.submit(abs, -1)
    pool.shutdown()
    assert waiting.cancelled()
    assert running.cancelled() or isinstance(running.exception(), BrokenExecutor)
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(abs, -1)


def test_a_process_ends_in_the_middle_of_its_work_when_the_program_is_gone() -> None:
    program = (
        "import os, sys, time\n"
        "sys.path.append('mnist_core/processes')  # without torch, which takes a second to import\n"
        "from process_pool import ProcessPool\n"
        "pool = ProcessPool(1)\n"
        "pool.submit(print, 'ready').result()\n"
        "pool.submit(time.sleep, 1e6)\n"
        "os._exit(0)"
    )
    # Returns when nobody holds the pipes any more, neither the program nor its process.
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stderr == "ready\n"
