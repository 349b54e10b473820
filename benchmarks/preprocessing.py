"""How long it takes to preprocess all digits: `python benchmarks/preprocessing.py [--mnist FOLDER]`.

The first time the cache is empty, the second time the digits are loaded from its file. Prints the medians and
exits with 1 if they exceed the goals, 3 s and 0.2 s.
"""

import argparse
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

from benchmarks.interleaved import machine
from mnist_core import Digits, Preprocessing, load_digits
from mnist_core.preprocessing.cache import preprocessed_digits

FIRST_GOAL, LOADED_GOAL = 3.0, 0.2  # seconds


def seconds(digits: Digits, how: Preprocessing) -> float:
    own = replace(digits)  # a new object is not found in the cache in memory
    began = time.perf_counter()
    preprocessed_digits(own, how)
    return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument(
        "--mnist", type=Path, help="a folder with MNIST; otherwise MNIST_ROOT, the cache or a download"
    )
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    digits = load_digits(options.mnist)
    print(f"{machine()}\n{len(digits.train) + len(digits.test):,} digits{'':14}first time      loaded")
    met = True
    for how in (Preprocessing.DESKEW, Preprocessing.MOMENTS, Preprocessing.DIRECTIONS):
        first, loaded = [], []
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory() as folder:
                os.environ["DIGIT_LAB_CACHE"] = folder
                first.append(seconds(digits, how))
                loaded.append(seconds(digits, how))
        print(f"{how:24}{median(first):12.2f} s{median(loaded):10.3f} s")
        met &= median(first) <= FIRST_GOAL and median(loaded) <= LOADED_GOAL
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
