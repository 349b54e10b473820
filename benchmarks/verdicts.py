"""How often the verdict on a drawing is right: `python benchmarks/verdicts.py PATH [--mnist FOLDER]`.

PATH is a file of pen digits such as ../shared/pen_digits/dev.jsonl. Trains on MNIST (batch 100, learning rate
0.5, 10 epochs, moments), judges the test digits, the pen digits and drawings that are no digits, and prints
what each was called, how often a clear and a close answer are right, and how many of what is no digit the
model's own confidence would tell apart instead. Exits with 1 where a goal is missed.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.non_digits import non_digits, two_digits
from benchmarks.strokes import PenDigit, draw, place, read_pen_digits
from mnist_core import SoftmaxRegressor, TrainingConfig, load_digits, train
from mnist_core.inference.novelty import NoveltyDetector, fit_novelty_detector
from mnist_core.inference.verdict import Kind, Verdict, judge
from mnist_core.preprocessing.canvas import prepare_drawing

SEED = 1  # the thresholds were set on drawings of seed 0
EACH = 50  # of each non-digit
WIDTHS = (10, 15, 20, 25, 30)  # px on a board of 280, in turn

TEST_GOAL, PEN_GOAL = 0.02, 0.03  # digits that are called unlike, or no digit, at the most
FOUND_GOAL = 0.7  # non-digits that are called so, at the least
SECONDS_GOAL = 0.010  # from a canvas to the verdict

Judged = tuple[Verdict, int]  # with the label, -1 for what is no digit


class Judge:
    """A model with what it takes to judge a canvas."""

    def __init__(self, model: SoftmaxRegressor, likeness: NoveltyDetector) -> None:
        self.model, self.likeness = model, likeness

    def canvas(self, rgba: NDArray[np.uint8]) -> Verdict:
        return judge(self.model, prepare_drawing(rgba), self.likeness)

    def drawings(self, drawings: Iterable[PenDigit]) -> list[Judged]:
        """Draw each at a place and of a size by chance, with the pens in turn."""
        rng = random.Random(SEED)
        judged = []
        for number, drawing in enumerate(drawings):
            width = WIDTHS[number % len(WIDTHS)]
            judged.append((self.canvas(draw(place(drawing, rng, width=width), width=width)), drawing.label))
        return judged

    def seconds(self, drawings: list[PenDigit]) -> float:
        """The median time from a canvas to the verdict."""
        rng, times = random.Random(SEED), []
        for drawing in drawings:
            rgba = draw(place(drawing, rng))
            begin = time.perf_counter()
            self.canvas(rgba)
            times.append(time.perf_counter() - begin)
        return float(np.median(times))


def on_paper(image: torch.Tensor) -> NDArray[np.uint8]:
    """Show a digit of MNIST, (28, 28) uint8, as a canvas: dark on white."""
    grey = 255 - image.numpy()
    return np.stack((grey, grey, grey, np.full_like(grey, 255)), axis=-1)


def share(judged: list[Judged], *kinds: Kind) -> float:
    return sum(verdict.kind in kinds for verdict, _ in judged) / len(judged)


def right(judged: list[Judged], kind: Kind, answers: int) -> float:
    """Tell how often the label is among the likeliest answers, where the verdict is of this kind."""
    of_kind = [(verdict, label) for verdict, label in judged if verdict.kind is kind]
    hits = [label in verdict.probabilities.topk(answers).indices.tolist() for verdict, label in of_kind]
    return float(np.mean(hits)) if hits else float("nan")


def table(title: str, groups: dict[str, list[Judged]]) -> None:
    kinds = list(Kind)[1:]
    print(f"\n| {title} | number | {' | '.join(kinds)} |\n|{'---|' * (len(kinds) + 2)}")
    for name, judged in groups.items():
        shares = " | ".join(f"{100 * share(judged, kind):.1f} %" for kind in kinds)
        print(f"| {name} | {len(judged):,} | {shares} |", flush=True)


def found_by_confidence(pen: list[Judged], others: list[Judged]) -> float:
    """Share of the non-digits less sure than the pen digits' least sure, as many of these as are refused."""
    sure = [float(verdict.probabilities.max()) for verdict, _ in pen]
    least = np.quantile(sure, share(pen, Kind.DOT, Kind.SCRIBBLE, Kind.UNLIKE))
    return float(np.mean([float(verdict.probabilities.max()) < least for verdict, _ in others]))


def main() -> int:
    parser = argparse.ArgumentParser(description="How often the verdict on a drawing is right.")
    parser.add_argument("path", type=Path, help="a file of pen digits, one JSON object a line")
    parser.add_argument("--mnist", type=Path, help="a folder with MNIST; else MNIST_ROOT, cache or download")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    digits = load_digits(arguments.mnist)
    *_, last = train(TrainingConfig(learning_rate=0.5), digits)
    judge_ = Judge(last.model, fit_novelty_detector(digits.train))

    written = list(read_pen_digits(arguments.path))
    pen = judge_.drawings(written)
    test = [
        (judge_.canvas(on_paper(image)), int(label))
        for image, label in zip(digits.test.images, digits.test.labels, strict=True)
    ]
    table("digits", {"test digits": test, "pen digits": pen})
    print("\n| right | clear | close, the likelier | close, one of the two |\n|---|---|---|---|")
    for name, judged in {"test digits": test, "pen digits": pen}.items():
        rates = right(judged, Kind.CLEAR, 1), right(judged, Kind.CLOSE, 1), right(judged, Kind.CLOSE, 2)
        print(f"| {name} | {' | '.join(f'{100 * rate:.1f} %' for rate in rates)} |")

    sketches = [*non_digits(SEED, EACH), *two_digits(written, SEED, 6 * EACH)]
    others = judge_.drawings(sketch.drawing for sketch in sketches)
    kinds: dict[str, list[Judged]] = {}
    names: dict[str, list[Judged]] = {}
    for sketch, one in zip(sketches, others, strict=True):
        kinds.setdefault(sketch.kind, []).append(one)
        if sketch.kind != "two digits":
            names.setdefault(sketch.name, []).append(one)
    table("no digits", {**kinds, "all of them": others})
    refused = (Kind.DOT, Kind.SCRIBBLE, Kind.UNLIKE)
    print("\ncalled a dot, a scribble or unlike a digit: ", end="")
    print(", ".join(f"{name} {100 * share(judged, *refused):.0f} %" for name, judged in names.items()))
    print(f"from the model's confidence alone: {100 * found_by_confidence(pen, others):.1f} % of all")

    seconds = judge_.seconds(written[:200])
    print(f"from a canvas to the verdict: {1e3 * seconds:.1f} ms")
    goals = {
        "test digits": share(test, *refused) <= TEST_GOAL,
        "pen digits": share(pen, *refused) <= PEN_GOAL,
        "no digits": share(others, *refused) >= FOUND_GOAL,
        "time": seconds <= SECONDS_GOAL,
    }
    missed = [name for name, met in goals.items() if not met]
    print(f"goals missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
