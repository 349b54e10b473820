"""How soon the curve of accuracy by number of digits is there: `python benchmarks/few_digits.py`.

Learns 5 seeds x 12 numbers of digits side by side on two threads, as the ninth challenge does, then the same
with 20 % of the labels wrong beside them, and the same runs one by one on one thread. Then times `train` with
100 digits, with the reports that the page asks for. Prints seconds by the clock and of the processor, which
other programs change less. Exits with 1 if a goal is missed.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

from benchmarks.interleaved import machine
from mnist_core import Digits, SoftmaxRegressor, TrainingConfig, load_digits, train
from mnist_core.sweep.learning_curve import learn_by_digits
from mnist_core.training.digits import digits_to_learn
from mnist_core.training.report import measure
from mnist_core.training.sgd import SGD

COUNTS = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000)
SEEDS = range(5)
CONFIG = TrainingConfig(50, 0.2, 10)
GOAL, GOAL_OF_100 = 5.0, 0.3  # seconds by the clock


def main() -> int:
    """Measure; return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mnist", type=Path, help="the folder with the digits (else the cache)")
    digits = load_digits(parser.parse_args().mnist)
    torch.set_num_threads(1)
    print(machine())
    took = _timed("side by side", lambda: learn_by_digits(CONFIG, digits, COUNTS, seeds=SEEDS))
    _timed(
        "with 20 % wrong labels beside them",
        lambda: learn_by_digits(CONFIG, digits, COUNTS, seeds=SEEDS, wrong_labels=(0.0, 0.2)),
    )
    _timed("one by one, without wrong labels", lambda: _one_by_one(digits))
    few = replace(CONFIG, training_digits=100, early_reports=True, reports_per_epoch=2)
    took_100 = min(_timed("a run of 100 digits, with reports", lambda: train(few, digits)) for _ in range(5))
    met = took <= GOAL and took_100 <= GOAL_OF_100
    print(
        f"Goals, {GOAL:g} s for the curve and {GOAL_OF_100:g} s for 100 digits: {'met' if met else 'missed'}"
    )
    return not met


def _one_by_one(digits: Digits) -> Iterable[object]:
    for count in COUNTS:
        for seed in SEEDS:
            config = replace(CONFIG, training_digits=count, seed=seed)
            learned, sgd = digits_to_learn(digits.train, config), SGD(SoftmaxRegressor(), config)
            for epoch in range(config.epochs):
                sgd.learn(learned.split, learned.order(seed, epoch))
            yield measure(sgd.model(), digits, config)


def _timed(what: str, work: Callable[[], Iterable[object]]) -> float:
    clock, processor = time.perf_counter(), time.process_time()
    for _ in work():
        pass
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    print(f"{what:36} {clock:6.2f} s, {processor:6.2f} s of the processor", flush=True)
    return clock


if __name__ == "__main__":
    sys.exit(main())
