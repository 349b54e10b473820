"""How the cost of training grows: `python benchmarks/scaling.py [--figure FILE]`.

Times epochs in turns, in one process and thread: with 5,000 to 60,000 images and with 600,000 by repetition,
and with batches of 1 to 10,000, compared with autograd. Then measures, each in a new process, the memory that
training needs in addition to the digits. Prints tables; --figure draws the first two, as .html or, if kaleido
is installed, as .png. Exits with 1 if the cost of an image or the memory exceeds the project's limit.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots

from benchmarks import contenders
from benchmarks.interleaved import interleaved, machine
from benchmarks.memory import peak_beyond_digits
from mnist_core import Digits, Preprocessing, Split, TrainingConfig, load_digits

COUNTS = (5_000, 10_000, 20_000, 40_000, 60_000, 600_000)
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
FEW = 10_000  # images for the batch sizes, because autograd is slow with batches of 1
SIZES_FOR_MEMORY = (1_000, 100, 10_000, 60_000)

MAX_GROWTH = 1.15  # of the cost per image from 60,000 to 600,000
MAX_MEGABYTES = 20.0

RAW = Preprocessing.RAW


def main() -> int:
    options = _options()
    torch.set_num_threads(1)
    digits = load_digits(options.mnist)
    print(f"{machine()}; medians of {options.rounds} rounds, processor time")
    counts = _by_count(digits, options.rounds)
    ours, autograd = _by_batch_size(digits, options.rounds)
    peak = max(_memory(options.mnist))
    growth = counts[COUNTS[-1]] / counts[COUNTS[-2]]
    print(f"\nAn image of {COUNTS[-1]:,} costs {growth:.2f} times one of {COUNTS[-2]:,}, limit {MAX_GROWTH}")
    print(f"Training needs up to {peak:.1f} MB in addition to the digits, limit {MAX_MEGABYTES:g} MB")
    if options.figure:
        _draw(counts, ours, autograd, options.figure)
    return int(growth > MAX_GROWTH or peak > MAX_MEGABYTES)


def _by_count(digits: Digits, rounds: int) -> dict[int, float]:
    config = TrainingConfig(preprocessing=RAW)
    timed = interleaved({n: contenders.ours(_cut(digits, n), config) for n in COUNTS}, rounds)
    costs = {n: median(way.processor) / n * 1e6 for n, way in timed.items()}
    print(f"\nMicroseconds per image by the number of images, batch {config.batch_size}")
    for n, cost in costs.items():
        print(f"{n:9,}  {cost:7.3f}")
    return costs


def _by_batch_size(digits: Digits, rounds: int) -> tuple[dict[int, float], dict[int, float]]:
    few = _cut(digits, FEW)
    configs = {size: TrainingConfig(size, preprocessing=RAW) for size in SIZES}
    ways = {(size, "ours"): contenders.ours(few, config) for size, config in configs.items()}
    ways |= {(size, "autograd"): contenders.autograd(few, config) for size, config in configs.items()}
    costs = {key: median(way.processor) / FEW * 1e6 for key, way in interleaved(ways, rounds).items()}
    ours, autograd = ({size: costs[size, who] for size in SIZES} for who in ("ours", "autograd"))
    print(f"\nMicroseconds per image by batch size, {FEW:,} images")
    for size in SIZES:
        ratio = autograd[size] / ours[size]
        print(f"{size:9,}  ours {ours[size]:7.3f}  autograd {autograd[size]:8.3f}  {ratio:5.1f} times")
    return ours, autograd


def _memory(root: Path | None) -> list[float]:
    print("\nMegabytes in addition to the digits at the peak, by batch size")
    peaks = []
    for size in SIZES_FOR_MEMORY:
        peaks.append(peak_beyond_digits(root, size))
        print(f"{size:9,}  {peaks[-1]:5.1f}")
    return peaks


def _cut(digits: Digits, count: int) -> Digits:
    """Take the first `count` training digits, repeating all of them if there are fewer."""
    times = -(-count // len(digits.train))
    images, labels = digits.train.images.repeat(times, 1, 1), digits.train.labels.repeat(times)
    return replace(digits, train=Split(images[:count], labels[:count]))


def _draw(counts: dict[int, float], ours: dict[int, float], autograd: dict[int, float], path: Path) -> None:
    titles = ("by the number of images, batches of 100", f"by batch size, {FEW:,} images")
    figure = make_subplots(cols=2, subplot_titles=titles)
    for curve, name, colour, column in (
        (counts, "ours", "#4269d0", 1),
        (ours, "ours", "#4269d0", 2),
        (autograd, "autograd", "#9c9c9c", 2),
    ):
        points = go.Scatter(
            x=list(curve), y=list(curve.values()), name=name, line_color=colour, showlegend=column == 2
        )
        figure.add_trace(points, row=1, col=column)
    figure.update_xaxes(type="log", title_text="images", col=1).update_xaxes(
        type="log", title_text="batch size", col=2
    )
    figure.update_yaxes(rangemode="tozero", col=1).update_yaxes(type="log", col=2)
    figure.update_layout(
        title="Microseconds of training per image", template="plotly_white", width=1000, height=420
    )
    if path.suffix == ".html":
        figure.write_html(path)
    else:
        figure.write_image(path)
    print(f"The figure was saved to {path}.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument(
        "--mnist", type=Path, help="a folder with MNIST; otherwise MNIST_ROOT, the cache or a download"
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--figure", type=Path, metavar="FILE", help="draw the tables: .html, .png, .svg or .pdf"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
