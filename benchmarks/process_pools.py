"""The pool of processes beside loky's: start, memory, calls, and what a kill, a Ctrl-C or an exit leaves."""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from mnist_core import TrainingConfig, load_digits
from mnist_core.processes.process_pool import ProcessPool
from mnist_core.processes.shared_digits import share_digits
from mnist_core.processes.training_processes import report_on
from mnist_core.training.loop import goal_of

print(f"imported as {__name__}", file=sys.stderr)  # by a child, too, if it imports the main module

POOLS = ("ours", "loky")
PATIENCE = 15.0  # seconds
ENDLESS = "while True: pass"


def make_pool(kind: str, folder: Path) -> Executor:
    """Make a pool of two processes, with a lower priority and a folder that is to go with the program."""
    if kind == "ours":
        return ProcessPool(2, folder=folder)
    from loky import ProcessPoolExecutor
    from loky.backend import resource_tracker

    resource_tracker.register(str(folder), "folder")
    pool: Executor = ProcessPoolExecutor(2, initializer=os.nice, initargs=(5,))
    return pool


# Each of these is the main part of a program of its own, with a pool whose processes have not started.


def start(pool: Executor) -> float:
    began = time.perf_counter()
    wait([pool.submit(TrainingConfig) for _ in range(2)])  # imports mnist_core, and with it torch
    return time.perf_counter() - began


def start_processor(pool: Executor) -> float:
    start(pool)
    times = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return sum(float(time.user + time.system) for time in times)


def memory(pool: Executor) -> float:
    digits, config = load_digits(download=False), TrainingConfig()
    with share_digits({"train": digits.train, "test": digits.test}) as files:
        work = (files, digits.source, config, None, goal_of(config, digits, None))
        wait([pool.submit(report_on, *work) for _ in range(10)])  # so that each process computes some
    children = psutil.Process().children(recursive=True)
    return sum(float(child.memory_full_info().pss) for child in children) / 1e6


def call(pool: Executor) -> float:
    weights, times = bytes(31_400), list[float]()
    for _ in range(300):
        began = time.perf_counter()
        pool.submit(bytes.upper, weights).result()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e3


def priority(pool: Executor) -> int:
    return pool.submit(os.nice, 0).result()


def lost_process(pool: Executor) -> list[str]:
    pid = pool.submit(os.getpid).result()
    calls = [pool.submit(time.sleep, 2) for _ in range(3)]
    time.sleep(1)
    os.kill(pid, signal.SIGKILL)
    outcomes = sorted(_outcomes(calls))
    try:
        return outcomes + _outcomes([pool.submit(time.sleep, 0)])
    except Exception as error:
        return [*outcomes, type(error).__name__]


def ctrl_c(pool: Executor) -> list[str]:
    calls = [pool.submit(time.sleep, 2) for _ in range(2)]
    try:
        say("ready")
        time.sleep(PATIENCE)
    except KeyboardInterrupt:
        pass
    return _outcomes(calls)


def killed(pool: Executor) -> None:
    leaves(pool)
    say("ready")
    os.kill(os.getpid(), signal.SIGKILL)


def leaves(pool: Executor) -> None:
    pool.submit(exec, "while True: pass")


def _outcomes(calls: list[Future[None]]) -> list[str]:
    wait(calls, PATIENCE)
    errors = [call.exception() if call.done() else TimeoutError() for call in calls]
    return [type(error).__name__ if error else "answered" for error in errors]


def say(result: object) -> None:
    """Send a result, and which processes there are, to the program that started this one."""
    time.sleep(0.5)  # until all that were started compute
    children = psutil.Process().children(recursive=True)
    print(json.dumps((result, [child.pid for child in children])), flush=True)


PROGRAMS: dict[str, tuple[Callable[[Executor], object], int]] = {
    "seconds until two processes have imported torch": (start, 9),
    "seconds of the processor for that": (start_processor, 3),
    "MB of all processes after some reports": (memory, 3),
    "ms for a call with a model's weights": (call, 3),
    "priority": (priority, 1),
    "a process is killed: its call, two others, a later one": (lost_process, 1),
    "Ctrl-C during two calls": (ctrl_c, 1),
    "the program is killed": (killed, 3),
    "the program ends": (leaves, 3),
}


@dataclass(frozen=True)
class Run:
    """A program's result, and the seconds after it until the program and all its processes have ended."""

    result: Any
    end: float
    all_end: float
    folder_left: bool
    lines: list[str]  # printed as errors


def run(kind: str, name: str) -> Run:
    """Run a program, and see what it leaves."""
    with tempfile.TemporaryDirectory() as parent, Path(parent, "errors").open("w+") as errors:
        folder = Path(parent, "folder")
        folder.mkdir()
        command = [sys.executable, __file__, "--program", kind, name, str(folder)]
        program = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
        assert program.stdout
        result, children = json.loads(program.stdout.readline())
        if "Ctrl-C" in name:
            os.killpg(program.pid, signal.SIGINT)
            result, _ = json.loads(program.stdout.readline())
        began = time.perf_counter()
        end = _seconds_until(lambda: program.poll() is not None, began)
        all_end = _seconds_until(lambda: not any(map(_lives, children)), began)
        left = folder.exists()
        for pid in filter(_lives, (program.pid, *children)):
            os.kill(pid, signal.SIGKILL)
        program.wait()
        errors.seek(0)
        return Run(result, end, all_end, left, errors.readlines())


def _lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _seconds_until(condition: Callable[[], bool], began: float) -> float:
    while not condition() and time.perf_counter() < began + PATIENCE:
        time.sleep(0.01)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", nargs=3, metavar=("POOL", "NAME", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.program:
        kind, name, folder = options.program
        say(PROGRAMS[name][0](make_pool(kind, Path(folder))))
        return
    for name, (_, rounds) in PROGRAMS.items():
        print(name)
        turns = [{kind: run(kind, name) for kind in POOLS} for _ in range(rounds)]
        for kind in POOLS:
            runs = [turn[kind] for turn in turns]
            results = [run.result for run in runs]
            number = isinstance(results[0], float)
            result = f"{statistics.median(results):.2f} (least {min(results):.2f})" if number else results[0]
            imports = sum(line.startswith("imported as") for line in runs[0].lines)
            end = statistics.median(run.end for run in runs)
            all_end = statistics.median(run.all_end for run in runs)
            left = any(run.folder_left for run in runs)
            print(
                f"  {kind}: {result}; the program ends after {end:.1f} s, all processes after {all_end:.1f};"
            )
            print(
                f"    folder left: {left}; {len(runs[0].lines) - imports} lines of errors; main module:",
                imports,
            )


if __name__ == "__main__":
    main()
