"""How often the verdict on a drawing is right: `python benchmarks/verdicts.py`.

Trains on MNIST (batch 100, learning rate 0.5, 10 epochs, DIRECTIONS) and judges the test digits, the pen
digits and drawings that are not digits. Prints the verdicts, how often clear and close predictions are right,
and how many drawings that are not digits would be rejected by the model's confidence alone. Exits with 1 if a
goal is missed.
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

from benchmarks.handed_in import halves
from benchmarks.non_digits import non_digits, two_digits
from benchmarks.pen_digits import form_of
from benchmarks.strokes import PenDigit, draw, place, read_pen_digits, take_pen_digits
from mnist_core import Preprocessing, SoftmaxRegressor, TrainingConfig, load_digits, train
from mnist_core.inference.novelty import NoveltyDetector, fit_novelty_detector
from mnist_core.inference.verdict import Kind, Verdict, judge
from mnist_core.preprocessing.drawing import ink_of, prepare_drawing

SEED = 1  # the thresholds were set on drawings of seed 0
EACH = 50  # drawings of each thing that is not a digit
PLACEMENTS = 5  # of each pen digit in the table by form
WIDTHS = (10, 15, 20, 25, 30)  # px on a canvas of 280, in turn

MAX_TEST, MAX_PEN = 0.02, 0.03  # the share of digits that are rejected
MIN_FOUND = 0.7  # the share of other drawings that are rejected
MAX_SLASHED = 0.05  # the share of slashed 0s that are surely another digit
MAX_SECONDS = 0.010  # from a canvas to the verdict
REJECTED = (Kind.DOT, Kind.SCRIBBLE, Kind.UNLIKE, Kind.SEVERAL)

Judged = tuple[Verdict, int]  # with the label; -1 for a drawing that is not a digit


class Judge:
    """A model and a novelty detector, which together judge a canvas."""

    def __init__(self, model: SoftmaxRegressor, detector: NoveltyDetector) -> None:
        self.model, self.detector = model, detector

    def canvas(self, rgba: NDArray[np.uint8]) -> Verdict:
        return judge(self.model, prepare_drawing(ink_of(rgba)), self.detector)

    def drawings(self, drawings: Iterable[PenDigit]) -> list[Judged]:
        """Draw each at a random place and size, with the pen widths in turn, and judge it."""
        rng = random.Random(SEED)
        judged = []
        for number, drawing in enumerate(drawings):
            width = WIDTHS[number % len(WIDTHS)]
            judged.append((self.canvas(draw(place(drawing, rng, width=width), width=width)), drawing.label))
        return judged

    def seconds(self, drawings: list[PenDigit]) -> float:
        """Return the median time from a canvas to the verdict."""
        rng, times = random.Random(SEED), []
        for drawing in drawings:
            rgba = draw(place(drawing, rng))
            began = time.perf_counter()
            self.canvas(rgba)
            times.append(time.perf_counter() - began)
        return float(np.median(times))


def on_paper(image: torch.Tensor) -> NDArray[np.uint8]:
    """Turn a digit of MNIST, (28, 28) uint8, into a canvas, dark on white."""
    grey = 255 - image.numpy()
    return np.stack((grey, grey, grey, np.full_like(grey, 255)), axis=-1)


def share(judged: list[Judged], *kinds: Kind) -> float:
    return sum(verdict.kind in kinds for verdict, _ in judged) / len(judged)


def right(judged: list[Judged], kind: Kind, named: int) -> float:
    """Return how often the label is the likeliest digit, or one of two that are named, for such verdicts."""
    of_kind = [(verdict, label) for verdict, label in judged if verdict.kind is kind]
    hits = [label in (verdict.digit, verdict.runner_up)[:named] for verdict, label in of_kind]
    return float(np.mean(hits)) if hits else float("nan")


def surely_wrong(judged: list[Judged]) -> float:
    return float(np.mean([one.kind is Kind.CLEAR and one.digit != label for one, label in judged]))


def table(title: str, groups: dict[str, list[Judged]]) -> None:
    kinds = list(Kind)[1:]
    print(f"\n| {title} | number | {' | '.join(kinds)} |\n|{'---|' * (len(kinds) + 2)}")
    for name, judged in groups.items():
        shares = " | ".join(f"{100 * share(judged, kind):.1f} %" for kind in kinds)
        print(f"| {name} | {len(judged):,} | {shares} |", flush=True)


def found_by_confidence(pen: list[Judged], others: list[Judged]) -> float:
    """Return the share of the others that a threshold on the confidence would reject.

    The threshold is such that it rejects as many pen digits as the verdicts do.
    """
    confidences = [float(verdict.probabilities.max()) for verdict, _ in pen]
    threshold = np.quantile(confidences, share(pen, *REJECTED))
    return float(np.mean([float(verdict.probabilities.max()) < threshold for verdict, _ in others]))


def main() -> int:
    parser = argparse.ArgumentParser(description="How often the verdict on a drawing is right.")
    take_pen_digits(parser)
    parser.add_argument(
        "--mnist", type=Path, help="a folder with MNIST; otherwise MNIST_ROOT, the cache or a download"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    digits = load_digits(arguments.mnist)
    *_, last = train(TrainingConfig(learning_rate=0.5, preprocessing=Preprocessing.DIRECTIONS), digits)
    judge_ = Judge(last.model, fit_novelty_detector(digits.train))

    written = list(read_pen_digits(arguments.pen_digits))
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

    # What the verdict on these depends on was chosen with the digits of the other half of the writers.
    others_written = [digit for digit in halves(written)[1] if form_of(digit) or digit.label == 8]
    forms: dict[str, list[Judged]] = {}
    for digit, one in zip(
        PLACEMENTS * others_written, judge_.drawings(PLACEMENTS * others_written), strict=True
    ):
        forms.setdefault(form_of(digit) or "8", []).append(one)
    print(
        "\n| other half | drawings | likeliest right | surely right | surely wrong |\n|---|---|---|---|---|"
    )
    for name, judged in sorted(forms.items()):
        best = np.mean([one.digit == label for one, label in judged])
        sure = np.mean([one.kind is Kind.CLEAR and one.digit == label for one, label in judged])
        shares = " | ".join(f"{100 * part:.1f} %" for part in (best, sure, surely_wrong(judged)))
        print(f"| {name} | {len(judged)} | {shares} |")

    sketches = [*non_digits(SEED, EACH), *two_digits(written, SEED, 6 * EACH)]
    others = judge_.drawings(sketch.drawing for sketch in sketches)
    kinds: dict[str, list[Judged]] = {}
    names: dict[str, list[Judged]] = {}
    for sketch, one in zip(sketches, others, strict=True):
        kinds.setdefault(sketch.kind, []).append(one)
        if sketch.kind != "two digits":
            names.setdefault(sketch.name, []).append(one)
    table("not digits", {**kinds, "all": others})
    print("\nrejected as a dot, a scribble or unlike a digit: ", end="")
    print(", ".join(f"{name} {100 * share(judged, *REJECTED):.0f} %" for name, judged in names.items()))
    print(f"rejected by the model's confidence alone: {100 * found_by_confidence(pen, others):.1f} % of all")

    seconds = judge_.seconds(written[:200])
    print(f"from a canvas to the verdict: {1e3 * seconds:.1f} ms")
    goals = {
        "test digits": share(test, *REJECTED) <= MAX_TEST,
        "pen digits": share(pen, *REJECTED) <= MAX_PEN,
        "not digits": share(others, *REJECTED) >= MIN_FOUND,
        "slashed 0": surely_wrong(forms["slashed 0"]) <= MAX_SLASHED,
        "time": seconds <= MAX_SECONDS,
    }
    missed = [name for name, met in goals.items() if not met]
    print(f"goals missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
