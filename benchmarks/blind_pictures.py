"""Which pictures of a model's weights can be named by somebody who has not seen them?

Writes a sheet of ten shuffled pictures for each way to draw the weights, and the key to a file of its own,
which is opened only after ten digits have been written down for each sheet:
`python benchmarks/blind_pictures.py FOLDER --mnist ../shared/mnist`.
"""

import argparse
import random
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))

from mnist_core import Preprocessing, TrainingConfig, load_digits, train
from mnist_core.preprocessing.direction_maps import BLOCK, PLACES, STEP, picture_of_directions

SIZE = 168  # pixels of a picture
STRONG = 0.45  # of the largest weight: weaker strokes are left out
BLUE, ORANGE, PAPER = np.array([15, 83, 186]), np.array([217, 119, 6]), np.array([255, 255, 255])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mnist", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.folder.mkdir(exist_ok=True)
    torch.set_num_threads(1)
    digits = load_digits(arguments.mnist)
    weights = {}
    for how in (Preprocessing.RAW, Preprocessing.DIRECTIONS):
        *_, last = train(TrainingConfig(preprocessing=how, reports_per_epoch=1), digits)
        weights[how] = last.model.linear.weight.detach().view(-1, 28, 28)
    directions = weights[Preprocessing.DIRECTIONS]
    sheets = {
        "raw": [_signed(one) for one in weights[Preprocessing.RAW]],
        "strokes": [_strokes(one) for one in directions],
        "edges": [_signed(one) for one in picture_of_directions(directions, exponent=1)],
        "fine-edges": [_signed(one) for one in picture_of_directions(directions)],
    }
    order, key = random.Random(arguments.seed), []
    for number, (name, pictures) in enumerate(order.sample(list(sheets.items()), len(sheets)), start=1):
        shuffled = order.sample(range(10), 10)
        Image.fromarray(_sheet([pictures[digit] for digit in shuffled])).save(
            arguments.folder / f"sheet-{number}.png"
        )
        key.append(f"sheet-{number} ({name}): {' '.join(map(str, shuffled))}\n")
    (arguments.folder / "key.txt").write_text("".join(key))


def _signed(values: Tensor) -> np.ndarray:
    """Paint (28, 28) values in blue and orange, the colours ending at their 99th percentile."""
    full = float(values.abs().flatten().quantile(0.99))
    large = Image.fromarray((values / full).clamp(-1, 1).numpy()).resize(
        (SIZE, SIZE), Image.Resampling.BILINEAR
    )
    share = np.asarray(large)[..., None]
    colour = np.where(share > 0, BLUE, ORANGE)
    return np.asarray(PAPER + (colour - PAPER) * np.abs(share)).astype(np.uint8)


def _strokes(weights: Tensor) -> np.ndarray:
    """Draw the strong weights of (28, 28) directions as strokes along their edges."""
    picture = Image.new("RGB", (SIZE, SIZE), "white")
    draw = ImageDraw.Draw(picture)
    places = weights.view(PLACES, BLOCK, PLACES, BLOCK).transpose(1, 2).flatten(2)  # (7, 7, 16)
    full = float(places.abs().flatten().quantile(0.99))
    cell = SIZE / PLACES
    for row, column, direction in (places.abs() > STRONG * full).nonzero().tolist():
        angle = torch.tensor(STEP * direction)
        x, y = float(angle.cos()), float(angle.sin())
        middle = (cell * (column + 0.5 - 0.12 * x), cell * (row + 0.5 - 0.12 * y))
        half = 0.62 * cell
        ends = [
            (middle[0] - half * y, middle[1] + half * x),
            (middle[0] + half * y, middle[1] - half * x),
        ]
        colour = BLUE if places[row, column, direction] > 0 else ORANGE
        draw.line(ends, fill=tuple(colour.tolist()), width=3)
    return np.asarray(picture)


def _sheet(pictures: list[np.ndarray]) -> np.ndarray:
    framed = [np.pad(one, ((4, 4), (4, 4), (0, 0)), constant_values=200) for one in pictures]
    return np.concatenate([np.concatenate(framed[start : start + 5], axis=1) for start in (0, 5)])


if __name__ == "__main__":
    main()
