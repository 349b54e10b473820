"""How long the README's sample takes on idle cores, and beside a process for each core that never rests.

`python benchmarks/busy.py --mnist FOLDER`; exits with 1 if it takes more than three times as long.
"""

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing.synchronize import Event
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAMPLE = """
import time
from mnist_core import TrainingConfig, load_digits, predict_test, train
began = time.perf_counter()
digits = load_digits()
*_, last = train(TrainingConfig(learning_rate=0.5, preprocessing="directions"), digits)
predict_test(last.model, digits)
print(time.perf_counter() - began)
"""


GOAL = 3.0  # times the seconds on idle cores


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mnist", type=Path, required=True, help="such as ../shared/mnist")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    idle = measure(arguments.mnist, arguments.rounds)
    stop = multiprocessing.Event()
    busy = [multiprocessing.Process(target=never_rest, args=(stop,)) for _ in range(os.cpu_count() or 1)]
    for process in busy:
        process.start()
    beside = measure(arguments.mnist, arguments.rounds)
    stop.set()
    for process in busy:
        process.join()
    print(f"idle {idle:.1f} s, beside {len(busy)} busy processes {beside:.1f} s: {beside / idle:.1f} times")
    return int(beside > GOAL * idle)


def measure(mnist: Path, rounds: int) -> float:
    """Return the median of some rounds, in seconds; each is a program that prepares all digits anew."""
    return statistics.median(one_round(mnist) for _ in range(rounds))


def one_round(mnist: Path) -> float:
    with tempfile.TemporaryDirectory() as cache:
        folders = {"MNIST_ROOT": str(mnist), "DIGIT_LAB_CACHE": cache, "PYTHONPATH": str(ROOT)}
        environment = {**os.environ, **folders}
        command = [sys.executable, "-c", SAMPLE]
        return float(subprocess.check_output(command, env=environment, text=True))


def never_rest(stop: Event) -> None:
    until = time.monotonic() + 600
    while not stop.is_set() and time.monotonic() < until:
        sum(range(100_000))


if __name__ == "__main__":
    sys.exit(main())
