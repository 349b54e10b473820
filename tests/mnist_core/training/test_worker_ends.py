"""How a run in the background ends: by itself, by an error, unwatched, dropped, with its program."""

import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest

from mnist_core import Progress, State, TrainingWorker
from tests.support.sources import MOMENT, PATIENCE, Clock, Source, report, steps

ROOT = Path(__file__).parents[1]


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_an_iterator_that_fails_gives_its_error_and_keeps_the_history(source: Source) -> None:
    kept: list[Sequence[Progress]] = []
    run = TrainingWorker(source, keep=kept.append)
    source.is_asked()
    source.give(2)
    trouble = MemoryError("no room for the logits")
    source.end(trouble)
    assert run.join(PATIENCE)
    assert (run.state, run.error, steps(run)) == (State.FAILED, trouble, [1, 2])
    assert kept == [run.history]


def test_what_was_learned_is_kept_before_the_state_says_so(source: Source) -> None:
    keeping, may_end = threading.Event(), threading.Event()
    kept: list[Sequence[Progress]] = []

    def keep(history: Sequence[Progress]) -> None:
        keeping.set()
        may_end.wait(PATIENCE)
        kept.append(history)

    run = TrainingWorker(source, earlier=[report(-1), report(0)], keep=keep)
    source.is_asked()
    source.give(2)
    source.end()
    assert keeping.wait(PATIENCE)
    assert not run.state.ended
    may_end.set()
    assert run.join(PATIENCE)
    assert run.state is State.FINISHED
    assert [report.step for report in kept[0]] == steps(run) == [-1, 0, 1, 2]


def test_what_cannot_be_kept_is_an_error_but_not_lost(source: Source) -> None:
    trouble = OSError("no space left on device")

    def keep(history: Sequence[Progress]) -> None:
        raise trouble

    run = TrainingWorker(source, keep=keep)
    source.is_asked()
    source.give(1)
    source.end()
    assert run.join(PATIENCE)
    assert (run.state, run.error, steps(run)) == (State.FINISHED, trouble, [1])


def test_a_run_without_a_report_has_nothing_to_keep(source: Source) -> None:
    kept: list[Sequence[Progress]] = []
    run = TrainingWorker(source, keep=kept.append)
    source.is_asked()
    source.end()
    assert run.join(PATIENCE)
    assert (run.state, kept) == (State.FINISHED, [])


def test_a_run_that_nobody_watches_ends_by_itself(source: Source, clock: Clock) -> None:
    run = TrainingWorker(source, seconds_unwatched=120)
    source.is_asked()
    clock.now = 119
    source.give(1)
    run.watch()
    clock.now = 238
    source.give(1)
    clock.now = 240
    source.answer()
    assert run.join(PATIENCE)
    assert (run.state, steps(run)) == (State.STOPPED, [1, 2])


def test_a_paused_run_that_nobody_watches_ends_by_itself_too(source: Source) -> None:
    run = TrainingWorker(source, seconds_unwatched=MOMENT)
    run.pause()
    source.is_asked()
    source.answer()
    assert run.join(PATIENCE)
    assert run.state is State.STOPPED


def test_a_run_that_is_dropped_stops_and_closes_what_it_drew_from() -> None:
    closed, begun = threading.Event(), threading.Event()

    def reports() -> Iterator[Progress]:
        try:
            for step in count():
                yield report(step)
                begun.set()
        finally:
            closed.set()

    run = TrainingWorker(reports())
    assert begun.wait(PATIENCE)
    (thread,) = (thread for thread in threading.enumerate() if thread.name == "training")
    gone = weakref.ref(run)
    del run
    assert gone() is None
    assert closed.is_set()
    assert not thread.is_alive()


PROGRAM = """
import signal
import torch
from mnist_core import Digits, Preprocessing, Split, TrainingConfig, TrainingWorker, train

split = Split(torch.randint(256, (500, 28, 28), dtype=torch.uint8), torch.arange(500) % 10)
config = TrainingConfig(epochs=10**6, preprocessing=Preprocessing.RAW)
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started the tests may ignore it
run = TrainingWorker(train(config, Digits(split, split, "sample")))
while not run.history:
    run.join(0.001)
print("learning", flush=True)
"""


def test_a_program_that_ends_in_the_middle_of_a_run_exits_cleanly() -> None:
    program = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (program.returncode, program.stdout, program.stderr) == (0, "learning\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_a_program_interrupted_in_the_middle_of_a_run_exits_cleanly() -> None:
    wait = PROGRAM + "try:\n    run.join()\nexcept KeyboardInterrupt:\n    print('interrupted')\n"
    with subprocess.Popen(
        [sys.executable, "-c", wait], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "learning\n"
        program.send_signal(signal.SIGINT)
        output, errors = program.communicate(timeout=60)
    assert (program.returncode, output, errors) == (0, "interrupted\n", "")
