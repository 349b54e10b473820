"""The pool of processes against calls made here, and what is left of a program that used processes."""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from mnist_core.processes import worker_process
from mnist_core.processes.process_pool import ProcessPool
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
    assert pool.submit(print, "hello").result() is None  # which must not get among the answers
    assert pool.submit(abs, -3).result() == 3


def test_the_processes_give_way_to_this_one(pool: ProcessPool) -> None:
    assert pool.submit(os.nice, 0).result() == min(19, os.nice(0) + 5)


def test_what_cannot_be_sent_there_or_back_fails_its_call_and_no_other(pool: ProcessPool) -> None:
    pid = pool.submit(os.getpid).result()
    unpicklable = (pickle.PicklingError, AttributeError, TypeError)
    with pytest.raises(unpicklable):
        pool.submit(lambda: 1)
    with pytest.raises(unpicklable):
        pool.submit(eval, "lambda: 1").result(timeout=60)
    # An error that cannot be made again from its args: those are empty.
    error = "import subprocess; raise subprocess.CalledProcessError(returncode=1, cmd='x')"
    with pytest.raises(TypeError, match="missing 2 required positional arguments"):
        pool.submit(exec, error).result(timeout=60)
    assert pool.submit(os.getpid).result() == pid


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="only there a process can be stopped")
def test_a_process_that_gives_no_sign_is_killed_and_one_that_computes_for_long_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_process, "SIGN_EVERY", 1.0)
    monkeypatch.setattr(worker_process, "SILENCE", 5.0)
    long = "import time; time.sleep(7)"
    with ProcessPool(2) as pool:
        hung = pool.submit(os.getpid).result()
        os.kill(hung, signal.SIGSTOP)
        busy, stuck = pool.submit(exec, long), pool.submit(exec, long)
        errors = [type(future.exception(timeout=60)) for future in (busy, stuck)]
    assert sorted(map(str, errors)) == sorted(map(str, [type(None), BrokenExecutor]))


def test_a_process_that_dies_fails_its_call_and_no_other() -> None:
    with ProcessPool(1) as pool:
        pid = pool.submit(os.getpid).result()
        dies, waits = pool.submit(os._exit, 3), pool.submit(os.getpid)
        with pytest.raises(BrokenExecutor, match="a process has ended"):
            dies.result()
        assert waits.result() != pid


def test_two_processes_compute_at_the_same_time(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")  # it opens once another process opens the other end
    with ProcessPool(2) as pool:
        reads = pool.submit((tmp_path / "fifo").read_text)
        pool.submit((tmp_path / "fifo").write_text, "hello")
        assert reads.result(timeout=60) == "hello"
        assert len({pool.submit(os.getpid).result() for _ in range(20)}) <= 2


def test_a_closed_pool_takes_no_calls_and_cancels_those_that_wait() -> None:
    pool = ProcessPool(1)
    running, waiting = pool.submit(time.sleep, 1e6), pool.submit(abs, -1)
    pool.shutdown()
    assert waiting.cancelled()
    assert running.cancelled() or isinstance(running.exception(), (BrokenExecutor, RuntimeError))
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(abs, -1)


IN_A_POOL = """
pool = ProcessPool(1, folder=tempfile.mkdtemp(prefix="digit-lab-"))
fifo = tempfile.mktemp()
os.mkfifo(fifo)
pool.submit(exec, f"open({fifo!r}, 'w').close(); import time; time.sleep(1e6)")
open(fifo).close()  # now the call has begun
"""
IN_TRAINING = """
processes = TrainingProcesses(1)
processes._start_processes(1)
while not processes._idle:
    time.sleep(0.01)
digits = load_digits(download=False)
next(processes.train(TrainingConfig(), digits))
assert len(processes._files) == 1
"""
IN_A_SWEEP = """
def there_is_a_process():
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True

grid = Grid((0.1,), (50, 100), (Preprocessing.RAW,), epochs=1, validation=500)
list(sweep(grid, load_digits(download=False), cancelled=lambda: there_is_a_process() and end()))
"""
# Killed while it writes the digits: nothing of them may stay.
WRITING_A_SWEEP = """
import mnist_core.processes.shared_digits as shared_digits
shared_digits.np.save = lambda path, array: (open(path, "wb").close(), end())
grid = Grid((0.1,), (50, 100), (Preprocessing.RAW,), epochs=1, validation=500)
list(sweep(grid, load_digits(download=False)))
"""
KILLED = "os.kill(os.getpid(), signal.SIGKILL)"
ENDED = "shutil.rmtree(pool._folder)"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "end"),
    [
        pytest.param(IN_A_POOL, KILLED, marks=pytest.mark.thorough),  # a sweep is killed during a call too
        (IN_TRAINING, KILLED),
        (IN_A_SWEEP, KILLED),
        (WRITING_A_SWEEP, KILLED),
        (IN_A_POOL, ENDED),
    ],
    ids=["a pool, killed", "training, killed", "a sweep, killed", "its digits", "a pool, at the end"],
)
def test_no_process_and_no_folder_is_left_and_the_main_module_is_imported_once(
    program: str, end: str, tmp_path: Path
) -> None:
    main = tmp_path / "main.py"
    main.write_text(
        "import os, shutil, signal, tempfile, time\n"
        "from mnist_core import *\n"
        "from mnist_core.processes.process_pool import ProcessPool\n"
        "from mnist_core.processes.training_processes import TrainingProcesses\n"
        "print('imported', flush=True)\n"
        f"def end():\n    {end}\n{program}\nend()\n"
    )
    paths = {
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(tmp_path),
        "DIGIT_LAB_CACHE": str(tmp_path),
        "MNIST_ROOT": "",  # the sample will do
    }
    # Returns when nobody holds the pipes any more, neither the program nor its process.
    done = subprocess.run(
        [sys.executable, str(main)],
        env={**os.environ, **paths},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("imported\n", "")
    assert done.returncode == (-signal.SIGKILL if end == KILLED else 0)
    assert list(tmp_path.glob("digit-lab-*")) == []
