"""What learning one person's handwriting gains: `python benchmarks/personal.py`.

Trains on MNIST (batch 100, 10 epochs) with learning rates 0.5 and 0.01, and lets each model learn 20 drawings
of every writer with at least 60 digits, two of each digit where there are. Tests on the other digits of the
same writer, and on MNIST's test digits. The control learns 20 drawings of other writers of the same
collection, placed on the canvas in the same way: what it gains is due to the collection and the canvas, not
to the handwriting. Nothing of it is kept. Numbers are means over the writers, and over seeds of the
placement, of the choice of drawings and of the batches; intervals are bootstrapped by writer. Exits with 1 if
a goal is missed.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.preparations import OURS, Drawings, prepared
from benchmarks.strokes import read_pen_digits, take_pen_digits
from mnist_core import (
    Digits,
    Preprocessing,
    SoftmaxRegressor,
    Split,
    TrainingConfig,
    load_digits,
    preprocess,
    train,
)
from mnist_core.preprocessing.cache import preprocessed_digits
from mnist_core.training.personalization import personalize, predict_held_out

FEWEST, KEPT, OF_EACH = 60, 20, 2  # digits of a writer; drawings that are learned; of each digit
SEEDS, RESAMPLES = range(3), 10_000
RATES = (0.5, 0.01)
# Of the error on a writer's other digits; of the test digits, at most lost; seconds with the held-out test.
GOALS = {"error cut": 0.2, "test digits": -0.001, "seconds": 0.5}

Values = NDArray[np.float64]


class Gain(NamedTuple):
    """One writer and seed: errors on the writer's other digits, 0 to 1, and the change of test accuracy."""

    before: float
    after: float
    test: float


def choose(indices: Iterable[int], labels: Tensor, rng: random.Random) -> list[int]:
    """Choose the drawings that are learned: two of each digit where there are, then any others."""
    order = list(indices)
    rng.shuffle(order)
    chosen = [i for label in range(10) for i in [j for j in order if labels[j] == label][:OF_EACH]]
    return (chosen + [i for i in order if i not in set(chosen)])[:KEPT]


def right(model: SoftmaxRegressor, ready: Tensor, labels: Tensor) -> float:
    """Return the share of preprocessed images that are read correctly."""
    return float((model.logits(ready).argmax(dim=1) == labels).double().mean())


class Trial:
    """One model, and all drawings of one placement, ready for it."""

    def __init__(self, model: SoftmaxRegressor, drawn: Split, writers: list[str], digits: Digits) -> None:
        self.model, self.drawn, self.digits = model, drawn, digits
        self.writers = np.array(writers)
        self.ready = preprocess(drawn.images, model.preprocessing)
        self.test = preprocessed_digits(digits, model.preprocessing).test
        self.before = right(model, self.test.images, self.test.labels)

    def gain(self, writer: str, seed: int, *, others: bool) -> Gain:
        """Learn drawings of a writer, or else of `others`, and test on all that was not learned."""
        rng = random.Random(f"{writer} {seed}")
        labels = self.drawn.labels
        own = choose(np.flatnonzero(self.writers == writer).tolist(), labels, rng)
        rest = [i for i in np.flatnonzero(self.writers == writer).tolist() if i not in set(own)]
        learned = own
        if others:
            learned = choose(np.flatnonzero(self.writers != writer).tolist(), labels, rng)
        drawings = Split(self.drawn.images[learned], labels[learned])
        model = personalize(self.model, drawings, self.digits, seed=seed)
        before, after = (1 - right(one, self.ready[rest], labels[rest]) for one in (self.model, model))
        return Gain(before, after, right(model, self.test.images, self.test.labels) - self.before)


def report(name: str, gains: Values) -> tuple[float, float]:
    """Print a row of gains, (writers, seeds, 3); return the share of the error that is cut, and `test`."""
    by_writer = gains.mean(axis=1)  # (writers, 3)
    count = len(by_writer)
    before, after, test = by_writer.mean(axis=0)
    drawn = by_writer[np.random.default_rng(0).integers(0, count, (RESAMPLES, count))].mean(axis=1)
    low, high = np.quantile(1 - drawn[:, 1] / drawn[:, 0], [0.025, 0.975])
    better, worse = (int((sign * (by_writer[:, 0] - by_writer[:, 1]) > 0).sum()) for sign in (1, -1))
    cut = 1 - after / before
    print(
        f"| {name} | {before:.2%} | {after:.2%} | {cut:.0%} ({low:.0%} to {high:.0%}) | {better} | {worse} "
        f"| {100 * test:+.3f} |",
        flush=True,
    )
    return float(cut), float(test)


def seconds(trial: Trial) -> float:
    """Return the median time to learn handwriting, to test it on digits held out and on the test digits."""
    drawings, times = Split(trial.drawn.images[:KEPT], trial.drawn.labels[:KEPT]), []
    for _ in range(7):
        began = time.perf_counter()
        model = personalize(trial.model, drawings, trial.digits)
        predict_held_out(trial.model, drawings, trial.digits)
        for one in (trial.model, model):
            one.logits(trial.test.images)
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def main() -> int:
    parser = argparse.ArgumentParser(description="What a model gains by learning one person's handwriting.")
    take_pen_digits(parser)
    parser.add_argument("--mnist", type=Path, help="a folder with MNIST; else MNIST_ROOT, cache or download")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    digits = load_digits(arguments.mnist)
    pen = list(read_pen_digits(arguments.pen_digits))
    writers = [digit.writer for digit in pen]
    chosen = [name for name in sorted(set(writers)) if writers.count(name) >= FEWEST]
    labels = torch.tensor([digit.label for digit in pen])
    placed = [Split(prepared(arguments.pen_digits, Drawings(seed))[OURS], labels) for seed in SEEDS]
    print(f"{len(chosen)} writers with at least {FEWEST} digits, {KEPT} drawings, {len(SEEDS)} seeds")
    print("| model, what it learns | error before | after | cut | better | worse | test digits, points |")
    print("|---|---|---|---|---|---|---|")
    goals: dict[str, bool] = {}
    for rate in RATES:
        *_, last = train(TrainingConfig(learning_rate=rate, preprocessing=Preprocessing.DIRECTIONS), digits)
        trials = [Trial(last.model, drawn, writers, digits) for drawn in placed]
        for others in (False, True):
            gains = np.array(
                [
                    [trial.gain(name, seed, others=others) for seed, trial in zip(SEEDS, trials, strict=True)]
                    for name in chosen
                ]
            )
            whose = "other writers" if others else "the writer"
            cut, test = report(f"rate {rate}, {KEPT} drawings of {whose}", gains)
            if not others:
                goals[f"error cut, rate {rate}"] = cut >= GOALS["error cut"]
                goals[f"test digits, rate {rate}"] = test >= GOALS["test digits"]
    took = seconds(trials[0])
    goals["seconds"] = took <= GOALS["seconds"]
    print(f"\nto learn the handwriting and to test it: {took:.2f} s")
    missed = [name for name, met in goals.items() if not met]
    print(f"goals missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
