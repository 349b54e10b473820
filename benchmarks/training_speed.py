"""How long an epoch takes, compared with other ways to train: `python benchmarks/training_speed.py`.

All start from zero weights and train one epoch per round, in turns, in one process. Prints the times, the
accuracy of each after the last round, and the ratios with the project's goals. Exits with 1 if the accuracies
differ by more than 0.3 percentage points, because then the times cannot be compared.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

from benchmarks import contenders
from benchmarks.interleaved import Timed, interleaved, machine
from mnist_core import Digits, Preprocessing, TrainingConfig, load_digits
from mnist_core.storage.files import cache_folder

EXAMPLE = "(a) PyTorch's example"
WITHOUT = "(a) without Normalize"
AUTOGRAD = "(b) autograd, in memory"
JAX = "(c) JAX, jitted scan"
OURS = "(d) ours"
REPORTING = "(d) ours, reporting live"
READ = "(e) one read of the floats"

GOALS = [  # the time of the first, divided by the time of the second, at most
    (OURS, EXAMPLE, 1 / 45),
    (OURS, WITHOUT, 1 / 30),
    (OURS, AUTOGRAD, 1 / 3),
    (OURS, JAX, 1 / 2),
    (OURS, READ, 4.0),
    (REPORTING, OURS, 1.4),
]
MAX_SPREAD = 0.003  # of the accuracies


def main() -> int:
    options = _options()
    torch.set_num_threads(options.threads)
    digits = load_digits(options.mnist)
    config = TrainingConfig(epochs=options.rounds, preprocessing=Preprocessing.RAW)
    root = options.mnist or Path(os.environ.get("MNIST_ROOT") or cache_folder())
    ways = {
        EXAMPLE: contenders.pytorch_example(root, config, standardized=True),
        WITHOUT: contenders.pytorch_example(root, config, standardized=False),
        AUTOGRAD: contenders.autograd(digits, config),
        JAX: contenders.jax_scan(digits, config),
        OURS: contenders.ours(digits, config),
        REPORTING: contenders.ours_reporting(digits, config),
        READ: contenders.one_read(digits),
    }
    if find_spec("jax") is None:
        print("Without JAX, which is not installed: pip install -r benchmarks/requirements.txt")
        del ways[JAX]
    print(f"{machine()}, {options.threads} thread(s) for torch")
    timed = interleaved(ways, options.rounds)
    accuracies = {name: _accuracy(digits, way) for name, way in timed.items() if name != READ}
    print(f"\nSeconds per epoch of {len(digits.train):,} digits, {options.rounds} rounds")
    print(f"{'':28}     min  median    processor median  accuracy")
    for name, way in timed.items():
        accuracy = f"{accuracies[name]:9.2%}" if name in accuracies else ""
        times = f"{min(way.wall):8.4f}{median(way.wall):8.4f}{median(way.processor):20.4f}"
        print(f"{name:28}{times} {accuracy}")
    print("\nRatios of medians (in brackets: of processor times)")
    for first, second, goal in GOALS:
        if first in timed and second in timed:
            ratio = median(timed[first].wall) / median(timed[second].wall)
            processor = median(timed[first].processor) / median(timed[second].processor)
            verdict = "met" if ratio <= goal else "missed"
            print(
                f"{first} to {second}: {_share(ratio)} ({_share(processor)}), goal {_share(goal)}: {verdict}"
            )
    if options.profile:
        print()
        _profile(ways[OURS], options.rounds)
    apart = max(accuracies.values()) - min(accuracies.values())
    print(f"\nThe accuracies differ by {100 * apart:.2f} percentage points.")
    return int(apart > MAX_SPREAD)


def _profile(way: Iterator[contenders.Weights], epochs: int) -> None:
    """Train further epochs, and print the operators that take at least 1 % of the time."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        for _ in range(epochs):
            next(way)
    operators = sorted(profile.key_averages(), key=lambda one: -one.self_cpu_time_total)
    total = sum(one.self_cpu_time_total for one in operators)
    print("Operators of ours by their share of the time")
    for one in operators:
        share = one.self_cpu_time_total / total
        if share >= 0.01:
            print(f"{one.key:28}{share:6.1%}{one.count / epochs:8.0f} calls per epoch")


def _share(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 1 else f"1/{1 / ratio:.1f}"


def _accuracy(digits: Digits, way: Timed[contenders.Weights]) -> float:
    weight, bias = way.result
    logits = digits.test.images.flatten(start_dim=1) / 255 @ weight.T + bias
    return (logits.argmax(dim=1) == digits.test.labels).float().mean().item()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument(
        "--mnist", type=Path, help="torchvision's folder of MNIST; otherwise MNIST_ROOT or the cache"
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument(
        "--threads", type=int, default=1, help="threads of torch; ours is not faster with more than one"
    )
    parser.add_argument("--profile", action="store_true", help="print which operators of ours take the time")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
