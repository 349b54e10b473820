"""What it saves to learn side by side, and how soon a map is there: `python benchmarks/sweep.py`.

Learns 16 learning rates with batches of 100, stacked and one after another, in turns, on one thread each: the
steps alone, and a sweep's task beside 16 runs of `train`, which both report after each epoch. Prints the
times, their ratios and how far the results differ. Then learns a map of 9 learning rates x 7 batch sizes, 3
epochs each, on all cores. Exits with 1 if a goal is missed.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

from benchmarks.interleaved import Timed, interleaved, machine
from mnist_core import (
    Digits,
    Grid,
    Preprocessing,
    SoftmaxRegressor,
    TrainingConfig,
    indistinguishable,
    load_digits,
    sweep,
    train,
)
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.sweep.stacked_sgd import StackedSGD
from mnist_core.sweep.tasks import Task, learn_side_by_side
from mnist_core.training.digits import order_of_epoch
from mnist_core.training.sgd import SGD

RATES = tuple(10 ** (place / 5 - 3) for place in range(16))  # 0.001 to 1
MAP = Grid(
    learning_rates=(0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30), batch_sizes=(10, 20, 50, 100, 200, 500, 1_000)
)

MAX_RATIO = 0.3
MAX_WEIGHT_DIFFERENCE = 1e-4
MAX_DIGITS = 1
MAX_SECONDS, MAX_SECONDS_TO_FIRST = 15.0, 1.0


def main() -> int:
    options = _options()
    torch.set_num_threads(1)
    digits = load_digits(options.mnist)
    print(machine())
    met = [*_side_by_side(digits, options.input, options.rounds), *_map(digits)]
    return int(not all(met))


def _side_by_side(raw: Digits, how: Preprocessing, rounds: int) -> list[bool]:
    digits = preprocessed_digits(raw, how)
    ways: dict[str, Iterator[list[SoftmaxRegressor]]] = {
        "steps, stacked": _stacked(digits, how),
        "steps, one after another": _one_after_another(digits, how),
        "a sweep's task": _task(digits, how),
        "16 runs": _runs(raw, how),
    }
    timed = interleaved(ways, rounds)
    print(f"\n{len(RATES)} learning rates, batch 100, {how}: seconds for an epoch of all, {rounds} rounds")
    print(f"{'':26}     min  median  processor: min  median")
    for name, way in timed.items():
        wall, processor = (f"{min(times):8.3f}{median(times):8.3f}" for times in (way.wall, way.processor))
        print(f"{name:26}{wall}{'':8}{processor}")
    stacked, alone, task, runs = timed.values()
    pairs = list(zip(stacked.result, alone.result, strict=True))
    weights = max(float((a.linear.weight - b.linear.weight).detach().abs().max()) for a, b in pairs)
    counts = max(abs(_right(a, digits) - _right(b, digits)) for a, b in pairs)
    return [
        _goal("the task to 16 runs, processor time", _ratio(task, runs), MAX_RATIO),
        _goal("steps stacked to one after another, processor time", _ratio(stacked, alone), MAX_RATIO),
        _goal("largest difference of a weight", weights, MAX_WEIGHT_DIFFERENCE),
        _goal(f"largest difference of digits read, of {len(digits.test):,}", counts, MAX_DIGITS),
    ]


def _ratio(first: Timed[list[SoftmaxRegressor]], second: Timed[list[SoftmaxRegressor]]) -> float:
    return median(first.processor) / median(second.processor)


def _task(digits: Digits, how: Preprocessing) -> Iterator[list[SoftmaxRegressor]]:
    grid = Grid(RATES, (100,), (how,), epochs=1)
    task = Task(grid.cells, grid.config(grid.cells[0]))
    while True:
        yield []
        learn_side_by_side(task, digits.train, lambda: False)


def _runs(raw: Digits, how: Preprocessing) -> Iterator[list[SoftmaxRegressor]]:
    grid = Grid(RATES, (100,), (how,), epochs=1)
    while True:
        yield []
        for cell in grid.cells:
            list(train(grid.config(cell), raw))


def _stacked(digits: Digits, how: Preprocessing) -> Iterator[list[SoftmaxRegressor]]:
    sgd, epoch = StackedSGD(RATES, 100), 0
    while True:
        yield [sgd.model(index, how) for index in range(len(RATES))]
        sgd.learn(digits.train, order_of_epoch(0, epoch, len(digits.train)))
        epoch += 1


def _one_after_another(digits: Digits, how: Preprocessing) -> Iterator[list[SoftmaxRegressor]]:
    start = SoftmaxRegressor(how)
    runs, epoch = [SGD(start, TrainingConfig(100, rate, preprocessing=how)) for rate in RATES], 0
    while True:
        yield [run.model() for run in runs]
        for run in runs:
            run.learn(digits.train, order_of_epoch(0, epoch, len(digits.train)))
        epoch += 1


def _right(model: SoftmaxRegressor, digits: Digits) -> int:
    return int((model.logits(digits.test.images).argmax(dim=1) == digits.test.labels).sum())


def _map(digits: Digits) -> list[bool]:
    preprocessed_digits(digits, MAP.preprocessings[0])
    began, before = time.perf_counter(), sum(os.times()[:4])  # of this process and of those that have ended
    results, seconds = [], []
    for result in sweep(MAP, digits):
        results.append(result)
        seconds.append(time.perf_counter() - began)
    print(
        f"\nA map of {len(MAP.learning_rates)} learning rates x {len(MAP.batch_sizes)} batch sizes, "
        f"{MAP.epochs} epochs each; processor time {sum(os.times()[:4]) - before:.1f} s"
    )
    choice = indistinguishable(results)
    if choice:
        cell, score = choice.best.cell, choice.best.validation
        print(
            f"best: batch {cell.batch_size}, rate {cell.learning_rate:g}, {score.accuracy:.2%} of "
            f"{score.count:,}; {len(choice.equals)} of {len(results)} cells cannot be told apart from it"
        )
    return [
        _goal("seconds to the first cell", seconds[0], MAX_SECONDS_TO_FIRST),
        _goal("seconds to the last cell", seconds[-1], MAX_SECONDS),
    ]


def _goal(what: str, value: float, limit: float) -> bool:
    met = value <= limit
    print(f"{what}: {value:.3g}, goal {limit:g}: {'met' if met else 'missed'}", flush=True)
    return met


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--mnist", type=Path, help="torchvision's folder of MNIST; default: the cache")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--input", type=Preprocessing, default=Preprocessing.DIRECTIONS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
